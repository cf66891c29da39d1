"""The calendar of the window to predict: what is known of coming days in advance, and nothing else from the future."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.feature import feature
from tenure_features.tables.contracts import CALENDAR

_YEAR_DAYS = 365.2425
SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Holidays of a country, and columns of a user's table by day.

    Parameters
    ----------
    country
        ISO 3166 code, such as ``"DE"``; None for no holidays.
    subdivision
        Code of a state or province, such as ``"BY"``.
    columns
        Numbers by column and day that are known in advance: planned sales, school holidays. A day that is not there
        counts as zero.

    Raises
    ------
    UsageError
        If the country or the subdivision is not known.

    Examples
    --------
    >>> Calendar("DE").holidays(date(2024, 12, 24), date(2025, 1, 2))
    [datetime.date(2024, 12, 25), datetime.date(2024, 12, 26), datetime.date(2025, 1, 1)]
    """

    country: str | None = None
    subdivision: str | None = None
    columns: Mapping[str, Mapping[date, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.holidays(date(2024, 1, 1), date(2024, 1, 2))

    def holidays(self, first: date, end: date) -> list[date]:
        """List the holidays from a day on, up to another."""
        if self.country is None:
            return []
        import holidays  # a tenth of a second, for those who ask

        years = range(first.year, end.year + 1)
        try:
            holiday_names = holidays.country_holidays(self.country, subdiv=self.subdivision, years=years)
        except NotImplementedError as problem:
            raise UsageError(
                "The calendar's country is not known.",
                found=f"{self.country} {self.subdivision or ''}".strip(),
                fix="Give an ISO 3166 code such as DE, and a subdivision such as BY.",
            ) from problem
        return sorted(day for day in holiday_names if first <= day < end)

    @property
    def meaning(self) -> str:
        """What it holds, in words."""
        where = "-".join(part for part in (self.country, self.subdivision) if part)
        parts = [f"holidays of {where}"] if where else []
        return ", ".join([*parts, *sorted(self.columns)]) or "season alone"


def calendar_columns(table: pd.DataFrame) -> dict[str, dict[date, float]]:
    """Take the columns of a user's calendar: ``date`` and numbers.

    Raises
    ------
    DataContractError
        If there is no date column, a date appears twice or cannot be read, or a column holds no numbers.
    """
    if "date" not in table:
        raise DataContractError("The calendar has no column date.", found=", ".join(table.columns), fix="Name it date.")
    days = pd.to_datetime(table["date"], errors="coerce")
    if days.isna().any() or days.duplicated().any():
        raise DataContractError(
            "The calendar needs one readable date per row.",
            found=f"{int(days.isna().sum())} unreadable, {int(days.duplicated().sum())} repeated",
            fix="Write dates as YYYY-MM-DD, each once.",
        )
    values = {}
    for name in (name for name in table.columns if name != "date"):
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.isna().any():
            raise DataContractError(f"The calendar's column {name} must hold numbers.", fix="Write 0 where nothing is.")
        values[str(name)] = dict(zip(days.dt.date, numbers.astype(float), strict=True))
    return values


@dataclass(frozen=True)
class CalendarWindow:
    """The days of ``[as_of, as_of + days)``: those whose midnight lies in it.

    Attributes
    ----------
    calendar
        What is known of days in advance.
    as_of, days
        The window.
    """

    calendar: Calendar
    as_of: pd.Timestamp
    days: int

    @cached_property
    def dates(self) -> Sequence[date]:
        """The days, in order."""
        first = (self.as_of - pd.Timedelta(microseconds=1)).normalize() + pd.Timedelta(days=1)
        return [first.date() + timedelta(days=number) for number in range(self.days)]

    @cached_property
    def holidays(self) -> Sequence[date]:
        """The holidays among the days."""
        return self.calendar.holidays(self.dates[0], self.dates[-1] + timedelta(days=1))

    @property
    def season(self) -> float:
        """Where the middle of the window lies in the year, as an angle."""
        middle = self.as_of + pd.Timedelta(days=self.days / 2)
        return 2 * math.pi * (middle.day_of_year - 1 + middle.hour / 24) / _YEAR_DAYS

    def total(self, column: str) -> float:
        """Sum a column of the user's calendar over the days."""
        values = self.calendar.columns[column]
        return float(sum(values.get(day, 0.0) for day in self.dates))


@feature(unit="days", family="calendar", table=CALENDAR, reason="{value:.0f} holidays in the window")
def window_holidays(window: CalendarWindow) -> float:
    """Holidays in the window to predict."""
    return float(len(window.holidays))


@feature(unit="ratio", family="calendar", table=CALENDAR, reason="{value:.0%} of the window's days are off")
def window_off_share(window: CalendarWindow) -> float:
    """Share of Saturdays, Sundays and holidays in the window to predict."""
    off = {*window.holidays, *(day for day in window.dates if day.weekday() >= SATURDAY)}
    return len(off) / window.days


@feature(unit="days", family="calendar", table=CALENDAR, reason="the next holiday is in {value:.0f} days")
def window_next_holiday(window: CalendarWindow) -> float:
    """Days from the origin to the first holiday of the window; missing without one."""
    return float((window.holidays[0] - window.as_of.date()).days) if window.holidays else math.nan


@feature(unit="cycle", family="calendar", table=CALENDAR, reason="season of the window {value:+.2f} (winter to summer)")
def window_season_cos(window: CalendarWindow) -> float:
    """Season of the window: cosine of the year's angle at its middle; 1 at New Year, -1 in July."""
    return math.cos(window.season)


@feature(unit="cycle", family="calendar", table=CALENDAR, reason="season of the window {value:+.2f} (autumn to spring)")
def window_season_sin(window: CalendarWindow) -> float:
    """Season of the window: sine of the year's angle at its middle; 1 in April, -1 in October."""
    return math.sin(window.season)
