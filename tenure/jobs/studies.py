"""A shop as the economics read it: orders with costs, what lies beside them, and scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from tenure.config import Config, EconomicsConfig
from tenure.config_section import parse_moment
from tenure.jobs.opening import ECONOMIC, open_configured_shop
from tenure.stages import Progress
from tenure_decisions.economics.clv import HORIZONS
from tenure_decisions.economics.ledger import NOTHING_NAMED, NamedCosts
from tenure_decisions.economics.scored_clv import CLV_PARTS
from tenure_decisions.economics.study import Study, open_study
from tenure_features import OrderLog, Shop, orders
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch
from tenure_serving.score_tables import scores_path

READ = ("customer_id", "ordered_at", "revenue", "cost", "channel")
SCORED = ("customer_id", "as_of", "horizon_days", "expected_value", "churn_probability")
"""Columns every score table has, of those that economics read; `CLV_PARTS` and ``clv_net`` where they are there."""


def read_shop(config: Config, *, progress: Progress, only: Iterable[str] = ECONOMIC) -> Shop:
    """Open the orders and the tables that economics read; without ``as_of`` a note says what it is."""
    with progress.stage("Reading the orders and the tables beside them"):
        shop = open_configured_shop(config, only=only)
    for note in shop.notes:
        progress.note(note)
    return shop


def take_named_costs(economics: EconomicsConfig) -> NamedCosts:
    """Take the costs that ``[economics]`` says."""
    return NamedCosts(margin=economics.margin, service_cost_per_order=economics.service_cost_per_order)


def tables_beside(shop: Shop) -> dict[str, pd.DataFrame]:
    """Bring the tables that economics read into pandas, by name."""
    return {name: shop.tables[name].to_pandas() for name in ECONOMIC if name in shop.tables}


def order_frame(shop: Shop | OrderLog) -> pd.DataFrame:
    """Bring the orders of a shop into pandas, with cost and channel where it has them, by time and customer."""
    table = orders(shop).order_by(["ordered_at", "customer_id", "order_id", "revenue"])
    return fetch(table.select([name for name in READ if name in table.columns]))


def read_score_table(scores: Path | None, *, as_of: pd.Timestamp) -> pd.DataFrame | None:
    """Read the scores of a run, made for the same moment.

    Parameters
    ----------
    scores
        ``scores.parquet``, or the folder it lies in; None for no scores.
    as_of
        The moment the economics are computed for.

    Raises
    ------
    UsageError
        When there is no such table, a column is missing, or it was made for another moment: expected value of one
        moment cannot complete what was seen until another.
    """
    if scores is None:
        return None
    path = scores_path(scores)
    return scores_of_moment(pd.read_parquet(path), as_of=as_of, place=str(path))


def scores_of_moment(table: pd.DataFrame, *, as_of: pd.Timestamp, place: str = "The frame") -> pd.DataFrame:
    """Take what economics read of a score table that was made for their moment; see `read_score_table`."""
    missing = [name for name in SCORED if name not in table]
    if missing:
        raise UsageError(f"{place} is not a score table.", found=f"no {', '.join(missing)}")
    made = pd.Timestamp(table["as_of"].iloc[0]) if len(table) else as_of
    if made != as_of:
        raise UsageError(
            f"The scores are of {made:%Y-%m-%d}, the tables are read as of {as_of:%Y-%m-%d}.",
            fix="Give both the same --as-of, or leave --scores out.",
        )
    return table[[*SCORED, *(name for name in (*CLV_PARTS, "clv_net") if name in table)]]


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """How a study is laid out.

    Attributes
    ----------
    days
        Age at which value is stated, beside the usual ones.
    overhead_rate, since, level
        Of `tenure_decisions.economics.study.open_study`.
    costs
        A margin and a cost to serve that were said.
    """

    days: int = 365
    overhead_rate: float = 0.0
    since: str | None = None
    level: float = 0.8
    costs: NamedCosts = NOTHING_NAMED

    def __post_init__(self) -> None:
        if self.since is not None:
            try:
                parse_moment(self.since)
            except ValueError as error:
                raise UsageError(f"--since cannot be used: {error}.") from None


def read_study(
    config: Config, scores: Path | None, *, settings: StudySettings, progress: Progress
) -> tuple[Shop, Study]:
    """Read a shop and open the study that channels, growth and budget are computed from.

    Parameters
    ----------
    config
        What a job is told.
    scores
        Of a run; None for none.
    settings
        How the study is laid out.
    progress
        Told what is done.
    """
    shop = read_shop(config, progress=progress)
    table = read_score_table(scores, as_of=shop.as_of)
    with progress.stage("Laying customers out by age"):
        settings = replace(settings, costs=take_named_costs(config.economics))
        study = study_of(shop, table, settings=settings, seed=config.run.seed)
    return shop, study


def study_of(shop: Shop, scores: pd.DataFrame | None, *, settings: StudySettings, seed: int) -> Study:
    """Open the study of a shop: the table of scores sets the level of predicted value, where there is one."""
    beside = tables_beside(shop)
    return open_study(
        order_frame(shop),
        as_of=shop.as_of,
        customers=beside.get("customers"),
        events=beside.get("events"),
        spend=beside.get("spend"),
        service_costs=beside.get("service_costs"),
        named_costs=settings.costs,
        scores=scores,
        seed=seed,
        horizons=sorted({*HORIZONS, settings.days}),
        overhead_rate=settings.overhead_rate,
        since=settings.since,
        level=settings.level,
    )
