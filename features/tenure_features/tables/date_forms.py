# Ibis has no isna and notna
"""Which written form of dates a text column uses, found by what parses."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from tenure_features.reading.engine import fetch
from tenure_features.tables.parsing import as_time

_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def _with_times(*dates: str) -> tuple[str, ...]:
    return tuple(date + time for date in dates for time in _TIMES)


FORMS = {
    "year first": _with_times("%Y.%m.%d"),
    "yyyymmdd": (*_with_times("%Y%m%d"), "%Y%m%d%H%M%S"),
    "day first": _with_times("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    "month first": _with_times("%m/%d/%Y", "%m-%d-%Y"),
    "month in words": _with_times("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y"),
}
"""Groups of strptime formats that can be told apart by parsing (day first and month first not always)."""


@dataclass(frozen=True)
class DateForm:
    """How a text column writes dates.

    Attributes
    ----------
    formats
        strptime formats beside ISO 8601; empty for ISO or for columns that are not text.
    ambiguous
        True where every date can be read day first and month first, with different results.
    """

    formats: tuple[str, ...] = ()
    ambiguous: bool = False


def detect_form(table: ir.Table, column: ir.Value) -> DateForm:
    """Choose the form that reads the most values that are not ISO 8601."""
    if not column.type().is_string():
        return DateForm()
    texts = table.select(text=column.strip()).filter(lambda t: t.text.notnull() & (t.text != ""))
    texts = texts.filter(as_time(texts.text).isnull()).select("text").distinct()
    readings = {form: as_time(texts.text, formats=formats) for form, formats in FORMS.items()}
    differ = (readings["day first"] != readings["month first"]).sum()
    counts = texts.aggregate({**{form: moment.count() for form, moment in readings.items()}, "differ": differ})
    counted = fetch(counts).iloc[0].fillna(0).astype("int64")
    best = max(FORMS, key=lambda form: int(counted[form]))
    if counted[best] == 0:
        return DateForm()
    tie = counted["day first"] == counted["month first"] == counted[best] and counted["differ"] > 0
    return DateForm(FORMS[best], ambiguous=bool(tie))
