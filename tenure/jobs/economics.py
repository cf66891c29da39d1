"""The jobs behind ``tenure cohorts``, ``channels``, ``growth`` and ``budget``: tables in, findings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.studies import (
    StudySettings,
    order_frame,
    read_score_table,
    read_shop,
    read_study,
    tables_beside,
    take_named_costs,
)
from tenure.stages import Progress
from tenure_decisions.economics.budget import budget
from tenure_decisions.economics.channels import channels
from tenure_decisions.economics.cohorts import BY_TIME, cohorts
from tenure_decisions.economics.completion import complete
from tenure_decisions.economics.findings import budget_findings, channel_findings, cohort_findings, growth_findings
from tenure_decisions.economics.growth import growth
from tenure_decisions.economics.ledger import NOTHING_NAMED, NamedCosts
from tenure_decisions.economics.study import Study
from tenure_decisions.findings import Findings
from tenure_features import Shop
from tenure_features.errors import UsageError
from tenure_training.threads import one_blas_thread


def cohort_job(
    config: Config,
    scores: Path | None = None,
    *,
    by: str = "month",
    period_days: int = 30,
    until_age: int = 12,
    level: float = 0.8,
    progress: Progress,
) -> Findings:
    """Open a shop and follow its cohorts, see `follow_cohorts`."""
    shop = read_shop(config, progress=progress, only=("customers", "service_costs"))
    table = read_score_table(scores, as_of=shop.as_of)
    with progress.stage("Following the cohorts"):
        return follow_cohorts(
            shop,
            table,
            by=by,
            period_days=period_days,
            until_age=until_age,
            level=level,
            seed=config.run.seed,
            costs=take_named_costs(config.economics),
        )


@one_blas_thread()
def follow_cohorts(
    shop: Shop,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "month",
    period_days: int = 30,
    until_age: int = 12,
    level: float = 0.8,
    seed: int = 0,
    costs: NamedCosts = NOTHING_NAMED,
) -> Findings:
    """Follow cohorts, and complete the young ones (`tenure_decisions.economics.completion`)."""
    beside = tables_beside(shop)
    followed = cohorts(
        order_frame(shop),
        as_of=shop.as_of,
        by=by,
        period_days=period_days,
        customers=beside.get("customers"),
        service_costs=beside.get("service_costs"),
        named_costs=costs,
        scores=scores,
    )
    ahead = complete(followed, until_age=until_age, level=level, seed=seed) if by in BY_TIME else pd.DataFrame()
    return cohort_findings(
        followed, ahead, until_age=until_age, level=level, currency=shop.currency or "", notes=shop.notes
    )


def channel_job(config: Config, scores: Path | None, *, settings: StudySettings, progress: Progress) -> Findings:
    """Weigh the channels, see `tenure_decisions.economics.channels`."""
    shop, study = read_study(config, scores, settings=settings, progress=progress)
    with progress.stage("Weighing the channels"):
        return weigh_channels(shop, study, days=settings.days, seed=config.run.seed)


@one_blas_thread()
def weigh_channels(shop: Shop, study: Study, *, days: int, seed: int) -> Findings:
    """Weigh the channels of a study of a shop, see `tenure_decisions.economics.channels`."""
    weighed = channels(study, seed=seed)
    return channel_findings(weighed, days=days, currency=shop.currency or "", notes=shop.notes)


def growth_job(config: Config, scores: Path | None, *, settings: StudySettings, progress: Progress) -> Findings:
    """Compute G, see `tenure_decisions.economics.growth`."""
    shop, study = read_study(config, scores, settings=settings, progress=progress)
    with progress.stage("Computing growth"):
        return compute_growth(shop, study, days=settings.days)


@one_blas_thread()
def compute_growth(shop: Shop, study: Study, *, days: int) -> Findings:
    """Compute G of a study of a shop, see `tenure_decisions.economics.growth`."""
    computed = growth(study, days=days)
    return growth_findings(
        computed, since=study.since, as_of=study.as_of, currency=shop.currency or "", notes=shop.notes
    )


def budget_job(
    config: Config,
    scores: Path | None,
    *,
    total: float | None = None,
    bounds: tuple[float, float] = (0.5, 2.0),
    limits: Mapping[str, tuple[float, float]] | None = None,
    settings: StudySettings,
    progress: Progress,
) -> Findings:
    """Split a weekly budget, see `tenure_decisions.economics.budget`."""
    shop, study = read_study(config, scores, settings=settings, progress=progress)
    with progress.stage("Fitting response curves and splitting the budget"):
        return split_budget(
            shop, study, total=total, bounds=bounds, limits=limits, days=settings.days, seed=config.run.seed
        )


@one_blas_thread()
def split_budget(
    shop: Shop,
    study: Study,
    *,
    total: float | None = None,
    bounds: tuple[float, float] = (0.5, 2.0),
    limits: Mapping[str, tuple[float, float]] | None = None,
    days: int,
    seed: int,
) -> Findings:
    """Split a weekly budget by a study of a shop, see `tenure_decisions.economics.budget`."""
    split = budget(study, total=total, bounds=bounds, limits=limits, days=days, currency=shop.currency or "", seed=seed)
    return budget_findings(split, as_of=study.as_of, currency=shop.currency or "", notes=shop.notes)


def read_limits(pairs: Sequence[str] | None) -> dict[str, tuple[float, float]]:
    """Read ``CHANNEL=FROM:TO`` pairs.

    Raises
    ------
    UsageError
        When a pair is not of that form.

    Examples
    --------
    >>> read_limits(["email=20:80"])
    {'email': (20.0, 80.0)}
    """
    limits = {}
    for pair in pairs or ():
        name, _, span = pair.partition("=")
        low, _, high = span.partition(":")
        try:
            limits[name.strip()] = (float(low), float(high))
        except ValueError:
            raise UsageError(
                f"--limit {pair!r} is not CHANNEL=FROM:TO.", fix="Write it like --limit email=20:80, money per week."
            ) from None
    return limits
