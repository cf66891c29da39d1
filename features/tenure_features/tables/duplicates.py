"""Rows that appear more than once: lines of an order, versions, or one row exported twice.

Two identical rows mean different things in different tables and logs, so the contract, then the log itself, is asked:

- Where a contract has **one row per** something, the first row of each is kept, in the order of its columns: which one
  must not depend on the file. Rows that say when they were recorded are versions, and stay.
- With an id that **lines** share, look at the orders that have several rows. Where most of them hold rows that differ,
  rows are lines, and two identical lines are two pieces sold one by one: they stay (an order whose several lines *all*
  repeat is mentioned, since a file read twice looks like that). Where most of them hold one row over and over, rows are
  orders, and the repeats are set aside.
- Where **rows may repeat**, they stay.
- Else identical rows with a time of day are one row exported twice and are set aside. With dates only, two equal rows
  of one day cannot be told from one exported twice: they stay, and are mentioned.

Rows are compared in all their source columns, not only in the mapped ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from tenure_features.reading.engine import count, fetch, many_groups
from tenure_features.tables.cleaning import CleanRows
from tenure_features.tables.contract import RECORDED_AT, Contract
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.readiness import SetAside
from tenure_features.tables.typed_columns import CLEAN


@dataclass(frozen=True, kw_only=True)
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


def deduplicate(rows: CleanRows, mapped: MappedTable, *, single: bool = False) -> Deduplicated:
    """Apply the rules of this module to usable rows; ``single`` says that no id that lines share stands in two."""
    contract = mapped.contract
    if is_one_per(mapped):
        return _first_of_each(rows.table, mapped, f"{CLEAN}{contract.one_row_per}")
    if contract.lines_of in mapped.columns:
        return Deduplicated(table=rows.table) if single else deduplicate_lines(rows.table, mapped)
    if contract.rows_may_repeat:
        return Deduplicated(table=rows.table)
    # Comparing a few columns first spares most tables the comparison of all.
    keys = [*contract.required, *(name for name in (RECORDED_AT,) if name in mapped.columns)]
    extra = _extra(rows.table, [CLEAN + name for name in keys]) and _extra(rows.table, mapped.source_columns)
    if extra and rows.dates_only:
        return Deduplicated(table=rows.table, notes=(_of_one_day(extra, contract),))
    return _without_repeats(rows.table, mapped, extra) if extra else Deduplicated(table=rows.table)


def is_one_per(mapped: MappedTable) -> bool:
    """Say whether a table holds one row of each, not versions of them."""
    return mapped.contract.one_row_per is not None and RECORDED_AT not in mapped.columns


def _of_one_day(extra: int, contract: Contract) -> str:
    what, hint = ("orders", f" Map {contract.lines_of} to tell.") if contract.lines_of else ("rows", "")
    return (
        f"{extra:,} rows repeat another row of the same day in every column. Dates carry no time, so they may be real "
        f"{what}: kept.{hint}"
    )


def deduplicate_lines(rows: ir.Table, mapped: MappedTable) -> Deduplicated:
    """Apply the rule for rows with an id that lines share (raw columns and ``clean:`` columns)."""
    shared, source_columns = f"{CLEAN}{mapped.contract.lines_of}", mapped.source_columns
    if count_repeated_ids(rows, shared) == 0:
        return Deduplicated(table=rows)
    # An id that two customers share names two orders: it says nothing about lines.
    keys = [shared, CLEAN + "customer_id"]
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
        done = _without_repeats(rows, mapped, extra)
        return replace(done, lines=lines > 0, repeated_ids=True)
    notes = [f"{extra:,} lines repeat another line of their order: kept, as pieces sold one by one."] if extra else []
    if doubled * 2 > lines:
        notes.append(
            f"Every line repeats in {doubled:,} of {lines:,} orders with several lines: was the file exported or read "
            "twice? Remove the copies if so."
        )
    return Deduplicated(table=rows, notes=tuple(notes), lines=True, repeated_ids=True)


def count_repeated_ids(rows: ir.Table, column: str) -> int:
    """Count the rows whose id stands in a row before them already."""
    with many_groups(rows.get_backend()):
        counted = fetch(rows.aggregate(rows=rows[column].count(), ids=rows[column].nunique())).iloc[0]
    return int(counted["rows"] - counted["ids"])


def _extra(rows: ir.Table, columns: list[str]) -> int:
    with many_groups(rows.get_backend()):
        return count(rows) - count(rows.select(columns).distinct())


def _without_repeats(rows: ir.Table, mapped: MappedTable, extra: int) -> Deduplicated:
    columns, fault = mapped.source_columns, mapped.contract.fault("repeated")
    repeats = rows.group_by(columns).having(ibis._.count() > 1).aggregate(times=ibis._.count())
    shown = fetch(repeats.order_by([repeats.times.desc(), *columns]).limit(3))
    examples = tuple(
        ", ".join(f"{name}={row[name]}" for name in columns[:5]) + f" ({row['times']} times)"
        for _, row in shown.iterrows()
    )
    aside = SetAside(
        problem=fault.problem, column=", ".join(columns[:5]), rows=extra, examples=examples, done=fault.done
    )
    return Deduplicated(table=rows.distinct(), set_aside=(aside,))


def _first_of_each(rows: ir.Table, mapped: MappedTable, key: str) -> Deduplicated:
    extra, fault, name = _extra(rows, [key]), mapped.contract.fault("several"), key.removeprefix(CLEAN)
    if not extra:
        return Deduplicated(table=rows)
    order = ibis.window(group_by=key, order_by=mapped.source_columns)
    numbered = rows.mutate({CLEAN + "number": ibis.row_number().over(order)})
    others = numbered.filter(numbered[CLEAN + "number"] > 0)
    shown = fetch(others.select(key).distinct().order_by(key).limit(3))
    examples = tuple(f"{name}={value}" for value in shown[key])
    aside = SetAside(problem=fault.problem, column=mapped.origin[name], rows=extra, examples=examples, done=fault.done)
    return Deduplicated(table=numbered.filter(numbered[CLEAN + "number"] == 0), set_aside=(aside,))
