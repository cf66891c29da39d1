"""The season a shop's own past shows: how much more its customers order in some months, once they have for years."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from tenure_training.models.contract import Floats

FEWEST_MONTHS, MOST_MONTHS = 12, 72
"""Complete months wanted before a season is looked for, and those that are looked at, the latest."""

FEWEST_ORDER_DAYS = 100
LARGEST_LOG = 3.0
"""A month is not believed to bring more than e^3 = 20 times an ordinary one, nor less than a twentieth."""

NO_SEASON_BELOW = 0.01
"""A season whose months all lie this near to an ordinary one is none."""

LEVEL, SLOPE, BEND, BEND_YEARS = 1.0, 0.5, 0.3, 1.5
"""Standard deviations of the trend: its level, its slope a year, and what bends over so many years."""

REACH = 0.5
"""How far within the year a season reaches: neighbouring months share .6 of it."""

SEASON_SIZES = (0.0, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
LUCK_SIZES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Standard deviations, in logarithms, that the season and what a month has of its own may have; all as likely before
anything was seen. None was fitted to a log: they cover what shops may do."""

_KNOTS = (0.2, 0.4, 0.6, 0.8)
_YEAR = 12


def learn_months(counts: pd.DataFrame, as_of: pd.Timestamp) -> tuple[float, ...]:
    r"""Learn what the months of the year bring, from what customers of every age did in every month.

    Orders of a cohort in a month are Poisson around ``customers * exp(f(age) + p_month)``: f is a spline, so that a
    young shop is not taken for a season, nor a month in which many came. What a month has, p, is a Gaussian process
    over time: a trend, a season that returns every year (the periodic kernel of MacKay 1998), and luck of its own. How
    large season and luck are is not said but averaged over: each pair of `SEASON_SIZES` and `LUCK_SIZES` counts by the
    likelihood of all months. Where years repeat each other the season is followed, where they do not it is none, and
    with less than two years it is drawn to none by as much as trend and luck explain.

    Parameters
    ----------
    counts
        Of `tenure_features.cohort_days.count_cohort_days`, as known at ``as_of``.
    as_of
        The month it lies in is not complete and plays no part.

    Returns
    -------
    tuple
        Orders in January to December over those of an ordinary month, by their geometric mean; empty where there are
        too few months or orders, or no season to speak of.
    """
    grid = _complete(counts, as_of)
    if grid["month"].nunique() < FEWEST_MONTHS or grid["order_days"].sum() < FEWEST_ORDER_DAYS:
        return ()
    months, effect, variance = _effects(grid)
    season = _season(months, effect, variance)
    if np.abs(season).max() < NO_SEASON_BELOW:
        return ()
    return tuple(float(factor) for factor in np.round(np.exp(np.clip(season, -LARGEST_LOG, LARGEST_LOG)), 4))


def _complete(counts: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Give every cohort in every complete month after its own, those without an order too."""
    end = as_of.year * _YEAR + as_of.month - 1
    sizes = counts.groupby("cohort")["customers"].sum()
    cohorts = sizes.index.to_numpy(dtype=np.int64)
    months = range(max(end - MOST_MONTHS, int(cohorts.min(initial=end))), end)
    pairs = np.array([(cohort, month) for cohort in cohorts for month in months if month > cohort], dtype=np.int64)
    grid = pd.DataFrame(pairs.reshape(-1, 2), columns=["cohort", "month"])
    grid = grid.merge(counts[["cohort", "month", "order_days"]], how="left", on=["cohort", "month"])
    return grid.assign(order_days=grid["order_days"].fillna(0.0), customers=grid["cohort"].map(sizes).astype("float64"))


def _effects(grid: pd.DataFrame) -> tuple[np.ndarray, Floats, Floats]:
    """Tell what each month has beyond the age of its customers, in logarithms, and how surely; shape (months,) each."""
    from sklearn.linear_model import PoissonRegressor

    months, at = np.unique(grid["month"].to_numpy(), return_inverse=True)
    age = np.log((grid["month"] - grid["cohort"]).to_numpy(dtype=np.float64))
    bends = [np.maximum(age - knot, 0.0) for knot in np.unique(np.quantile(age, _KNOTS))]
    X = np.column_stack([age, *bends, np.eye(len(months))[at]])
    days, customers = (grid[name].to_numpy(dtype=np.float64) for name in ("order_days", "customers"))
    # the penalty of scikit-learn is on the mean loss: this is a standard deviation of 1 for every coefficient
    model = PoissonRegressor(alpha=1 / customers.sum(), solver="newton-cholesky", max_iter=100, tol=1e-6)
    expected = model.fit(X, days / customers, sample_weight=customers).predict(X) * customers
    spare = max(len(days) - X.shape[1], 1)
    crowd = max(1.0, float(((days - expected) ** 2 / np.maximum(expected, 0.5)).sum() / spare))
    information = np.maximum(np.bincount(at, expected), 1e-3)
    return months, model.coef_[-len(months) :], crowd / information


def _season(months: np.ndarray, effect: Floats, variance: Floats) -> Floats:
    """Take the season out of what months have, in logarithms, January to December; its mean is 0."""
    years = (months - months.mean()) / _YEAR
    apart = years[:, None] - years[None, :]
    trend = LEVEL**2 + SLOPE**2 * np.outer(years, years) + BEND**2 * np.exp(-(apart**2) / 2 / BEND_YEARS**2)
    returning = _periodic(apart)
    ahead = _periodic((np.arange(_YEAR)[:, None] - months[None, :] % _YEAR) / _YEAR)
    weights, seasons = [], []
    for size in SEASON_SIZES:
        for luck in LUCK_SIZES:
            factor = cho_factor(trend + size**2 * returning + np.diag(luck**2 + variance))
            solved = cho_solve(factor, effect)
            weights.append(-effect @ solved / 2 - np.log(np.diag(factor[0])).sum())
            seasons.append(size**2 * ahead @ solved)
    likely = np.exp(np.array(weights) - max(weights))
    season = likely @ np.array(seasons) / likely.sum()
    return np.asarray(season - season.mean())


def _periodic(years: Floats) -> Floats:
    return np.asarray(np.exp(-2 * np.sin(np.pi * years) ** 2 / REACH**2))
