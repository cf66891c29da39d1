"""The calendar that a configuration names."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tenure.config import CalendarConfig
from tenure_features.errors import DataContractError
from tenure_features.families.calendar import Calendar, calendar_columns
from tenure_features.families.feature import FeatureDescription
from tenure_features.reading.engine import Engine, fetch
from tenure_features.reading.sources import read_table
from tenure_features.tables.contracts import CALENDAR

TWO_YEARS = 730
"""Two cycles of the seasons, in days."""


def open_calendar(config: CalendarConfig | None) -> Calendar | None:
    """Open the calendar under ``[calendar]``; None where there is no such section.

    Raises
    ------
    UsageError
        If the country is not known.
    DataContractError
        If the table cannot be read, or holds anything but dates and numbers.
    """
    if config is None:
        return None
    columns = {}
    if config.uri is not None:
        table: pd.DataFrame = fetch(read_table(config.uri, Engine().connect()).table)
        columns = calendar_columns(table)
    return Calendar(config.country, config.subdivision, columns)


def definition(calendar: Calendar | None, features: Iterable[FeatureDescription]) -> dict[str, str]:
    """Say which calendar a model reads, by the term ``calendar``; nothing where it reads none."""
    reads = any(feature.table == CALENDAR for feature in features)
    return {"calendar": calendar.meaning} if calendar is not None and reads else {}


def require_same(calendar: Calendar | None, trained: str | None) -> None:
    """Refuse to score with another calendar than a model was trained with.

    Raises
    ------
    DataContractError
        If the model knows a calendar and this is not it.
    """
    meaning = None if calendar is None else calendar.meaning
    if trained is not None and meaning != trained:
        raise DataContractError(
            f"The model was trained with a calendar: {trained}.",
            found=meaning or "no [calendar]",
            fix="Give the same [calendar] in tenure.toml.",
        )


def for_models(
    calendar: Calendar | None, config: CalendarConfig | None, *, history_days: float, horizon_days: int
) -> tuple[Calendar | None, tuple[str, ...]]:
    """Decide whether models look at the calendar, and say so where they do not.

    A season that was seen once cannot be told from a trend, so without a word in the configuration the history must
    cover two years and the horizon.
    """
    if calendar is None or config is None or config.in_models is False:
        return None, ()
    needed = TWO_YEARS + horizon_days
    if config.in_models is None and history_days < needed:
        length = f"{history_days:.0f} days of history, {needed} needed to learn a season"
        return None, (f"Models do not look at the calendar: {length}.",)
    return calendar, ()
