# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""Which rows of a table beside the orders can be used, and what is wrong with each of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import count, fetch
from tenure_features.tables.contracts import Contract, ContractKind
from tenure_features.tables.date_forms import detect_form
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.parsing import as_flag, as_id, as_number, as_time, to_text
from tenure_features.tables.readiness import SetAside
from tenure_features.tables.schemas import EARLIEST, LATEST

_OK, _AFTER = "ok", "after as_of"
CLEAN = "clean:"
"""Prefix of typed contract columns beside the raw ones."""

_SCORE_SCALES: Mapping[str, tuple[float, float]] = {"nps": (0, 10), "ces": (1, 7), "csat": (1, 5), "review": (1, 5)}
"""Lowest and highest answer by kind of feedback; other kinds are taken as they are."""

_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "missing": ("value missing", "Left out: the row says nothing without it."),
    "bad date": (
        "date missing or unreadable",
        "Left out. Write dates as YYYY-MM-DD HH:MM:SS, or map strptime(column, format).",
    ),
    "no clock": ("date before 1970-01-02 or after 2099", "Left out: such dates are defaults or typing errors."),
    "no number": ("number missing or unreadable", "Left out. Write numbers as plain numbers such as 1234.50."),
    "infinite": ("number infinite", "Left out. Look for divisions by zero upstream."),
    "off scale": ("score outside its scale", "Left out. nps is 0 to 10, ces 1 to 7, csat and review 1 to 5."),
}
"""What is wrong and what was done, by kind of problem."""


@dataclass(frozen=True)
class SideRows:
    """Usable rows of a table and the account of the others.

    Attributes
    ----------
    table
        The raw columns of usable rows and, prefixed with ``clean:``, their typed contract columns.
    read
        Rows of the source.
    after_as_of
        Rows that happened, or were recorded, at or after ``as_of``: not read, and no fault of theirs.
    set_aside
        Rows that cannot be used, by problem.
    notes
        Values that were read as missing.
    dates_only
        True where no usable row carries a time of day.
    ambiguous
        Date columns that can be read day first and month first.
    """

    table: ir.Table
    read: int
    after_as_of: int
    set_aside: tuple[SetAside, ...]
    notes: tuple[str, ...]
    dates_only: bool
    ambiguous: tuple[str, ...]


def clean_side_rows(mapped: MappedTable, contract: Contract, *, as_of: pd.Timestamp | None) -> SideRows:
    """Type the contract columns, keep rows known before ``as_of`` and set the unusable ones aside."""
    raw = mapped.table
    kinds = {name: contract_kind(contract, name, raw[column]) for name, column in mapped.columns.items()}
    forms = {name: detect_form(raw, raw[mapped.columns[name]]) for name in kinds if kinds[name] in {"time", "date"}}
    values = {
        name: _READ[kind](raw[mapped.columns[name]])
        if name not in forms
        else as_time(raw[mapped.columns[name]], formats=forms[name].formats)
        for name, kind in kinds.items()
    }
    typed = raw.mutate({CLEAN + name: value for name, value in values.items()})
    branches = _branches(typed, contract, kinds, as_of)
    typed = typed.mutate({CLEAN + "state": ibis.cases(*branches, else_=_OK) if branches else ibis.literal(_OK)})
    typed = _without_noise(typed, contract, kinds)
    dated = contract.dated_by if contract.dated_by in kinds else None
    counted = fetch(typed.group_by(state=typed[CLEAN + "state"]).aggregate(**_counts(typed, mapped, kinds, dated)))
    by_state: dict[str, Mapping[Any, Any]] = {str(row["state"]): row for row in counted.to_dict("records")}
    rows = {state: int(row["rows"]) for state, row in sorted(by_state.items())}
    usable: Mapping[Any, Any] = by_state.get(_OK, {})
    typed = typed.mutate({CLEAN + name: typed[CLEAN + name].date() for name in kinds if kinds[name] == "date"})
    return SideRows(
        table=typed.filter(typed[CLEAN + "state"] == _OK),
        read=sum(rows.values()),
        after_as_of=rows.get(_AFTER, 0),
        set_aside=tuple(_account(typed, mapped, contract, state, rows[state]) for state in rows if ":" in state),
        notes=tuple(_unread(usable, mapped, kinds)),
        dates_only=dated is not None and not usable.get("timed"),
        ambiguous=tuple(mapped.origin[name] for name, form in forms.items() if form.ambiguous),
    )


def contract_kind(contract: Contract, name: str, column: ir.Value) -> ContractKind:
    """Say how a column is read: as the contract says, and columns beyond it as what they hold."""
    if name in contract.columns:
        return contract.columns[name].kind
    dtype = column.type()
    if dtype.is_boolean():
        return "flag"
    return "number" if dtype.is_numeric() else "time" if dtype.is_temporal() else "text"


_READ: Mapping[ContractKind, Callable[[ir.Value], ir.Value]] = {
    "id": as_id, "text": to_text, "number": as_number, "flag": as_flag
}  # fmt: skip


def _branches(
    typed: ir.Table, contract: Contract, kinds: Mapping[str, ContractKind], as_of: pd.Timestamp | None
) -> list[tuple[ir.BooleanValue, str]]:
    """List conditions of unusable rows, first match wins; those after ``as_of`` come first: nothing is looked at."""
    clean = {name: typed[CLEAN + name] for name in kinds}
    moments = [name for name in (contract.dated_by, "recorded_at") if name in clean]
    branches = [] if as_of is None else [(clean[name] >= as_of.to_pydatetime(), _AFTER) for name in moments]
    for name in contract.required:
        if kinds[name] in {"id", "text"}:
            branches.append((clean[name].isnull(), f"missing:{name}"))
        elif kinds[name] in {"time", "date"}:
            branches.append((clean[name].isnull(), f"bad date:{name}"))
        elif kinds[name] == "number":
            branches.append((clean[name].isnull() | clean[name].isnan(), f"no number:{name}"))
            branches.append((clean[name].isinf(), f"infinite:{name}"))
    if contract.dated_by in contract.required:
        when = clean[contract.dated_by]
        branches.append(((when < EARLIEST) | (when >= LATEST), f"no clock:{contract.dated_by}"))
    if contract.name == "feedback":
        kind, score = clean["kind"].lower(), clean["score"]
        for scale, (low, high) in _SCORE_SCALES.items():
            branches.append(((kind == scale) & ((score < low) | (score > high)), "off scale:score"))
    return [(condition.fill_null(False), state) for condition, state in branches]


def _without_noise(typed: ir.Table, contract: Contract, kinds: Mapping[str, ContractKind]) -> ir.Table:
    """Make optional numbers that are not finite, and optional moments outside the clock, missing."""
    optional = [name for name in kinds if name not in contract.required]
    changed: dict[str, ir.Value] = {}
    for name in optional:
        value = typed[CLEAN + name]
        if kinds[name] == "number":
            changed[CLEAN + name] = (value.isnan() | value.isinf()).ifelse(None, value)
        elif kinds[name] in {"time", "date"}:
            changed[CLEAN + name] = ((value < EARLIEST) | (value >= LATEST)).ifelse(None, value)
    return typed.mutate(changed) if changed else typed


def _counts(
    typed: ir.Table, mapped: MappedTable, kinds: Mapping[str, ContractKind], dated: str | None
) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": typed.count()}
    if dated is not None:
        when = typed[CLEAN + dated]
        figures["timed"] = (when != when.date().cast("timestamp(6)")).sum().fill_null(0)
    for name in kinds:
        if kinds[name] in {"number", "time", "date"}:
            written = to_text(typed[mapped.columns[name]].cast("string")).notnull()
            figures[f"unread:{name}"] = (written & typed[CLEAN + name].isnull()).cast("int64").sum()
    return figures


def _unread(usable: Mapping[Any, Any], mapped: MappedTable, kinds: Mapping[str, ContractKind]) -> Iterable[str]:
    for name in kinds:
        unread = int(usable.get(f"unread:{name}", 0) or 0)
        if unread:
            yield f"{unread:,} values of {mapped.origin[name]} cannot be read and count as missing."


def _account(typed: ir.Table, mapped: MappedTable, contract: Contract, state: str, rows: int) -> SetAside:
    kind, _, column = state.partition(":")
    problem, done = _PROBLEMS[kind]
    shown = [name for name in contract.columns if name in mapped.columns][:5]
    fields = {name: typed[mapped.columns[name]].cast("string").fill_null("(none)") for name in shown}
    listed = fetch(typed.filter(typed[CLEAN + "state"] == state).select(**fields).order_by(shown).limit(3))
    examples = tuple(", ".join(f"{name}={row[name]}" for name in shown) for _, row in listed.iterrows())
    return SetAside(problem, mapped.origin[column], rows, examples, done)


def without_repeats(rows: ir.Table, columns: list[str], keys: list[str]) -> tuple[ir.Table, tuple[SetAside, ...]]:
    """Keep rows once that repeat another in every source column, moment included.

    Parameters
    ----------
    rows
        Usable rows.
    columns
        The source columns.
    keys
        Clean columns that are compared first: few, so that most tables are spared the comparison of all.
    """
    total = count(rows)
    if total == count(rows.select(keys).distinct()):
        return rows, ()
    extra = total - count(rows.select(columns).distinct())
    if not extra:
        return rows, ()
    repeats = rows.group_by(columns).having(ibis._.count() > 1).aggregate(times=ibis._.count())
    shown = fetch(repeats.order_by([repeats.times.desc(), *columns]).limit(3))
    examples = tuple(
        ", ".join(f"{name}={row[name]}" for name in columns[:5]) + f" ({row['times']} times)"
        for _, row in shown.iterrows()
    )
    done = "Kept once: the same moment in every column is one row exported twice."
    return rows.distinct(), (SetAside("row repeated in every column", ", ".join(columns[:5]), extra, examples, done),)


def one_per_customer(rows: ir.Table, columns: list[str]) -> tuple[ir.Table, tuple[SetAside, ...]]:
    """Keep one row of every customer, the first in the order of its columns: which one must not depend on the file."""
    extra = count(rows) - count(rows.select(CLEAN + "customer_id").distinct())
    if not extra:
        return rows, ()
    order = ibis.window(group_by=CLEAN + "customer_id", order_by=columns)
    numbered = rows.mutate({CLEAN + "number": ibis.row_number().over(order)})
    others = numbered.filter(numbered[CLEAN + "number"] > 0)
    shown = fetch(others.select(CLEAN + "customer_id").distinct().order_by(CLEAN + "customer_id").limit(3))
    examples = tuple(f"customer_id={value}" for value in shown[CLEAN + "customer_id"])
    done = "The first row in the order of its columns is used. Map recorded_at if the rows are versions."
    aside = SetAside("customer more than once", "customer_id", extra, examples, done)
    return numbered.filter(numbered[CLEAN + "number"] == 0), (aside,)
