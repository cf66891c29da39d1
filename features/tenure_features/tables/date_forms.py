# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""Which written forms of dates a text column uses, found by what parses and decided by the column as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import fetch
from tenure_features.tables.parsing import EPOCH, as_time

_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def _with_times(*dates: str) -> tuple[str, ...]:
    return tuple(date + time for date in dates for time in _TIMES)


FORMS = {
    "day first, years of two digits": _with_times("%d/%m/%y", "%d.%m.%y", "%d-%m-%y"),
    "month first, years of two digits": _with_times("%m/%d/%y", "%m-%d-%y"),
    "year first": _with_times("%Y.%m.%d"),
    "yyyymmdd": (*_with_times("%Y%m%d"), "%Y%m%d%H%M%S"),
    "day first": _with_times("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    "month first": _with_times("%m/%d/%Y", "%m-%d-%Y"),
    "month in words": _with_times("%d %b %y", "%d-%b-%y", "%d %b %Y", "%d. %b %Y", "%b %d %Y", "%d-%b-%Y"),
    "seconds, milliseconds or microseconds since 1970": (EPOCH,),
}
"""Groups of strptime formats that can be told apart by parsing; years of two digits come before those of four."""

_BY_DAY = tuple(form for form in FORMS if form.startswith("day first"))
_BY_MONTH = tuple(form for form in FORMS if form.startswith("month first"))


@dataclass(frozen=True)
class DateForm:
    """How a text column writes dates.

    Attributes
    ----------
    formats
        strptime formats beside ISO 8601; empty for ISO or for columns that are not text.
    ambiguous
        True where every date can be read day first and month first, with different results.
    forms
        Names of the forms found, ISO 8601 aside, most frequent first.
    """

    formats: tuple[str, ...] = ()
    ambiguous: bool = False
    forms: tuple[str, ...] = ()


def detect_form(table: ir.Table, column: ir.Value) -> DateForm:
    """Find the forms that read values that are not ISO 8601; one of day first and month first holds for all of them."""
    if not column.type().is_string():
        return DateForm()
    texts = table.select(text=column.strip()).filter(lambda t: t.text.notnull() & (t.text != ""))
    texts = texts.filter(as_time(texts.text).isnull()).select("text").distinct()
    readings = {form: as_time(texts.text, formats=formats) for form, formats in FORMS.items()}
    by_day, by_month = (ibis.coalesce(*(readings[form] for form in forms)) for forms in (_BY_DAY, _BY_MONTH))
    read = {form: moment.count() for form, moment in readings.items()}
    orders = {"by_day": by_day.count(), "by_month": by_month.count(), "differ": (by_day != by_month).sum()}
    counted = fetch(texts.aggregate(**read, **orders)).iloc[0].fillna(0).astype("int64")
    return _decide(counted)


def _decide(counted: pd.Series[int]) -> DateForm:
    other = _BY_MONTH if counted["by_day"] >= counted["by_month"] else _BY_DAY
    seen_forms = [form for form in FORMS if counted[form] and form not in other]
    return DateForm(
        formats=tuple(format_ for form in seen_forms for format_ in FORMS[form]),
        ambiguous=bool(counted["by_day"] == counted["by_month"] and counted["differ"] > 0),
        forms=tuple(sorted(seen_forms, key=lambda form: -int(counted[form]))),
    )
