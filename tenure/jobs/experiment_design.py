"""The job behind ``tenure experiment design``: a population and the shop's own past in, a plan and assignments out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.config_section import parse_moment
from tenure.jobs.campaign_results import known_results
from tenure.jobs.experiment import CLV_TABLES, ORDER_COLUMNS, contributions_until, predict_metrics
from tenure.jobs.opening import open_configured_shop
from tenure.jobs.segments import find_members
from tenure.jobs.studies import take_named_costs
from tenure.stages import Progress
from tenure_decisions.campaigns.design import Design, DesignSettings, design_campaign
from tenure_decisions.campaigns.lifetime_value import CLV_METRICS, MoneyToCome, add_clv
from tenure_decisions.campaigns.results import expect_lift
from tenure_decisions.campaigns.trial import measure
from tenure_decisions.economics.ledger import NamedCosts
from tenure_features import Shop, orders, snapshots
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch
from tenure_serving.score_tables import Scores, read_scores
from tenure_serving.segments.condition import Condition

STRATA = ("segment", "risk_tier")
"""Columns of a score table that a lot is drawn within."""


@dataclass(frozen=True, kw_only=True)
class Eligibility:
    """Who takes part.

    Attributes
    ----------
    where
        A condition over scores, features and what customers are; None for everybody.
    scores
        Scores of now; None: no condition may ask for them.
    previous
        Scores of one window ago or earlier, by which the population of then is found.
    """

    where: str | None = None
    scores: Path | None = None
    previous: Path | None = None


def design_job(
    config: Config,
    settings: DesignSettings,
    *,
    eligibility: Eligibility,
    start: str | None,
    results: Path | None = None,
    progress: Progress,
) -> Design:
    """Find the population now and one window ago, and design a campaign for it.

    Parameters
    ----------
    config
        Names the orders and the tables beside them.
    settings
        How.
    eligibility
        Who takes part.
    start
        When customers are assigned; None: at the moment of the shop.
    results
        File of what campaigns taught; None: that of the configuration. What was known at the moment of the shop is the
        prior of the lift.
    progress
        Told what happens.

    Raises
    ------
    UsageError
        A condition asks for scores of one window ago that were not given, and as `design_campaign`.
    """
    scored = None if eligibility.scores is None else read_scores(eligibility.scores)
    earlier = None if eligibility.previous is None else read_scores(eligibility.previous)
    condition = None if eligibility.where is None else Condition(eligibility.where)
    plain = condition is None or (scored is not None and set(condition.columns) <= set(scored.table))
    shop = open_configured_shop(
        config, only=CLV_TABLES if plain else None, as_of=None if scored is None else scored.as_of, progress=progress
    )
    then = shop.as_of - pd.Timedelta(days=settings.horizon_days)
    _require_history(condition, scored, earlier, then=then)
    log = orders(shop)
    bought = fetch(log.select([name for name in ORDER_COLUMNS if name in log.columns]))
    with progress.stage("Finding the population, now and one window ago"):
        now = find_population(shop, condition, scored, at=shop.as_of)
        past = find_population(
            shop.known_at(then), condition, earlier if condition_of_scores(condition, scored) else None, at=then
        )
    with progress.stage(f"Planning, and randomising the past {settings.replays} times"):
        table = shop.tables.get("assignments")
        running = None if table is None else table.to_pandas()
        history = measure(past, bought[bought["ordered_at"] < shop.as_of], horizon_days=settings.horizon_days)
        history, clv_notes = _plan_clv(
            history, shop, bought, scored, settings, costs=take_named_costs(config.economics)
        )
        return design_campaign(
            with_strata(now, scored, bought),
            history,
            settings,
            start=shop.as_of if start is None else _read_start(start),
            running=running,
            newcomers_a_day=len(set(now["customer_id"]) - set(past["customer_id"])) / settings.horizon_days,
            predictions=None if earlier is None else predict_metrics(earlier.table),
            notes=(
                f"The past is the {settings.horizon_days} days from {then:%Y-%m-%d} on: {len(past):,} customers.",
                *clv_notes,
            ),
            prior=expect_lift(known_results(config, as_of=shop.as_of, named=results), metric=settings.metric),
            currency=shop.currency or "",
        )


def _plan_clv(
    history: pd.DataFrame,
    shop: Shop,
    bought: pd.DataFrame,
    scored: Scores | None,
    settings: DesignSettings,
    *,
    costs: NamedCosts,
) -> tuple[pd.DataFrame, list[str]]:
    """Add the CLV that the past window ended with: scores of now are those of its end."""
    if scored is not None:
        ahead = MoneyToCome.of(scored.table, scored.as_of)
        movements = contributions_until(shop, bought, costs=costs)
        table = add_clv(history, movements, ahead, horizon_days=settings.horizon_days)
        return table, [
            "CLV is planned on what these customers brought in that window and what the scores of its end, "
            f"{ahead.moment:%Y-%m-%d}, expect after it ({ahead.column}).",
            "The interval of CLV is of the lot: it does not hold the error of the forecast.",
            *ahead.note_unknown(history["customer_id"]),
        ]
    if settings.metric in CLV_METRICS:
        raise UsageError(
            "CLV is planned on scores of now.",
            fix=f"Score with --as-of {shop.as_of:%Y-%m-%d} and name the scores with --scores.",
        )
    return history, [f"CLV is left out: score with --as-of {shop.as_of:%Y-%m-%d} and name the scores with --scores."]


def condition_of_scores(condition: Condition | None, scored: Scores | None) -> bool:
    """Return whether a condition asks for what only a score table has."""
    return condition is not None and scored is not None and bool(set(condition.columns) & set(scored.table))


def _require_history(
    condition: Condition | None, scored: Scores | None, earlier: Scores | None, *, then: pd.Timestamp
) -> None:
    if condition_of_scores(condition, scored) and earlier is None:
        raise UsageError(
            "The condition asks for scores, and who fulfilled it one window ago is not known.",
            fix=f"Score with --as-of {then:%Y-%m-%d} into another folder and name it with --previous.",
        )
    if earlier is not None and earlier.as_of > then:
        raise UsageError(
            f"The earlier scores are of {earlier.as_of:%Y-%m-%d} and know of the window that is looked at.",
            fix=f"Score with --as-of {then:%Y-%m-%d} or earlier.",
        )


def _read_start(start: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(parse_moment(start))
    except ValueError as error:
        raise UsageError(f"--start cannot be used: {error}.") from None


def find_population(
    shop: Shop, condition: Condition | None, scored: Scores | None, *, at: pd.Timestamp
) -> pd.DataFrame:
    """Return ``customer_id, assigned_at`` of who fulfils a condition at a moment; `UsageError` where nobody does."""
    people = scored.table if scored is not None else snapshots(shop, at, features=["recency_days"])[["customer_id"]]
    if condition is not None:
        people = people[find_members(people, condition, shop=shop, as_of=at)]
    if people.empty:
        raise UsageError(f"No customer fulfils the condition on {at:%Y-%m-%d}.")
    return pd.DataFrame({"customer_id": people["customer_id"].to_numpy()}).assign(assigned_at=at)


def with_strata(people: pd.DataFrame, scored: Scores | None, bought: pd.DataFrame) -> pd.DataFrame:
    """Add the columns a lot is drawn within: segment and risk of the scores, else orders and recency of the past."""
    if scored is not None:
        names = [name for name in STRATA if name in scored.table]
        return people[["customer_id"]].merge(scored.table[["customer_id", *names]], on="customer_id", how="left")
    past = measure(people, bought, horizon_days=30)
    often = past["year_orders"].clip(upper=3).astype(int).astype(str)
    late = pd.qcut(past["log_recency"], 3, labels=False, duplicates="drop").astype("Int64").astype(str)
    return people[["customer_id"]].assign(year_orders=often, recency=late)


def write_assignments(design: Design, out: Path) -> list[Path]:
    """Write who is in which arm as ``assignments.parquet``, for ``[tables.assignments]`` beside earlier ones.

    For every arm but control ``without_ARM.csv`` names the customers whom its messages must not reach, for
    ``tenure audience --without``.
    """
    path = out / "assignments.parquet"
    design.assignments.to_parquet(path, index=False)
    written = [path]
    for arm in design.findings.frame("arms")["arm"]:
        if arm != design.findings.text("control"):
            written.append(out / f"without_{re.sub(r'[^\w-]+', '_', arm)}.csv")
            design.left_alone(arm).to_frame("customer_id").to_csv(written[-1], index=False)
    return written
