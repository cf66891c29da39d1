"""How good a predicted distribution of value is: do intervals cover what they promise, and how sharp are they."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tenure_training.metrics.ranking import Floats, Ranking, mean, to_column

CRPS_LEVELS: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def inside(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> Floats:
    """1 where the actual value lies in the closed interval, else 0; shape (n,).

    Ends count as inside up to a relative 1e-9: many customers have exactly zero value and an interval that ends there.
    """
    y = to_column(actual)
    slack = 1e-9 * np.maximum(1.0, np.abs(y))
    return ((y >= to_column(low) - slack) & (y <= to_column(high) + slack)).astype(np.float64)


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Share of customers whose actual value lies in their interval; the level promised is best.

    Where many values are exactly zero an honest interval covers more than its level: it cannot end inside an atom.

    Examples
    --------
    >>> coverage([0, 0, 0, 5], [10, 10, 10, 10], [0, 10, 12, 4])
    0.5
    """
    return mean(inside(low, high, actual), weight)


def share_below(low: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Share of customers whose actual value lies below their interval; half of what it leaves out is best.

    Examples
    --------
    >>> share_below([1, 1, 0, 0], [0, 5, 0, 9])
    0.25
    """
    return mean(1.0 - inside(low, np.full(len(to_column(actual)), np.inf), actual), weight)


def share_above(high: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Share of customers whose actual value lies above their interval; half of what it leaves out is best.

    Examples
    --------
    >>> share_above([1, 1, 10, 10], [0, 5, 0, 9])
    0.25
    """
    return mean(1.0 - inside(np.full(len(to_column(actual)), -np.inf), high, actual), weight)


def coverage_by_decile(
    ranking: ArrayLike | Ranking, low: ArrayLike, high: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None
) -> Floats:
    """Coverage in each tenth of the customers by predicted value, highest first; shape (10,).

    Examples
    --------
    >>> coverage_by_decile(range(10), [0] * 10, [5] * 10, range(10)).tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    (means,) = Ranking.of(ranking).bins(10, inside(low, high, actual), weight=weight)
    return means


def coverage_gap(
    ranking: ArrayLike | Ranking,
    low: ArrayLike,
    high: ArrayLike,
    actual: ArrayLike,
    *,
    level: float,
    weight: Floats | None = None,
) -> float:
    """Mean distance from ``level`` of the coverage in the ten deciles of predicted value; in [0, 1], lower is better.

    An interval can cover 80 % overall by covering every one-time buyer and half of the best customers; this is the
    number that shows it.

    Examples
    --------
    >>> round(coverage_gap(range(10), [0] * 10, [5] * 10, range(10), level=0.8), 4)
    0.44
    """
    return float(np.abs(coverage_by_decile(ranking, low, high, actual, weight=weight) - level).mean())


def interval_width(low: ArrayLike, high: ArrayLike, *, weight: Floats | None = None) -> float:
    """Mean width of the intervals, in the currency; of two that cover equally the narrower is better.

    Examples
    --------
    >>> interval_width([0, 0], [2, 4])
    3.0
    """
    return mean(to_column(high) - to_column(low), weight)


def winkler(low: ArrayLike, high: ArrayLike, actual: ArrayLike, *, level: float, weight: Floats | None = None) -> float:
    """Interval score (Winkler, 1972; Gneiting & Raftery, 2007, eq. 43): width plus 2 / (1 - level) times the miss.

    In the currency, lower is better; a proper score of the two quantiles.

    Examples
    --------
    >>> round(winkler([0.0], [10.0], [11.0], level=0.8), 4)
    20.0
    """
    bottom, top, y = to_column(low), to_column(high), to_column(actual)
    miss = np.maximum(bottom - y, 0) + np.maximum(y - top, 0)
    return mean(top - bottom + 2 / (1 - level) * miss, weight)


def crps_from_quantiles(
    quantiles: ArrayLike, actual: ArrayLike, *, levels: tuple[float, ...] = CRPS_LEVELS, weight: Floats | None = None
) -> float:
    """Continuous ranked probability score, as twice the pinball loss averaged over evenly spaced levels.

    In the currency, in [0, inf), lower is better; for a point forecast it is the absolute error (Gneiting & Raftery,
    2007). The nine deciles leave both tails out and so understate large misses.

    Parameters
    ----------
    quantiles
        Shape (n, len(levels)): predicted quantiles of the value.
    actual
        Shape (n,): net value.
    levels
        Evenly spaced in (0, 1) and symmetric around one half.

    Examples
    --------
    >>> crps_from_quantiles([[2.0] * 9], [5.0])
    3.0
    """
    error = to_column(actual)[:, None] - np.asarray(quantiles, dtype=np.float64)
    tau = np.asarray(levels)
    return mean(2 * np.maximum(tau * error, (tau - 1) * error).mean(axis=1), weight)
