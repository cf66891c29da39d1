# Ibis has no isna and notna
"""From rows to orders: lines that share customer and order id become one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure_features.history import sequenced
from tenure_features.reading.engine import count, is_spark, keep, many_groups
from tenure_features.reading.sources import ReturnsPolicy


@dataclass(frozen=True)
class RolledUp:
    """Orders as histories read them, and how many returns were left out."""

    orders: ir.Table
    dropped: int = 0


COLUMNS = ["customer_id", "order_id", "ordered_at", "revenue"]
STEPS = ("_lines", "_sums", "")
"""Endings of the names under which a roll-up keeps tables."""


def roll_up(
    rows: ir.Table,
    *,
    lines: bool,
    returns: ReturnsPolicy,
    backend: Any,  # noqa: ANN401
    name: str = "orders",
) -> RolledUp:
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
    name
        What it is called there; names that begin with it hold the way to it.

    Returns
    -------
    RolledUp
        One row per order, sequenced. Where lines of one order carry different times, one row per *version* of an
        order instead: what was known of it from ``known_from`` until ``known_to``, since at an origin between two
        lines only the first may be seen. So too where rows say when they were recorded.
    """
    plain = rows.select(**{name: rows[f"clean:{name}"] for name in COLUMNS})
    if "clean:recorded_at" in rows.columns:
        happened, recorded = rows["clean:ordered_at"], rows["clean:recorded_at"]
        known = (recorded > happened).fill_null(False).ifelse(recorded, happened)
        plain = rows.select(**{name: rows[f"clean:{name}"] for name in COLUMNS}, known_at=known)
    orders = _orders(plain, backend, name) if lines else _always(plain)
    if returns != "drop":
        return RolledUp(_kept(orders, backend, name))
    negative = final(orders).revenue < 0
    return RolledUp(_kept(orders.filter(orders.revenue >= 0), backend, name), count(final(orders).filter(negative)))


def _orders(plain: ir.Table, backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    """Sum the lines of each order; orders whose lines became known at different moments come as versions."""
    named = keep(backend, f"{name}_lines", plain)
    moment = "known_at" if "known_at" in named.columns else "ordered_at"
    sums = (
        named.filter(named.order_id.notnull())
        .group_by(["customer_id", "order_id"])
        .aggregate(
            first=named[moment].min(),
            last=named[moment].max(),
            ordered_at=named.ordered_at.min(),
            revenue=named.revenue.sum().round(6),
        )
    )
    with many_groups(backend):
        orders = keep(backend, f"{name}_sums", sums)
    at_once = orders["first"] == orders["last"]
    known = {"known_at": orders["first"]} if moment == "known_at" else {}
    single = named.filter(named.order_id.isnull()).union(
        orders.filter(at_once).select("customer_id", "order_id", "ordered_at", "revenue", **known)
    )
    spread = orders.filter(~at_once)
    if count(spread) == 0:
        return _always(single)
    whole = single.mutate(known_from=single[moment], known_to=ibis.null(single.ordered_at.type()))
    versions = _versions(named.semi_join(spread, ["customer_id", "order_id"]), moment)
    return whole.select(versions.columns).union(versions)


def _always(orders: ir.Table) -> ir.Table:
    """Orders of one version each; it is known from the moment it was recorded, where rows say so."""
    if "known_at" not in orders.columns:
        return orders
    return orders.mutate(known_from=orders.known_at, known_to=ibis.null(orders.ordered_at.type())).drop("known_at")


def _versions(lines: ir.Table, moment: str) -> ir.Table:
    """List what was known of each order after each of its moments."""
    moments = lines.group_by("customer_id", "order_id", known_from=lines[moment]).aggregate(
        ordered_at=lines.ordered_at.min(), revenue=lines.revenue.sum()
    )
    order = {"group_by": ["customer_id", "order_id"], "order_by": ["known_from"]}
    so_far = ibis.window(**order, rows=(None, 0))
    return moments.select(
        "customer_id",
        "order_id",
        ordered_at=moments.ordered_at.min().over(so_far),
        revenue=moments.revenue.sum().over(so_far).round(6),
        known_from=moments.known_from,
        known_to=moments.known_from.lead().over(ibis.window(**order)),
    )


def _kept(orders: ir.Table, backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    if "known_to" in orders.columns:  # versions are numbered per origin
        return keep(backend, name, orders)
    numbered = sequenced(orders).drop("order_id")  # nothing reads it any more
    # In the order of customers DuckDB passes over those that a query leaves out (`tenure_features.shares`).
    return keep(backend, name, numbered if is_spark(backend) else numbered.order_by("customer_id"))


def final(orders: ir.Table) -> ir.Table:
    """Keep the last version of every order."""
    return orders.filter(orders.known_to.isnull()) if "known_to" in orders.columns else orders
