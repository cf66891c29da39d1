# Ibis has no isna and notna
"""From lines to orders: the one place where lines are rolled up and the returns policy is applied.

- **An order** is the lines of a customer that share an order id, as far as they are known; a line without an id is an
  order of its own.
- **Revenue** is the sum of its lines, its **moment** that of the first.
- **Cost** is the sum where every line says its cost, else missing: a line without one would make its order look cheap.
- **Discount** is the sum of what its lines say; missing where none says.
- **Channel, device and region** are those of the first line that names one, the first in alphabetical order where
  several do at one moment.
- **A return** is an order that sums to less than zero. A negative line of an order that does not is a correction, a
  rebate or a piece taken back: it lowers the order. The policy ``drop`` leaves out returns, never lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure_features.history import number_orders
from tenure_features.reading.engine import count, is_spark, keep, many_groups
from tenure_features.reading.sources import ReturnsPolicy
from tenure_features.tables.order_columns import OPTIONAL, TEXTS


@dataclass(frozen=True)
class RolledUp:
    """Orders as histories read them, and how many returns were left out."""

    orders: ir.Table
    dropped: int = 0


COLUMNS = ["customer_id", "order_id", "ordered_at", "revenue"]
_ORDER = ["customer_id", "order_id"]
STEPS = ("_lines", "_sums", "")
"""Endings of the names under which a roll-up keeps tables."""


def whole_orders(lines: ir.Table, *, returns: ReturnsPolicy, several: bool = True, by: Sequence[str] = ()) -> ir.Table:
    """Query the orders that lines make, by the rules of this module.

    Parameters
    ----------
    lines
        Clean rows: ``customer_id, order_id, ordered_at, revenue``, the columns of ``by`` and any of ``cost``,
        ``discount``, ``channel``, ``device`` and ``region``.
    returns
        The policy.
    several
        Whether some order has several lines; where none has, nothing needs to be summed.
    by
        Columns that separate one view of the lines from another: the origin at which they are known.

    Returns
    -------
    Table
        One row per order (and ``by``): the same columns.
    """
    names = [*by, *COLUMNS, *(name for name in OPTIONAL if name in lines.columns)]
    if not several:
        return without_dropped(lines.select(names), returns)
    keys = [*by, *_ORDER]
    named = _with_first_texts(lines.filter(lines.order_id.notnull()), keys)
    orders = named.group_by(keys).aggregate(**_sums(named)).select(names)
    return without_dropped(orders.union(lines.filter(lines.order_id.isnull()).select(names)), returns)


def without_dropped(orders: ir.Table, returns: ReturnsPolicy) -> ir.Table:
    """Leave out the orders that a returns policy does not count."""
    return orders.filter(orders.revenue >= 0) if returns == "drop" else orders


def _sums(lines: ir.Table) -> dict[str, ir.Value]:
    """Reduce the lines of an order to what it is."""
    sums: dict[str, ir.Value] = {"ordered_at": lines.ordered_at.min(), "revenue": lines.revenue.sum().round(6)}
    if "cost" in lines.columns:
        sums["cost"] = ibis.ifelse(lines.cost.count() == lines.count(), lines.cost.sum(), None)
    if "discount" in lines.columns:
        sums["discount"] = lines.discount.sum()
    return sums | {name: lines[name].min() for name in TEXTS if name in lines.columns}


def _with_first_texts(lines: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Leave channel, device and region on those lines of an order that name them first."""
    order = ibis.window(group_by=list(keys))
    first = {}
    for name in (name for name in TEXTS if name in lines.columns):
        named_at = ibis.ifelse(lines[name].notnull(), lines.ordered_at, None)
        first[name] = ibis.ifelse(named_at == named_at.min().over(order), lines[name], None)
    return lines.mutate(**first) if first else lines


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
        The policy.
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
        since = (recorded > happened).fill_null(False).ifelse(recorded, happened)
        plain = rows.select(**{name: rows[f"clean:{name}"] for name in COLUMNS}, known_at=since)
    orders = _number_versions(plain, backend, name) if lines else _always(plain)
    counted = without_dropped(orders, returns)
    dropped = 0 if counted is orders else count(final(orders).filter(final(orders).revenue < 0))
    return RolledUp(_keep(counted, backend, name), dropped)


def _number_versions(plain: ir.Table, backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    """Sum the lines of each order; orders whose lines became known at different moments come as versions."""
    named = keep(backend, f"{name}_lines", plain)
    moment = "known_at" if "known_at" in named.columns else "ordered_at"
    sums = (
        named.filter(named.order_id.notnull())
        .group_by(_ORDER)
        .aggregate(first=named[moment].min(), last=named[moment].max(), **_sums(named))
    )
    with many_groups(backend):
        orders = keep(backend, f"{name}_sums", sums)
    at_once = orders["first"] == orders["last"]
    recorded = {"known_at": orders["first"]} if moment == "known_at" else {}
    single = named.filter(named.order_id.isnull()).union(orders.filter(at_once).select(*COLUMNS, **recorded))
    spread = orders.filter(~at_once)
    if count(spread) == 0:
        return _always(single)
    whole = single.mutate(known_from=single[moment], known_to=ibis.null(single.ordered_at.type()))
    versions = _versions(named.semi_join(spread, _ORDER), moment)
    return whole.select(versions.columns).union(versions)


def _always(orders: ir.Table) -> ir.Table:
    """Orders of one version each; it is known from the moment it was recorded, where rows say so."""
    if "known_at" not in orders.columns:
        return orders
    return orders.mutate(known_from=orders.known_at, known_to=ibis.null(orders.ordered_at.type())).drop("known_at")


def _versions(lines: ir.Table, moment: str) -> ir.Table:
    """List what was known of each order after each of its moments.

    The rules of `whole_orders` as running sums: an order of a thousand moments is summed once, not a thousand times.
    """
    moments = lines.group_by(*_ORDER, known_from=lines[moment]).aggregate(
        ordered_at=lines.ordered_at.min(), revenue=lines.revenue.sum()
    )
    so_far = ibis.window(group_by=_ORDER, order_by=["known_from"], rows=(None, 0))
    return moments.select(
        *_ORDER,
        ordered_at=moments.ordered_at.min().over(so_far),
        revenue=moments.revenue.sum().over(so_far).round(6),
        known_from=moments.known_from,
        known_to=moments.known_from.lead().over(ibis.window(group_by=_ORDER, order_by=["known_from"])),
    )


def _keep(orders: ir.Table, backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    if "known_to" in orders.columns:  # versions are numbered per origin
        return keep(backend, name, orders)
    numbered = number_orders(orders).drop("order_id")  # nothing reads it any more
    # In the order of customers DuckDB passes over those that a query leaves out (`tenure_features.shares`).
    return keep(backend, name, numbered if is_spark(backend) else numbered.order_by("customer_id"))


def final(orders: ir.Table) -> ir.Table:
    """Keep the last version of every order."""
    return orders.filter(orders.known_to.isnull()) if "known_to" in orders.columns else orders
