"""Seasons: what somebody expects of them, and whether a window falls into a part of the year that nothing has shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_expit

from tenure_features.errors import UsageError

_Floats = NDArray[np.float64]
_YEAR_DAYS = 365
NEARBY_DAYS = 15
"""A day of the year counts as shown where a closed window holds one within so many days of it, in whatever year."""

USUAL_SPREAD = 0.12
"""Standard deviation of the logarithm of total value over the expected one where the season has been seen."""

UNSEEN_SPREAD = 0.20
"""What a window wholly in unseen parts of the year adds to it, in squares; ``benchmarks/season.py`` measures both on
public logs."""

LITTLE_UNSEEN = 0.1
"""Up to this share of unseen days nothing is said of them."""

Z80 = 1.2815515655446004
"""A normal error lies within so many standard deviations with 80 %."""

_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Season:
    """How many orders somebody expects at other times of the year, against an ordinary one.

    Attributes
    ----------
    months
        Orders a day expected in January to December, in any unit: only their ratios count. Empty: nothing is expected.
    expected
        Factor on the orders of the window that begins at ``ahead_of`` or later, beside what is learnt.
    ahead_of
        The moment of the prediction; None where no factor is expected.
    learnt
        Whether the months are what past years showed, and not what somebody said.

    Examples
    --------
    >>> december = Season(months=(1.0,) * 11 + (2.0,))
    >>> [round(december.factor(pd.Timestamp(start), days=30), 3) for start in ("2011-12-01", "2011-06-01")]
    [1.846, 0.923]
    """

    months: tuple[float, ...] = ()
    expected: float = 1.0
    ahead_of: pd.Timestamp | None = None
    learnt: bool = False

    def __post_init__(self) -> None:
        if self.months and (len(self.months) != _MONTHS or min(self.months) <= 0):
            raise UsageError(
                "The season needs twelve numbers above zero, for January to December.", found=str(list(self.months))
            )

    def factor(self, start: pd.Timestamp, *, days: int) -> float:
        """Give the orders a day expected of a window over those of an ordinary one."""
        factor = self.expected if self.ahead_of is not None and start >= self.ahead_of else 1.0
        if not self.months:
            return factor
        dates = pd.date_range(start, periods=max(days, 1), freq="D")
        weights = np.asarray(self.months)[dates.month - 1]
        return float(np.round(factor * weights.mean() / np.mean(self.months), 9))


NO_SEASON = Season()


@dataclass(frozen=True, kw_only=True)
class SeasonAhead:
    """The season from the moment of a prediction on.

    Attributes
    ----------
    season
        What is expected of times of the year.
    start
        The moment.
    """

    season: Season
    start: pd.Timestamp

    def growth(self, days: float, *, horizon_days: float) -> float:
        """Give the orders a day expected of so many days over those of the horizon, both from the moment on.

        Examples
        --------
        >>> december = Season(months=(1.0,) * 11 + (2.0,))
        >>> ahead = SeasonAhead(season=december, start=pd.Timestamp("2011-12-01"))
        >>> round(ahead.growth(365, horizon_days=31), 3)
        0.542
        """
        far, near = (self.season.factor(self.start, days=round(length)) for length in (days, horizon_days))
        return far / near


def multiply_orders(odds: _Floats, factor: float) -> _Floats:
    """Log-odds of at least one order where a factor more orders come: ``1 - (1 - p)^factor``, as Poisson orders have.

    Examples
    --------
    >>> multiply_orders(np.array([0.0]), 2.0).round(4)  # 1 - (1 / 2)^2 = 3 / 4
    array([1.0986])
    >>> multiply_orders(np.array([-1.0, 2.5]), 1.0)
    array([-1. ,  2.5])
    """
    if factor == 1.0:
        return odds
    nothing = factor * log_expit(-odds)
    return np.asarray(np.log(-np.expm1(nothing)) - nothing)


def unseen_share(start: pd.Timestamp, *, days: int, closed: Sequence[tuple[pd.Timestamp, int]]) -> float:
    """Find the share of a window's days whose time of the year no closed window has shown.

    Parameters
    ----------
    start, days
        The window.
    closed
        Start and length in days of each closed window.

    Examples
    --------
    >>> summer = [(pd.Timestamp("2011-05-01"), 92)]
    >>> unseen_share(pd.Timestamp("2011-10-01"), days=90, closed=summer)
    1.0
    >>> unseen_share(pd.Timestamp("2012-05-01"), days=92, closed=summer)
    0.0
    """
    shown = np.zeros(_YEAR_DAYS, dtype=bool)
    for at, length in closed:
        first = _day_of_year(at)
        shown[np.arange(first - NEARBY_DAYS, first + length + NEARBY_DAYS) % _YEAR_DAYS] = True
    wanted = (_day_of_year(start) + np.arange(max(days, 1))) % _YEAR_DAYS
    return float(1 - shown[wanted].mean())


def _day_of_year(moment: pd.Timestamp) -> int:
    return min(int(moment.day_of_year), _YEAR_DAYS) - 1


def spread_of_total(unseen: float) -> float:
    """Give the standard deviation of the logarithm of the total over the expected one, by the share of unseen days.

    Examples
    --------
    >>> spread_of_total(0.0), round(spread_of_total(1.0), 3)
    (0.12, 0.233)
    """
    return math.hypot(USUAL_SPREAD, math.sqrt(unseen) * UNSEEN_SPREAD)


def windows_of(origins: NDArray[np.datetime64], days: _Floats) -> list[tuple[pd.Timestamp, int]]:
    """List the distinct windows among rows, each by its origin and its length in days."""
    keys = pd.DataFrame({"origin": origins, "days": days}).drop_duplicates()
    return [(pd.Timestamp(at), int(length)) for at, length in zip(keys["origin"], keys["days"], strict=True)]
