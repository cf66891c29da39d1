# ruff: noqa: PD003  # Ibis has no isna
"""Which rows of a table can be used, and what is wrong with each of the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import fetch, quote
from tenure_features.tables.contract import RECORDED_AT
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.parsing import is_untidy_id
from tenure_features.tables.readiness import SetAside
from tenure_features.tables.schemas import EARLIEST, LATEST
from tenure_features.tables.stray import main_period
from tenure_features.tables.typed_columns import CLEAN, LARGEST_NUMBER, is_unread, type_columns, without_noise

STATE = CLEAN + "state"
STATE_OK, STATE_AFTER = "ok", "after as_of"
WRONG_SHARE = 0.5
"""With a fault in more than so many of the rows, the mapping is wrong, not the rows."""
_SHOWN = 5
"""Columns of an example."""


@dataclass(frozen=True, kw_only=True)
class CleanRows:
    """Usable rows and the account of the others.

    Attributes
    ----------
    table
        The raw columns of usable rows and, prefixed with ``clean:``, their typed contract columns.
    read
        Rows of the source.
    after_as_of
        Rows that happened, or were recorded, at or after ``as_of``: not read, and no fault of theirs.
    set_aside
        Rows that cannot be used, by what is wrong first in the order of the contract.
    notes
        Values that were read as missing.
    dates_only
        True where rows have a date and no usable one carries a time of day.
    broken
        What says that the column mapping is wrong, one sentence each.
    tidy
        Ids that are written as they are read, on every row.
    """

    table: ir.Table
    read: int
    after_as_of: int
    set_aside: tuple[SetAside, ...]
    notes: tuple[str, ...]
    dates_only: bool
    broken: tuple[str, ...]
    tidy: frozenset[str]


def find_tidy_ids(mapped: MappedTable) -> frozenset[str]:
    """Name the ids that are written as they are read, on every row.

    Looking for what to repair costs more than reading: where there is nothing, later passes need not look again.
    """
    raw = {name: mapped.table[mapped.columns[name]] for name, kind in mapped.kinds.items() if kind == "id"}
    texts = {name: column for name, column in raw.items() if column.type().is_string()}
    if not texts:
        return frozenset()
    counted = fetch(mapped.table.aggregate(**{name: is_untidy_id(column).sum() for name, column in texts.items()}))
    return frozenset(name for name in texts if not counted[name].fillna(0).iloc[0])


def clean_rows(mapped: MappedTable, *, as_of: pd.Timestamp | None, tidy: Collection[str] | None = None) -> CleanRows:
    """Type the contract columns, keep rows known before ``as_of`` and set the unusable ones aside.

    ``tidy`` are the ids of `find_tidy_ids`, where somebody has looked already.
    """
    typed = add_states(mapped, as_of, tidy=tidy or ())
    counted = _count(typed, mapped, untidy=tidy is None)
    if tidy is None:
        tidy = [name for name in mapped.columns if f"untidy:{name}" in counted and not _sum(counted, "untidy", name)]
        typed = add_states(mapped, as_of, tidy=tidy) if tidy else typed
    if mapped.contract.stray_dates:
        typed, counted = _mark_strays(typed, counted, str(mapped.dated_by))
    rows = {str(state): int(number) for state, number in counted.groupby("state")["rows"].sum().items() if number}
    usable, faults = counted[counted["state"] == STATE_OK], _states(typed, mapped)
    days = {CLEAN + name: typed[CLEAN + name].date() for name, kind in mapped.kinds.items() if kind == "date"}
    table = typed.mutate(days) if days else typed
    return CleanRows(
        table=table if set(rows) <= {STATE_OK} else table.filter(table[STATE] == STATE_OK),
        read=sum(rows.values()),
        after_as_of=rows.get(STATE_AFTER, 0),
        set_aside=tuple(_set_aside(typed, mapped, state, rows[state]) for state in faults if state in rows),
        notes=tuple(_unread(usable, mapped)),
        dates_only=mapped.dated_by is not None and not _sum(usable, "timed"),
        broken=tuple(_breaches(rows, mapped)),
        tidy=frozenset(tidy),
    )


def add_states(mapped: MappedTable, as_of: pd.Timestamp | None, *, tidy: Collection[str] = ()) -> ir.Table:
    """Add the typed contract columns and the state of every row: usable, not known at the moment, or its first fault.

    Rows after ``as_of`` come first: nothing about them may be looked at. One recorded after 2099 is known at no moment.
    """
    typed = type_columns(mapped, tidy=tidy)
    branches = []
    for name in (mapped.dated_by, RECORDED_AT):
        if name in mapped.columns and (as_of is not None or name == RECORDED_AT):
            known_to = LATEST if as_of is None else as_of.to_pydatetime()
            branches.append((typed[f"{CLEAN}{name}"] >= known_to, STATE_AFTER))
    branches += [(wrong, state) for state, wrong in _faults(typed, mapped)]
    return without_noise(typed.mutate({STATE: ibis.cases(*branches, else_=STATE_OK)}), mapped)


def _faults(typed: ir.Table, mapped: MappedTable) -> Iterator[tuple[str, ir.BooleanValue]]:
    """List what can be wrong with a row, column by column; the first that holds is what is said."""
    for name, column in mapped.contract.columns.items():
        if name not in mapped.columns:
            continue
        value = typed[CLEAN + name]
        if column.required:
            yield from ((f"{kind}:{name}", wrong) for kind, wrong in _faults_of_required(value, mapped, name))
        if column.scale is not None:
            measured = typed[CLEAN + column.scale.by].lower()
            for kind, (low, high) in column.scale.limits.items():
                yield f"off scale:{name}", (measured == kind) & ((value < low) | (value > high))
        if column.void:
            yield f"void:{name}", value.lower().isin(column.void)


def _faults_of_required(value: ir.Value, mapped: MappedTable, name: str) -> Iterator[tuple[str, ir.BooleanValue]]:
    if name in mapped.forms:
        yield "bad date", value.isnull()
        if name == mapped.dated_by:
            yield "no clock", (value < EARLIEST) | (value >= LATEST)
    elif mapped.kinds[name] == "number":
        yield "no number", value.isnull() | value.isnan()
        yield "infinite", value.isinf()
        yield "too large", value.abs() > LARGEST_NUMBER
    else:
        yield "missing", value.isnull()


def _states(typed: ir.Table, mapped: MappedTable) -> list[str]:
    """List the states of unusable rows in the order in which they are looked for."""
    strays = [f"{kind}:{mapped.dated_by}" for kind in ("future", "past")]
    return [*dict.fromkeys(state for state, _ in _faults(typed, mapped)), *strays]


def _count(typed: ir.Table, mapped: MappedTable, *, untidy: bool) -> pd.DataFrame:
    """Count the rows of every state (and day): all, those with a time of day, with an id to repair, with noise."""
    keys, figures = {"state": typed[STATE]}, {"rows": typed.count()}
    if mapped.dated_by is not None:
        when = typed[CLEAN + mapped.dated_by]
        figures["timed"] = (when != when.date().cast("timestamp(6)")).sum()
        if mapped.contract.stray_dates:
            keys["day"] = when.date()
    for name, kind in mapped.kinds.items():
        raw = typed[mapped.columns[name]]
        if untidy and kind == "id" and raw.type().is_string():
            figures[f"untidy:{name}"] = is_untidy_id(raw).sum()
        if name not in mapped.contract.required and kind in {"number", "time", "date"}:
            figures[f"unread:{name}"] = is_unread(typed, mapped, name).sum()
    return fetch(typed.group_by(**keys).aggregate(**figures))


def _mark_strays(typed: ir.Table, counted: pd.DataFrame, dated_by: str) -> tuple[ir.Table, pd.DataFrame]:
    """Set usable rows aside whose day a long silence cuts off from those of all others."""
    usable = counted["state"] == STATE_OK
    period = main_period(counted[usable])
    if period is None:
        return typed, counted
    first, last = period
    state, when, day = typed[STATE], typed[CLEAN + dated_by], pd.to_datetime(counted["day"])
    past, future = f"past:{dated_by}", f"future:{dated_by}"
    marked = ibis.cases(
        ((state == STATE_OK) & (when < first.to_pydatetime()), past),
        ((state == STATE_OK) & (when >= last.to_pydatetime()), future),
        else_=state,
    )
    states = counted["state"].mask(usable & (day < first), past).mask(usable & (day >= last), future)
    return typed.mutate({STATE: marked}), counted.assign(state=states)


def _sum(counted: pd.DataFrame, figure: str, column: str | None = None) -> int:
    return int(counted[figure if column is None else f"{figure}:{column}"].fillna(0).sum())


def _unread(usable: pd.DataFrame, mapped: MappedTable) -> Iterator[str]:
    for name in mapped.columns:
        unread = _sum(usable, "unread", name) if f"unread:{name}" in usable else 0
        if unread:
            yield f"{unread:,} values of {mapped.origin[name]} cannot be read and count as missing."


def _set_aside(typed: ir.Table, mapped: MappedTable, state: str, rows: int) -> SetAside:
    kind, _, column = state.partition(":")
    fault = mapped.contract.fault(kind, column)
    shown = [name for name in mapped.contract.columns if name in mapped.columns]
    shown = shown[:_SHOWN] if column in shown[:_SHOWN] else [*shown[: _SHOWN - 1], column]
    fields = {name: typed[mapped.columns[name]].cast("string").fill_null("(none)") for name in shown}
    listed = fetch(typed.filter(typed[STATE] == state).select(**fields).order_by(shown).limit(3))
    examples = tuple(", ".join(f"{name}={row[name]}" for name in shown) for _, row in listed.iterrows())
    return SetAside(problem=fault.problem, column=mapped.origin[column], rows=rows, examples=examples, done=fault.done)


def _breaches(rows: Mapping[str, int], mapped: MappedTable) -> Iterator[str]:
    """Say where the mapping is wrong, not the rows: dates of two readings, and faults that most rows have."""
    for name, form in mapped.forms.items():
        if form.ambiguous:
            source = quote(mapped.origin[name])
            yield (
                f"Dates in {mapped.origin[name]} can be read day first and month first. Map {name} to "
                f"strptime({source}, '%d/%m/%Y') or strptime({source}, '%m/%d/%Y')."
            )
    looked_at = sum(rows.values()) - rows.get(STATE_AFTER, 0)
    for state in (state for state, number in rows.items() if ":" in state and number > WRONG_SHARE * looked_at):
        kind, _, column = state.partition(":")
        fault, source = mapped.contract.fault(kind, column), mapped.origin[column]
        if fault.blames_mapping:
            yield f"{rows[state]:,} of {looked_at:,} rows: {fault.problem} in {source}. Check the column mapping."
