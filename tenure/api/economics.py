"""Cohorts, channels, growth and budget of an opened shop."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure.api.result import Result
from tenure.jobs.economics import compute_growth, follow_cohorts, split_budget, weigh_channels
from tenure.jobs.studies import StudySettings, scores_of_moment, study_of
from tenure_decisions.economics.study import Study
from tenure_features import Shop


def cohorts(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    by: str = "month",
    period_days: int = 30,
    until_age: int = 12,
    level: float = 0.8,
    seed: int = 0,
) -> Result:
    """Follow customers by when they came, or by a column of the table ``customers``.

    Parameters
    ----------
    shop
        Opened by `tenure.open_shop`.
    scores
        Made at the moment of the shop: lifetime value by cohort.
    by
        ``week``, ``month``, ``quarter``, ``year`` or a column.
    period_days
        Days of a period of age.
    until_age
        Last period of age that is shown and predicted.
    level
        Probability of the intervals.
    seed
        Of the bootstrap.
    """
    table = None if scores is None else scores_of_moment(scores, as_of=shop.as_of)
    return Result(
        follow_cohorts(shop, table, by=by, period_days=period_days, until_age=until_age, level=level, seed=seed)
    )


def channels(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    days: int = 365,
    overhead_rate: float = 0.0,
    since: str | None = None,
    level: float = 0.8,
    seed: int = 0,
) -> Result:
    """Tell what customers of each acquisition channel cost and bring.

    Parameters
    ----------
    shop
        With the tables ``customers`` and ``spend``.
    scores
        Made at the moment of the shop; they set the level of predicted value.
    days
        Age at which value is stated.
    overhead_rate, since, level, seed
        See `tenure_decisions.economics.study.open_study`.
    """
    settings = StudySettings(days=days, overhead_rate=overhead_rate, since=since, level=level)
    study = _study(shop, scores, settings, seed=seed)
    return Result(weigh_channels(shop, study, days=days, seed=seed))


def growth(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    days: int = 365,
    overhead_rate: float = 0.0,
    since: str | None = None,
    level: float = 0.8,
    seed: int = 0,
) -> Result:
    """Compute C x CLV / CAC = G for the shop, per channel and per month; parameters as in `channels`."""
    settings = StudySettings(days=days, overhead_rate=overhead_rate, since=since, level=level)
    return Result(compute_growth(shop, _study(shop, scores, settings, seed=seed), days=days))


def budget(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    total: float | None = None,
    bounds: tuple[float, float] = (0.5, 2.0),
    limits: Mapping[str, tuple[float, float]] | None = None,
    days: int = 365,
    overhead_rate: float = 0.0,
    since: str | None = None,
    level: float = 0.8,
    seed: int = 0,
) -> Result:
    """Split a weekly budget by what the next unit of money brings in each channel.

    Parameters
    ----------
    shop, scores, days, overhead_rate, since, level, seed
        As in `channels`.
    total
        Money per week; what is spent now by default.
    bounds
        Least and most for a channel, as multiples of what it gets now.
    limits
        Least and most money per week for single channels instead.
    """
    settings = StudySettings(days=days, overhead_rate=overhead_rate, since=since, level=level)
    study = _study(shop, scores, settings, seed=seed)
    return Result(split_budget(shop, study, total=total, bounds=bounds, limits=limits, days=days, seed=seed))


def _study(shop: Shop, scores: pd.DataFrame | None, settings: StudySettings, *, seed: int) -> Study:
    table = None if scores is None else scores_of_moment(scores, as_of=shop.as_of)
    return study_of(shop, table, settings=settings, seed=seed)
