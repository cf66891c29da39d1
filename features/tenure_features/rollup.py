# Ibis has no isna and notna
"""From rows to orders: lines that share customer and order id become one order."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure_features.engine import count, keep
from tenure_features.history import sequenced
from tenure_features.sources import ReturnsPolicy

COLUMNS = ["customer_id", "order_id", "ordered_at", "revenue"]
SPREAD_DAYS = 1


def roll_up(rows: ir.Table, *, lines: bool, returns: ReturnsPolicy, backend: Any) -> ir.Table:  # noqa: ANN401
    """Turn usable rows into the table that histories read, and keep it in the backend.

    Parameters
    ----------
    rows
        Usable rows with ``clean:`` columns.
    lines
        Whether some order has several rows.
    returns
        ``drop`` leaves out orders that sum to less than zero.
    backend
        Where the result is kept.

    Returns
    -------
    Table
        One row per order, sequenced. Where lines of one order carry different times, one row per *version* of an
        order instead: what was known of it from ``known_from`` until ``known_to``, since at an origin between two
        lines only the first may be seen.
    """
    plain = rows.select(**{name: rows[f"clean:{name}"] for name in COLUMNS})
    if not lines:
        return _kept(sequenced(_policy(plain, returns)), backend)
    named = keep(backend, "lines", plain)
    orders = (
        named.filter(named.order_id.notnull())
        .group_by(["customer_id", "order_id"])
        .aggregate(first=named.ordered_at.min(), last=named.ordered_at.max(), revenue=named.revenue.sum().round(6))
    )
    orders = keep(backend, "rolled", orders)
    single = named.filter(named.order_id.isnull()).union(
        orders.filter(orders["first"] == orders["last"]).select(
            "customer_id", "order_id", ordered_at=orders["first"], revenue=orders.revenue
        )
    )
    spread = orders.filter(orders["first"] != orders["last"])
    if count(spread) == 0:
        return _kept(sequenced(_policy(single, returns)), backend)
    never = ibis.null("timestamp(6)")
    whole = single.mutate(known_from=single.ordered_at, known_to=never)
    table = whole.union(_versions(named.semi_join(spread, ["customer_id", "order_id"])))
    return _kept(_policy(table, returns), backend)


def _versions(lines: ir.Table) -> ir.Table:
    """List what was known of each order after each of its moments."""
    moments = lines.group_by(["customer_id", "order_id", "ordered_at"]).aggregate(revenue=lines.revenue.sum())
    order = {"group_by": ["customer_id", "order_id"], "order_by": ["ordered_at"]}
    so_far = ibis.window(**order, rows=(None, 0))
    return moments.select(
        "customer_id",
        "order_id",
        ordered_at=moments.ordered_at.min().over(so_far),
        revenue=moments.revenue.sum().over(so_far).round(6),
        known_from=moments.ordered_at,
        known_to=moments.ordered_at.lead().over(ibis.window(**order)),
    )


def _policy(orders: ir.Table, returns: ReturnsPolicy) -> ir.Table:
    return orders.filter(orders.revenue >= 0) if returns == "drop" else orders


def _kept(orders: ir.Table, backend: Any) -> ir.Table:  # noqa: ANN401
    # Nothing reads the order id once orders are numbered; versions still need it to break ties.
    return keep(backend, "orders", orders if "known_to" in orders.columns else orders.drop("order_id"))


def final(orders: ir.Table) -> ir.Table:
    """Keep the last version of every order."""
    return orders.filter(orders.known_to.isnull()) if "known_to" in orders.columns else orders
