# ruff: noqa: PD003  # Ibis has no isna and notna
"""Which rows of an order log can be used, and what is wrong with each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import fetch
from tenure_features.tables.date_forms import DateForm, detect_form
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.parsing import as_flag, as_id, as_number, as_time, is_untidy_id, to_text
from tenure_features.tables.readiness import SetAside
from tenure_features.tables.schemas import EARLIEST, LATEST

STATE_OK, STATE_AFTER = "ok", "after as_of"
IDS = ("customer_id", "order_id")
DEAD_STATUS = ("cancelled", "canceled", "spam", "failed")
FUTURE_GAP_DAYS, PAST_GAP_DAYS, STRAY_SHARE = 365, 1825, 0.01
"""Dates cut off from all others by so long a silence, and so few, are typing errors (2041 for 2014)."""

PROBLEMS: Mapping[str, tuple[str, str, str]] = {
    "no customer": (
        "customer_id",
        "no customer id",
        "Left out: guests cannot be followed. Map another id if there is one.",
    ),
    "bad date": (
        "ordered_at",
        "date missing or unreadable",
        "Left out. Write dates as YYYY-MM-DD HH:MM:SS, or map strptime(column, format).",
    ),
    "no clock": (
        "ordered_at",
        "date before 1970-01-02 or after 2099",
        "Left out: such dates are defaults or typing errors.",
    ),
    "future": (
        "ordered_at",
        "date more than a year after every other order",
        "Left out as typing errors. Give --as-of to decide where the log ends.",
    ),
    "past": (
        "ordered_at",
        "date more than five years before every other order",
        "Left out as typing errors.",
    ),
    "no amount": (
        "revenue",
        "amount missing or unreadable",
        "Left out. Write amounts as plain numbers such as 1234.50.",
    ),
    "infinite": ("revenue", "amount infinite", "Left out. Look for divisions by zero upstream."),
    "dead": ("status", "order cancelled, spam or failed", "Left out: no sale took place."),
}
"""Column, what is wrong, and what was done, by state of a row."""


@dataclass(frozen=True)
class CleanRows:
    """Usable rows and the account of the others.

    Attributes
    ----------
    table
        The raw columns of usable rows and, prefixed with ``clean:``, their typed contract columns.
    read
        Rows of the source.
    after_as_of
        Rows at or after ``as_of``: not read, and no fault of theirs.
    set_aside
        Rows that cannot be used, by problem.
    dates_only
        True where no usable row carries a time of day.
    date_form
        How text dates were read.
    tidy
        Contract columns of text that are written as they are read, on every row.
    """

    table: ir.Table
    read: int
    after_as_of: int
    set_aside: tuple[SetAside, ...]
    dates_only: bool
    date_form: DateForm
    tidy: frozenset[str] = frozenset()


def clean_rows(mapped: MappedTable, *, as_of: pd.Timestamp | None) -> CleanRows:
    """Type the contract columns, keep rows strictly before ``as_of`` and set the unusable ones aside."""
    form = detect_form(mapped.table, mapped.table[mapped.columns["ordered_at"]])
    typed = add_states(mapped, form, as_of)
    daily = _daily(typed, mapped)
    usable = daily[daily["state"] == STATE_OK]
    # Looking for what to repair costs more than reading: where there is nothing, later passes need not look again.
    tidy = frozenset(name for name in IDS if f"untidy_{name}" in daily and daily[f"untidy_{name}"].sum() == 0)
    if tidy:
        typed = add_states(mapped, form, as_of, tidy=tidy)
    first, last = main_period(usable)
    if first is not None and last is not None:
        state, moment = typed["clean:state"], typed["clean:ordered_at"]
        stray = ibis.cases(
            ((state == STATE_OK) & (moment < first.to_pydatetime()), "past"),
            ((state == STATE_OK) & (moment >= last.to_pydatetime()), "future"),
            else_=state,
        )
        typed = typed.mutate({"clean:state": stray})
    counts = _counts(daily, first, last)
    all_usable = not any(rows for state, rows in counts.items() if state != STATE_OK)
    return CleanRows(
        table=typed if all_usable else typed.filter(typed["clean:state"] == STATE_OK),
        read=sum(counts.values()),
        after_as_of=counts.get(STATE_AFTER, 0),
        set_aside=tuple(_account(typed, mapped, state, counts[state]) for state in PROBLEMS if counts.get(state)),
        dates_only=int(usable["timed"].fillna(0).sum()) == 0,
        date_form=form,
        tidy=tidy,
    )


def add_states(
    mapped: MappedTable, form: DateForm, as_of: pd.Timestamp | None, *, tidy: frozenset[str] = frozenset()
) -> ir.Table:
    """Add the typed contract columns and the state of every row."""
    typed = mapped.table.mutate({f"clean:{name}": value for name, value in _type_columns(mapped, form, tidy).items()})
    return typed.mutate({"clean:state": _state(typed, as_of)})


def _daily(typed: ir.Table, mapped: MappedTable) -> pd.DataFrame:
    """Count the rows of every state and day: all, those with a time of day, those whose ids need a repair."""
    day = typed["clean:ordered_at"].date()
    timed = (typed["clean:ordered_at"] != day.cast("timestamp(6)")).sum()
    texts = {name: typed[mapped.columns[name]] for name in IDS if name in mapped.columns}
    untidy = {f"untidy_{name}": is_untidy_id(text).sum() for name, text in texts.items() if text.type().is_string()}
    groups = typed.group_by(state=typed["clean:state"], day=day)
    return fetch(groups.aggregate(rows=typed.count(), timed=timed, **untidy))


def _type_columns(mapped: MappedTable, form: DateForm, tidy: frozenset[str]) -> dict[str, ir.Value]:
    raw, where = mapped.table, mapped.columns
    ids = {name: raw[where[name]] if name in tidy else as_id(raw[where[name]]) for name in IDS if name in where}
    revenue = as_number(raw[where["revenue"]])
    if "is_return" in where:
        revenue = as_flag(raw[where["is_return"]]).ifelse(-revenue.abs(), revenue)
    nothing = ibis.null("string")
    late = {}
    if "recorded_at" in where:
        written = raw[where["recorded_at"]]
        late["recorded_at"] = as_time(written, formats=detect_form(raw, written).formats)
    return {
        "customer_id": ids["customer_id"],
        "ordered_at": as_time(raw[where["ordered_at"]], formats=form.formats),
        "revenue": revenue,
        "order_id": ids.get("order_id", nothing),
        "currency": to_text(raw[where["currency"]]) if "currency" in where else nothing,
        "status": to_text(raw[where["status"]]) if "status" in where else nothing,
        **late,
    }


def _state(typed: ir.Table, as_of: pd.Timestamp | None) -> ir.StringValue:
    customer, moment, revenue = (typed[f"clean:{name}"] for name in ("customer_id", "ordered_at", "revenue"))
    outside = (moment < EARLIEST) | (moment >= LATEST)
    # Rows after as_of come first: nothing about them may be looked at.
    branches = [] if as_of is None else [(moment >= as_of.to_pydatetime(), STATE_AFTER)]
    if as_of is not None and "clean:recorded_at" in typed.columns:
        branches.append((typed["clean:recorded_at"] >= as_of.to_pydatetime(), STATE_AFTER))
    branches += [
        (customer.isnull(), "no customer"),
        (moment.isnull(), "bad date"),
        (outside, "no clock"),
        (revenue.isnull() | revenue.isnan(), "no amount"),
        (revenue.isinf(), "infinite"),
        (typed["clean:status"].lower().isin(DEAD_STATUS).fill_null(False), "dead"),
    ]
    return ibis.cases(*branches, else_=STATE_OK)


def main_period(daily: pd.DataFrame) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Bounds of the days that are not strays; None where there is nothing to bound."""
    days = pd.to_datetime(daily["day"])
    rows = daily["rows"].groupby(days.to_numpy()).sum().sort_index()
    if rows.empty:
        return None, None
    when = pd.DatetimeIndex(rows.index)
    gaps = (when[1:] - when[:-1]).days
    total = rows.sum()
    first, last = when[0], when[-1] + pd.Timedelta(days=1)
    before, after = rows.cumsum().to_numpy(), total - rows.cumsum().to_numpy()
    for i, gap in enumerate(gaps):
        if gap > PAST_GAP_DAYS and before[i] < STRAY_SHARE * total:
            first = when[i + 1]
        if gap > FUTURE_GAP_DAYS and after[i] < STRAY_SHARE * total:
            last = when[i] + pd.Timedelta(days=1)
            break
    return first, last


def _counts(daily: pd.DataFrame, first: pd.Timestamp | None, last: pd.Timestamp | None) -> dict[str, int]:
    counts = {str(state): int(rows) for state, rows in daily.groupby("state")["rows"].sum().items()}
    if first is None or last is None:
        return counts
    usable = daily[daily["state"] == STATE_OK]
    day = pd.to_datetime(usable["day"])
    past, future = int(usable.loc[day < first, "rows"].sum()), int(usable.loc[day >= last, "rows"].sum())
    return counts | {STATE_OK: counts[STATE_OK] - past - future, "past": past, "future": future}


def _account(typed: ir.Table, mapped: MappedTable, state: str, count: int) -> SetAside:
    column, problem, done = PROBLEMS[state]
    shown = [name for name in ("customer_id", "ordered_at", "revenue", "order_id", "status") if name in mapped.columns]
    fields = {name: typed[mapped.columns[name]].cast("string").fill_null("(none)") for name in shown}
    listed = fetch(typed.filter(typed["clean:state"] == state).select(**fields).order_by(shown).limit(3))
    examples = tuple(", ".join(f"{name}={row[name]}" for name in shown) for _, row in listed.iterrows())
    return SetAside(problem, mapped.origin[column], count, examples, done)
