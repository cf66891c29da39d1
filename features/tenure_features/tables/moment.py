# ruff: noqa: PD003  # Ibis has no isna
"""The moment a shop is looked at from when nobody names one: the day after the last order."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import drop, fetch, keep
from tenure_features.tables.cleaning import STATE, STATE_OK, add_states
from tenure_features.tables.duplicates import count_repeated_ids, deduplicate_lines
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.stray import main_period

_DAY = pd.Timedelta(days=1)
_KEYS = ["clean:customer_id", "clean:order_id"]
_STEPS = (1, 30)
"""Days from the end whose orders are looked at before the whole log is."""
_TAIL = "last_orders"


def moment_note(as_of: pd.Timestamp) -> str:
    """Say that nobody named the moment.

    Examples
    --------
    >>> moment_note(pd.Timestamp("2011-09-10"))
    'as_of is 2011-09-10, the day after the last order; choose another with --as-of.'
    """
    return f"as_of is {as_of:%Y-%m-%d}, the day after the last order; choose another with --as-of."


def day_after_last_order(
    mapped: MappedTable, *, tidy: Collection[str] = (), single: bool = False
) -> pd.Timestamp | None:
    """Decide the moment: the midnight after the last order; None where no row can be used as an order.

    An order belongs to the moment of its first line, and one that sums to less than zero is a return. Both take a
    look at whole orders; those with a line on the last day with rows are enough unless all of them are older or
    returns. ``tidy`` are ids known to be written as they are read, see `tenure_features.tables.cleaning.find_tidy_ids`;
    ``single`` says that no order has several rows, see `has_single_rows`.
    """
    rows = _usable(mapped, tidy)
    days = fetch(
        rows.group_by(day=rows["clean:ordered_at"].date()).aggregate(rows=rows.count(), sold=_count_sold(rows))
    )
    period = main_period(days)
    if period is None:
        return None
    first, last = period
    moments = pd.to_datetime(days["day"])
    days = days.assign(day=moments)[(moments >= first) & (moments < last)]
    if single or "order_id" not in mapped.columns:
        return _after(days.loc[days["sold"] > 0, "day"].max())
    inside = rows.filter(rows["clean:ordered_at"] >= first.to_pydatetime())
    return _after(_last_of_orders(inside.filter(inside["clean:ordered_at"] < last.to_pydatetime()), mapped, last))


def has_single_rows(mapped: MappedTable, *, tidy: Collection[str] = ()) -> bool:
    """Say whether no order id stands in two usable rows: then rows are orders, whatever the moment."""
    return "order_id" not in mapped.columns or count_repeated_ids(_usable(mapped, tidy), "clean:order_id") == 0


def _usable(mapped: MappedTable, tidy: Collection[str]) -> ir.Table:
    typed = add_states(mapped, None, tidy=tidy)
    return typed.filter(typed[STATE] == STATE_OK)


def _count_sold(rows: ir.Table) -> ir.Scalar:
    return (rows["clean:revenue"] >= 0).cast("int32").sum()


def _after(last_order_at: pd.Timestamp | None) -> pd.Timestamp | None:
    if last_order_at is None or pd.isna(last_order_at):
        return None
    return (pd.Timestamp(last_order_at).normalize() + _DAY).as_unit("us")


def _last_of_orders(rows: ir.Table, mapped: MappedTable, end: pd.Timestamp) -> pd.Timestamp | None:
    """Find the last first line of an order; an order that began after a moment has all its lines after it."""
    for days in _STEPS:
        since = end - days * _DAY
        # Rows that repeat are set aside by a rule over the whole log, which is asked where it matters.
        moment, without_repeats = _last_with_repeats(_tail(rows, since), mapped)
        if moment == without_repeats and moment is not None and moment >= since:
            return moment
    return _last(deduplicate_lines(rows, mapped).table)


TIMED = ["clean:ordered_at", "clean:revenue"]


def _tail(rows: ir.Table, since: pd.Timestamp) -> ir.Table:
    """Give all rows of orders with a row since a moment."""
    late = rows.filter(rows["clean:ordered_at"] >= since.to_pydatetime())
    single = late.filter(late["clean:order_id"].isnull())
    return rows.semi_join(late.select(*_KEYS).distinct(), _KEYS).union(single)


def _last_with_repeats(rows: ir.Table, mapped: MappedTable) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Find the moment of the last order with rows that repeat counted as often as they are there, and once.

    Whoever repeats has the same moments, so only sums can differ; one look at the rows is enough for both.
    """
    backend = rows.get_backend()
    stored = keep(backend, _TAIL, rows.select([*mapped.source_columns, *_KEYS, *TIMED]))  # two branches read them below
    try:
        return _last_often_and_once(stored)
    finally:
        drop(backend, _TAIL)


def _last_often_and_once(rows: ir.Table) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    distinct = rows.group_by(list(rows.columns)).aggregate(times=ibis._.count())
    single = distinct["clean:order_id"].isnull()
    at, money = distinct["clean:ordered_at"], distinct["clean:revenue"]
    alone = distinct.filter(single & (money >= 0)).aggregate(often=at.max(), once=at.max())
    orders = (
        distinct.filter(~single)
        .group_by(_KEYS)
        .aggregate(at=at.min(), often=(money * distinct.times).sum().round(6), once=money.sum().round(6))
    )
    several = orders.aggregate(often=orders.at.max(where=orders.often >= 0), once=orders.at.max(where=orders.once >= 0))
    latest = fetch(alone.union(several)).max()
    often, once = (None if pd.isna(moment) else pd.Timestamp(moment) for moment in latest[["often", "once"]])
    return often, once


def _last(rows: ir.Table) -> pd.Timestamp | None:
    """Find the moment of the last order among rows."""
    single = rows["clean:order_id"].isnull()
    alone = rows.filter(single & (rows["clean:revenue"] >= 0)).aggregate(at=ibis._["clean:ordered_at"].max())
    sums = (
        rows.filter(~single)
        .group_by(_KEYS)
        .aggregate(at=ibis._["clean:ordered_at"].min(), revenue=ibis._["clean:revenue"].sum().round(6))
    )
    orders = sums.filter(sums.revenue >= 0).aggregate(at=ibis._["at"].max())
    latest = fetch(alone.union(orders))["at"].max()
    return None if pd.isna(latest) else pd.Timestamp(latest)
