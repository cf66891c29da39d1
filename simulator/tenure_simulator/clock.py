"""The shop's clock: how fast buying goes at each hour of the year, and what prices are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from tenure_simulator.arrays import Floats
from tenure_simulator.config import ShopConfig

BEYOND_DAYS = 1100
"""Days of clock beyond the simulated future, for horizons that reach there."""

WEEKDAYS = np.array([0.97, 0.94, 0.95, 0.98, 1.02, 1.04, 1.10])
HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 7, 9, 11, 12, 12, 13, 12, 11, 11, 12, 13, 15, 18, 20, 17, 11, 5], dtype=float)
MONTHS = np.array([0.86, 0.88, 0.95, 0.98, 1.0, 0.97, 0.9, 0.92, 1.0, 1.04, 1.25, 1.33])


@dataclass(frozen=True)
class Clock:
    """Shop time: ``S(t)``, the integral of the purchase speed ``s(t)``, on an hourly grid.

    Attributes
    ----------
    hours
        ``S`` at whole hours since the shop's start, in shop days; mean speed over a year is 1.
    prices
        Price level of each calendar day.
    """

    hours: Floats
    prices: Floats

    @property
    def days(self) -> int:
        """Number of calendar days the clock covers."""
        return len(self.prices)

    def shop_time(self, day: Floats) -> Floats:
        """``S``: shop time at calendar time, both in days since the shop's start."""
        return np.interp(day, np.arange(len(self.hours)) / 24, self.hours)

    def calendar_time(self, shop_day: Floats) -> Floats:
        """Inverse of `shop_time`."""
        return np.interp(shop_day, self.hours, np.arange(len(self.hours)) / 24)

    def speeds(self, first: int, days: int) -> Floats:
        """Mean purchase speed of each of ``days`` calendar days from ``first`` on."""
        return np.asarray(np.diff(self.hours[24 * first : 24 * (first + days) + 1 : 24]))


def season(days: Floats, start: date, strength: float) -> Floats:
    """Yearly season at ``days`` since ``start``: mean 1 over a year, peak before Christmas.

    Months are joined by linear interpolation between their middles.

    Examples
    --------
    >>> year = season(np.arange(365.0), date(2023, 1, 1), 1.0)
    >>> round(float(year.mean()), 2), int(year.argmax()) // 30
    (1.0, 11)
    """
    day_of_year = (days + start.timetuple().tm_yday - 1) % 365.25
    middles = (np.arange(-1, 13) + 0.5) * 365.25 / 12
    months = np.concatenate([MONTHS[-1:], MONTHS, MONTHS[:1]])
    months = months / MONTHS.mean()
    return np.asarray(1 + strength * (np.interp(day_of_year, middles, months) - 1))


@lru_cache(maxsize=8)
def make_clock(config: ShopConfig) -> Clock:
    """Build the clock of a shop: season, weekday, hour of day and price changes."""
    n = config.days + config.future_days + BEYOND_DAYS
    day = np.arange(n)
    demand, prices = np.ones(n), np.ones(n)
    for change in config.price_changes:
        demand[change.day :] *= change.demand
        prices[change.day :] *= change.price
    weekday = WEEKDAYS[(day + config.start.weekday()) % 7] / WEEKDAYS.mean()
    speed = season(day.astype(float), config.start, config.purchasing.season) * weekday * demand
    hourly = speed[:, None] * HOURS[None, :] / HOURS.sum()
    return Clock(np.concatenate([[0.0], np.cumsum(hourly.ravel())]), prices)
