"""Cohorts, channels, growth and budget of an opened shop."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure.api.result import Result
from tenure.config import EconomicsConfig
from tenure.config_file import load_config
from tenure.jobs.economics import compute_growth, follow_cohorts, split_budget, weigh_channels
from tenure.jobs.studies import StudySettings, scores_of_moment, study_of, take_named_costs
from tenure_decisions.economics.ledger import NamedCosts
from tenure_decisions.economics.study import Study
from tenure_features import Shop


def cohorts(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    economics: EconomicsConfig | Mapping[str, float] | None = None,
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
    economics
        Costs that are said, in the words of ``[economics]``: ``margin`` and ``service_cost_per_order`` stand for those
        of the tables.
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

    Raises
    ------
    UsageError
        There is no such cost, or it is outside its range.
    """
    table = None if scores is None else scores_of_moment(scores, as_of=shop.as_of)
    return Result(
        follow_cohorts(
            shop,
            table,
            by=by,
            period_days=period_days,
            until_age=until_age,
            level=level,
            seed=seed,
            costs=_take_costs(economics),
        )
    )


def channels(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    economics: EconomicsConfig | Mapping[str, float] | None = None,
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
    economics
        As in `cohorts`.
    days
        Age at which value is stated.
    overhead_rate, since, level, seed
        See `tenure_decisions.economics.study.open_study`.
    """
    settings = StudySettings(
        days=days,
        overhead_rate=overhead_rate,
        since=since,
        level=level,
        costs=_take_costs(economics),
    )
    study = _study(shop, scores, settings, seed=seed)
    return Result(weigh_channels(shop, study, days=days, seed=seed))


def growth(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    economics: EconomicsConfig | Mapping[str, float] | None = None,
    days: int = 365,
    overhead_rate: float = 0.0,
    since: str | None = None,
    level: float = 0.8,
    seed: int = 0,
) -> Result:
    """Compute C x CLV / CAC = G for the shop, per channel and per month; parameters as in `channels`."""
    settings = StudySettings(
        days=days,
        overhead_rate=overhead_rate,
        since=since,
        level=level,
        costs=_take_costs(economics),
    )
    return Result(compute_growth(shop, _study(shop, scores, settings, seed=seed), days=days))


def budget(
    shop: Shop,
    *,
    scores: pd.DataFrame | None = None,
    economics: EconomicsConfig | Mapping[str, float] | None = None,
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
    shop, scores, economics, days, overhead_rate, since, level, seed
        As in `channels`.
    total
        Money per week; what is spent now by default.
    bounds
        Least and most for a channel, as multiples of what it gets now.
    limits
        Least and most money per week for single channels instead.
    """
    settings = StudySettings(
        days=days,
        overhead_rate=overhead_rate,
        since=since,
        level=level,
        costs=_take_costs(economics),
    )
    study = _study(shop, scores, settings, seed=seed)
    return Result(split_budget(shop, study, total=total, bounds=bounds, limits=limits, days=days, seed=seed))


def _study(shop: Shop, scores: pd.DataFrame | None, settings: StudySettings, *, seed: int) -> Study:
    table = None if scores is None else scores_of_moment(scores, as_of=shop.as_of)
    return study_of(shop, table, settings=settings, seed=seed)


def _take_costs(economics: EconomicsConfig | Mapping[str, float] | None) -> NamedCosts:
    """Take the costs that are said, checked like those of a file."""
    if not isinstance(economics, EconomicsConfig):
        tree = {"orders": {"uri": "a frame"}, "economics": dict(economics or {})}
        economics = load_config(None, overrides=tree).economics
    return take_named_costs(economics)
