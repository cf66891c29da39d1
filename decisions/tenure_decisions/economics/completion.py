"""Completion: what young cohorts will have brought at an age they have not reached, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.economics.cohorts import BY_TIME, Cohorts
from tenure_decisions.inputs import ONE_DAY, Bools, Floats, Ints
from tenure_decisions.resampling import divide
from tenure_features.errors import UsageError

LEAST_COHORTS = 3
SEASON_DAYS = 500
"""History from which the yearly season is told apart from age."""
_ROUNDS = 8
RECENT = 12
"""Cohorts whose mean level a young cohort is drawn to: shops drift, so the oldest ones say little of the newest."""


@dataclass(frozen=True, kw_only=True)
class _Triangle:
    """Mature cells of ``C`` cohorts and ``K`` ages; money per cohort, zero where not mature."""

    names: tuple[str, ...]
    customers: Floats
    money: Floats
    mature: Bools
    month: Ints
    quarter: Ints

    @property
    def later(self) -> Bools:
        """Mature cells after age 0, which the first order dominates."""
        later = self.mature.copy()
        later[:, 0] = False
        return later


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """Money of a cell is ``customers x level of the cohort x value at the age x season``."""

    by_age: Floats
    season: Floats
    level: Floats
    spread: Floats
    dispersion: float
    drift: float


def complete(
    cohorts: Cohorts, *, until_age: int = 12, level: float = 0.8, seed: int = 0, resamples: int = 400
) -> pd.DataFrame:
    """Predict the cumulative value of cohorts at the ages they have not reached.

    A chain of ages in the manner of claims reserving, in its credible form (Bornhuetter & Ferguson, 1972; Buehlmann &
    Straub, 1970): what a customer brings at each age is learnt from the mature cells of older cohorts, apart from the
    yearly season where two years are known; a cohort's own level counts as far as its own mature cells outweigh how
    much cohorts differ, and is drawn to that of the twelve cohorts before it otherwise. The interval holds four
    things: cohorts drawn again with replacement, the level of the cohort that is not known, what moves all cohorts
    together from quarter to quarter, and the noise of single customers (England & Verrall, 2002).

    Parameters
    ----------
    found
        Cohorts by time, see `tenure_decisions.economics.cohorts.cohorts`.
    until_age
        Last age to predict, in periods; ages no cohort has closed are left out.
    level
        Of the interval.
    seed, resamples
        Of the bootstrap.

    Returns
    -------
    DataFrame
        ``cohort``, ``age``, ``customers``, ``predicted``, ``low``, ``high``: value per customer until the end of that
        age, in the currency of the orders, one row per cell that is not mature. Empty when fewer than three cohorts
        have a mature cell. A cohort whose own time has not ended yet is predicted for the customers it has so far.

    Raises
    ------
    UsageError
        When the cohorts are not by time: a column has no youngest cohort.
    """
    if cohorts.by not in BY_TIME:
        raise UsageError(f"Cohorts by {cohorts.by!r} have no age of their own to complete.", fix="Use cohorts by time.")
    triangle = _triangle(cohorts, until_age)
    if (triangle.mature.any(axis=1)).sum() < LEAST_COHORTS:
        return pd.DataFrame(columns=["cohort", "age", "customers", "predicted", "low", "high"])
    generator = np.random.default_rng([seed, 11])
    point = _fit(triangle, np.ones(len(triangle.names)))
    draws = np.stack([_draw(triangle, generator) for _ in range(resamples)])
    return _table(triangle, _future(triangle, point, None), draws, level)


def _triangle(cohorts: Cohorts, until_age: int) -> _Triangle:
    cells = cohorts.cells[cohorts.cells["age"] <= until_age]
    reached = int(cells.loc[cells["mature"], "age"].max()) if cells["mature"].any() else 0
    names = sorted(cells["cohort"].unique())
    ages, row = pd.RangeIndex(reached + 1), pd.Index(names).get_indexer(pd.Index(cells["cohort"]))
    usable = (cells["mature"] & (cells["age"] <= reached)).to_numpy()
    at_cell = row[usable], cells["age"].to_numpy()[usable]
    mature, money = np.zeros((len(names), len(ages)), dtype=bool), np.zeros((len(names), len(ages)))
    mature[at_cell], money[at_cell] = True, cells["value"].to_numpy()[usable]
    customers = cells.groupby("cohort")["customers"].first().reindex(names).to_numpy(np.float64)
    starts = pd.PeriodIndex([name[:10] for name in names], freq=BY_TIME[cohorts.by])
    middle = starts.start_time + (starts.end_time - starts.start_time) / 2
    days = (ages.to_numpy() + 0.5) * cohorts.period_days
    at = [middle + day * ONE_DAY for day in days]
    month = np.stack([each.month.to_numpy() - 1 for each in at], axis=1)
    quarter = np.stack([each.year.to_numpy() * 4 + each.quarter.to_numpy() for each in at], axis=1)
    enough = (cohorts.as_of - starts.start_time[0]) / ONE_DAY >= SEASON_DAYS
    return _Triangle(
        names=tuple(names),
        customers=customers,
        money=money,
        mature=mature,
        month=np.where(enough, month, 0),
        quarter=quarter,
    )


def _fit(triangle: _Triangle, weight: Floats) -> _Fit:
    """Alternate between value by age and season, then find levels; ``weight`` is how often a cohort was drawn."""
    later, count = triangle.later, triangle.customers[:, None] * triangle.mature
    season, by_age = np.ones(12), np.zeros(triangle.money.shape[1])
    for _ in range(_ROUNDS):
        factor = np.where(later, season[triangle.month], 1.0)
        by_age = np.nan_to_num(divide((weight[:, None] * triangle.money).sum(axis=0),
                                     (weight[:, None] * count * factor).sum(axis=0)))  # fmt: skip
        season = _season(triangle, weight, by_age)
    expected = count * by_age * season[triangle.month] * later
    own, seen = expected.sum(axis=1), (triangle.money * later).sum(axis=1)
    dispersion = _dispersion(triangle, expected, divide(seen, own))
    level, spread = _levels(own, seen, dispersion)
    drift = _drift(triangle, expected * level[:, None], dispersion)
    return _Fit(by_age=by_age, season=season, level=level, spread=spread, dispersion=dispersion, drift=drift)


def _dispersion(triangle: _Triangle, expected: Floats, raw: Floats) -> float:
    """Return the variance of money over its mean around each cohort's own level: the noise of customers alone."""
    cell = triangle.later & (expected > 0)
    mean = expected * np.nan_to_num(raw)[:, None]
    cell &= mean > 0
    gap, whole = (triangle.money - mean)[cell], mean[cell]
    free = len(gap) - int(cell.any(axis=1).sum()) - int(cell.any(axis=0).sum())
    return float((gap**2 / whole).sum() / free) if free > 0 else float((gap**2 / whole).sum())


def _drift(triangle: _Triangle, expected: Floats, dispersion: float) -> float:
    """Return the standard deviation of what moves all cohorts together from quarter to quarter, beyond noise."""
    later = triangle.later & (expected > 0)
    _, quarter = np.unique(triangle.quarter[later], return_inverse=True)
    whole, part = (np.bincount(quarter, values[later]) for values in (expected, triangle.money))
    if len(whole) < 2:
        return 0.0
    excess = (whole * ((part / whole - 1) ** 2 - dispersion / whole)).sum() / whole.sum()
    return float(np.sqrt(max(excess, 0.0)))


def _season(triangle: _Triangle, weight: Floats, by_age: Floats) -> Floats:
    """Money seen over money expected by month of the year, mean 1; ones where season is not told apart."""
    if not triangle.month.any():
        return np.ones(12)
    later = triangle.later
    cell = triangle.month[later]
    part = np.bincount(cell, (weight[:, None] * triangle.money)[later], minlength=12)
    whole = np.bincount(cell, (weight[:, None] * triangle.customers[:, None] * by_age)[later], minlength=12)
    season = np.where((part > 0) & (whole > 0), np.divide(part, np.where(whole > 0, whole, 1.0)), 1.0)
    return np.asarray(season / season.mean())


def _levels(own: Floats, seen: Floats, dispersion: float) -> tuple[Floats, Floats]:
    """Return the credible level of each cohort and its standard deviation."""
    observed = own > 0
    raw = np.where(observed, seen / np.where(observed, own, 1.0), 1.0)
    noise = np.where(observed, dispersion / np.where(observed, own, 1.0), np.inf)
    weight = np.where(observed, own, 0.0)
    excess = (weight * ((raw - 1) ** 2 - np.where(observed, noise, 0.0))).sum() / max(weight.sum(), 1e-12)
    between = max(float(excess), 1e-6)
    centre = np.ones(len(own))
    for index in range(len(own)):
        near = slice(max(0, index - RECENT), index)
        pull = 1 / (between + noise[near])
        centre[index] = (pull * raw[near]).sum() / pull.sum() if pull.sum() > 0 else 1.0
    trust = between / (between + noise)
    level = trust * raw + (1 - trust) * centre
    return np.maximum(level, 0.0), np.sqrt(between * (1 - trust))


def _future(triangle: _Triangle, fit: _Fit, generator: np.random.Generator | None) -> Floats:
    """Cumulative value per customer at every age: seen where mature, else expected (or drawn), shape (C, K)."""
    factor = np.where(np.arange(triangle.money.shape[1]) > 0, fit.season[triangle.month], 1.0)
    each = fit.by_age * factor
    level = fit.level if generator is None else fit.level + fit.spread * generator.standard_normal(len(fit.level))
    # the first order's value does not follow the level of later ages
    ahead = each * np.where(np.arange(each.shape[1]) > 0, np.maximum(level, 0.0)[:, None], 1.0)
    if generator is not None:
        ahead = ahead * _walk(triangle, fit, generator)
        sigma = np.sqrt(fit.dispersion * np.abs(ahead) / triangle.customers[:, None])
        ahead = ahead + sigma * generator.standard_normal(ahead.shape)
    steps = np.where(triangle.mature, triangle.money / triangle.customers[:, None], ahead)
    return np.asarray(np.cumsum(steps, axis=1))


def _walk(triangle: _Triangle, fit: _Fit, generator: np.random.Generator) -> Floats:
    """Draw what will move the whole shop (prices, competitors): a walk over quarters, its steps as large as ever."""
    last = int(triangle.quarter[triangle.mature].max())
    ahead = np.maximum(triangle.quarter - last, 0)
    path = np.concatenate([[0.0], np.cumsum(generator.standard_normal(max(1, int(ahead.max()))))])
    moved = np.maximum(1 + fit.drift * (path[ahead] + generator.standard_normal()), 0.0)
    return np.where(np.arange(ahead.shape[1]) > 0, moved, 1.0)


def _draw(triangle: _Triangle, generator: np.random.Generator) -> Floats:
    size = len(triangle.names)
    weight = np.bincount(generator.integers(0, size, size), minlength=size).astype(np.float64)
    fit = _fit(triangle, weight)
    # an age no drawn cohort has closed is not predicted by this draw
    missing = ((weight[:, None] * triangle.mature).sum(axis=0) == 0)[None, :] & ~triangle.mature
    drawn = _future(triangle, fit, generator)
    return np.where(np.cumsum(missing, axis=1) > 0, np.nan, drawn)


def _table(triangle: _Triangle, point: Floats, draws: Floats, level: float) -> pd.DataFrame:
    row, column = np.nonzero(~triangle.mature)
    cells = draws[:, row, column]
    ends = np.nanquantile(cells, [0.5 - level / 2, 0.5 + level / 2], axis=0) if cells.size else np.empty((2, 0))
    return pd.DataFrame(
        {
            "cohort": np.array(triangle.names)[row], "age": column,
            "customers": triangle.customers[row].astype(np.int64),
            "predicted": point[row, column], "low": ends[0], "high": ends[1],
        }
    )  # fmt: skip
