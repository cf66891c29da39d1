"""Rows that appear more than once: lines of an order, or an order exported twice.

Two identical rows mean different things in different logs, so the log itself is asked:

- With an ``order_id``, look at the orders that have several rows. Where most of them hold rows that differ, rows are
  lines, and two identical lines are two pieces sold one by one: they stay (an order whose several lines *all* repeat
  is mentioned, since a file read twice looks like that). Where most of them hold one row over and over, rows are
  orders, and the repeats are set aside.
- Without an ``order_id``, a row is an order. Identical rows with a time of day are one order exported twice and are
  set aside. With dates only, two equal orders of one day cannot be told from one exported twice: they stay, and are
  mentioned.

Rows are compared in all their source columns, not only in the mapped ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from tenure_features.reading.engine import count, fetch, many_groups
from tenure_features.tables.readiness import SetAside

_FIX = "Kept once. Export each order once; if the rows are lines, map order_id."


@dataclass(frozen=True)
class Deduplicated:
    """Rows without repeats, what was set aside and what was left.

    Attributes
    ----------
    table
        The rows to use.
    set_aside
        Repeats that were removed.
    notes
        Repeats that stay.
    lines
        Whether some order has several rows, so that lines have to be rolled up.
    repeated_ids
        Whether some order id stood in several rows.
    """

    table: ir.Table
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()
    lines: bool = False
    repeated_ids: bool = False


def deduplicate(rows: ir.Table, source_columns: list[str], *, dates_only: bool, has_order_id: bool) -> Deduplicated:
    """Apply the rule of this module to usable rows (raw columns and ``clean:`` columns)."""
    if has_order_id:
        return _by_order_id(rows, source_columns)
    keys = [f"clean:{name}" for name in ("customer_id", "ordered_at", "revenue")]
    # Comparing three columns first spares most logs the comparison of all.
    if not _extra(rows, keys):
        return Deduplicated(rows)
    extra = _extra(rows, source_columns)
    if not extra:
        return Deduplicated(rows)
    if dates_only:
        note = (
            f"{extra:,} rows repeat another row of the same day in every column. Dates carry no time, so they may be "
            "real orders: kept. Map order_id to tell."
        )
        return Deduplicated(rows, notes=(note,))
    return _without_repeats(rows, source_columns, extra)


def _by_order_id(rows: ir.Table, source_columns: list[str]) -> Deduplicated:
    order_id = rows["clean:order_id"]
    with many_groups(rows.get_backend()):
        counted = fetch(rows.aggregate(rows=order_id.count(), ids=order_id.nunique())).iloc[0]
    if counted["rows"] == counted["ids"]:
        return Deduplicated(rows)
    # An id that two customers share names two orders: it says nothing about lines.
    keys = ["clean:order_id", "clean:customer_id"]
    several = rows.group_by(keys).having(ibis._.count() > 1).aggregate()
    repeated = rows.semi_join(several, keys)
    distinct = repeated.group_by([*source_columns, *keys]).aggregate(times=ibis._.count())
    orders = distinct.group_by(keys).aggregate(
        kinds=distinct.count(), extra=(distinct.times - 1).sum(), least=distinct.times.min()
    )
    single = orders.kinds == 1
    counts = orders.aggregate(
        same=single.sum(), lines=(~single).sum(), extra=orders.extra.sum(), doubled=(~single & (orders.least > 1)).sum()
    )
    same, lines, extra, doubled = (int(value) for value in fetch(counts).fillna(0).iloc[0])
    if same > lines:
        done = _without_repeats(rows, source_columns, extra)
        return Deduplicated(done.table, done.set_aside, lines=lines > 0, repeated_ids=True)
    notes = [f"{extra:,} lines repeat another line of their order: kept, as pieces sold one by one."] if extra else []
    if doubled * 2 > lines:
        notes.append(
            f"Every line repeats in {doubled:,} of {lines:,} orders with several lines: was the file exported or read "
            "twice? Remove the copies if so."
        )
    return Deduplicated(rows, notes=tuple(notes), lines=True, repeated_ids=True)


def _extra(rows: ir.Table, columns: list[str]) -> int:
    with many_groups(rows.get_backend()):
        return count(rows) - count(rows.select(columns).distinct())


def _without_repeats(rows: ir.Table, source_columns: list[str], extra: int) -> Deduplicated:
    repeats = rows.group_by(source_columns).having(ibis._.count() > 1).aggregate(times=ibis._.count())
    shown = fetch(repeats.order_by([repeats.times.desc(), *source_columns]).limit(3))
    examples = tuple(
        ", ".join(f"{name}={row[name]}" for name in source_columns[:5]) + f" ({row['times']} times)"
        for _, row in shown.iterrows()
    )
    aside = SetAside("order repeated in every column", ", ".join(source_columns[:5]), extra, examples, _FIX)
    return Deduplicated(rows.distinct(), (aside,))
