"""The job behind ``tenure segments``: groups of a score table, who moved, how steady they are, what sets one apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure.jobs.card import rules_of
from tenure.jobs.opening import open_configured_shop
from tenure.jobs.segment_study import SIDE, SegmentStudy, study
from tenure_decisions.customers.pareto import pareto, pareto_curve
from tenure_features import Shop
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch
from tenure_serving import charts
from tenure_serving.report.summary import by as summed
from tenure_serving.report.summary import with_money
from tenure_serving.score_tables import Scores, earlier_scores, read_scores
from tenure_serving.segments import Playbook, load_map, load_playbook
from tenure_serving.segments.maps import parse_map
from tenure_serving.segments.movement import GROUPINGS, Movement, Stability, movement, stability
from tenure_serving.segments.playbook import parse_playbook

BUILT_IN = {"rfm_group": "common_eleven", "rfm_relationship": "relationship"}


@dataclass(frozen=True)
class Segments:
    """What a score table says about groups of customers.

    Attributes
    ----------
    as_of, horizon_days, currency
        Of the scores; value is expected over the horizon.
    by
        The grouping: one of `tenure_serving.segments.movement.GROUPINGS`.
    groups
        One row per group: ``group``, ``label``, ``customers``, ``share``, ``churn`` (mean probability),
        ``expected_value``, ``money_at_risk``, and for segments ``goal`` and ``next_step``.
    pareto
        See `tenure_decisions.customers.pareto.pareto`, of expected value.
    movement, stability
        Against the previous scores; None without any. Who ordered in between is left out of ``stability`` when the
        configuration names the orders.
    study
        Profile of a group, what customers met early, the ideal customer; None without a configuration.
    order
        The groups in the order of the playbook or the map.
    worth
        Expected value of every customer.
    """

    as_of: pd.Timestamp
    horizon_days: int
    currency: str
    by: str
    groups: pd.DataFrame
    pareto: pd.DataFrame
    movement: Movement | None
    stability: Stability | None
    study: SegmentStudy | None
    order: tuple[str, ...] = ()
    worth: pd.Series = field(default_factory=pd.Series, repr=False)


def segments_job(
    scores: Path,
    *,
    previous: Path | None = None,
    config: Config | None = None,
    by: str = "segment",
    group: str | None = None,
    language: str = "en",
) -> Segments:
    """Group a score table, and compare it with an earlier one and with the tables behind it.

    Parameters
    ----------
    scores
        ``scores.parquet``, or the folder of a run.
    previous
        The same of an earlier moment.
    config
        Names the orders and the tables beside them.
    by
        One of `tenure_serving.segments.movement.GROUPINGS`.
    group
        The group of ``by`` to profile; None: the high value tier.
    language
        Of the labels.

    Raises
    ------
    TenureError
        Scores are not there or cannot be compared, the grouping or the group is unknown, a table cannot be used.
    """
    found, before = read_scores(scores), earlier_scores(previous)
    if by not in GROUPINGS or by not in found.table:
        known = ", ".join(name for name in GROUPINGS if name in found.table)
        raise UsageError(f"Customers cannot be grouped by '{by}'.", fix=f"Choose one of {known}.")
    if before is not None:
        before.require_earlier(found.as_of, horizon_days=found.horizon_days)
    shop = None if config is None else open_configured_shop(config, only=SIDE, as_of=found.as_of)
    order, labels, plays = _words(found, by, language)
    moved = None if before is None else movement(before.table, found.table, column=by, order=order)
    steady = None if before is None else stability(
        before.table, found.table, column=by, ordered=_ordered(shop, before.as_of, found.as_of)
    )  # fmt: skip
    chosen = ("value_tier", "high") if group is None else (by, group)
    return Segments(
        as_of=found.as_of,
        horizon_days=found.horizon_days,
        currency=found.currency,
        by=by,
        groups=_groups(found, by, order, labels, plays if by == "segment" else None),
        pareto=pareto(found.table["expected_value"].to_numpy()),
        movement=moved,
        stability=steady,
        study=None if shop is None else study(shop, found.table, column=chosen[0], level=chosen[1]),
        order=order,
        worth=found.table["expected_value"],
    )


def write_tables(found: Segments, folder: Path) -> list[Path]:
    """Write every table as CSV and every chart as SVG into a folder; return the files."""
    import vl_convert

    from tenure_serving.charts.style import CONFIG

    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, pd.DataFrame] = {"segments": found.groups, "pareto": found.pareto}
    curve = pareto_curve(found.worth.to_numpy())
    drawn: dict[str, Any] = {"pareto": charts.pareto(curve, what="expected value")}
    if found.movement is not None:
        moved = found.movement
        tables |= {"movement": moved.flows, "movement_groups": moved.groups}
        drawn["movement"] = charts.movement(
            moved.flows,
            order=found.order,
            previous_as_of=moved.previous_as_of,
            as_of=moved.as_of,
            currency=found.currency,
        )
    if found.study is not None:
        tables |= {"profile": found.study.profile}
        tables |= {f"met_early_{name}": table for name, table in found.study.met_early.items()}
        if len(found.study.profile):
            drawn["profile"] = charts.profile(found.study.profile, group=found.study.group)
        if found.study.ideal is not None:
            seeds = pd.DataFrame({"customer_id": list(found.study.ideal.seeds)})
            tables |= {"ideal_rules": found.study.ideal.rules, "lookalike_seeds": seeds}
    files = []
    for name, table in tables.items():
        files.append(folder / f"{name}.csv")
        table.to_csv(files[-1], index=False)
    for name, chart in drawn.items():
        files.append(folder / f"{name}.svg")
        files[-1].write_text(vl_convert.vegalite_to_svg(chart.to_dict(), config=dict(CONFIG)), encoding="utf-8")
    return files


def _ordered(shop: Shop | None, start: pd.Timestamp, end: pd.Timestamp) -> set[str]:
    """Find the customers with an order from one moment up to another."""
    if shop is None:
        return set()
    orders = shop.log.details
    recent = orders.filter((orders.ordered_at >= start) & (orders.ordered_at < end) & (orders.revenue >= 0))
    return set(fetch(recent.select("customer_id").distinct())["customer_id"].astype("str"))


def _words(scores: Scores, by: str, language: str) -> tuple[tuple[str, ...], Mapping[str, str], Playbook]:
    """Order and labels of the groups, by the maps and the playbook of the model beside the scores."""
    stored = rules_of(scores.path.parent) or {}
    book = parse_playbook(stored["playbook"]) if "playbook" in stored else load_playbook()
    if by == "segment":
        return book.names, {name: book.label(name, language=language) for name in book.names}, book
    maps = {"rfm_group": "group_map", "rfm_relationship": "relationship_map"}
    if by in maps:
        rfm_map = parse_map(stored[maps[by]]) if maps[by] in stored else load_map(BUILT_IN[by])
        return rfm_map.names, {name: rfm_map.label(name, language=language) for name in rfm_map.names}, book
    fixed = {"lifecycle": ("new", "active", "leaving", "lost")}
    return fixed.get(by, ("high", "medium", "low")), {}, book


def _groups(
    scores: Scores, by: str, order: tuple[str, ...], labels: Mapping[str, str], plays: Playbook | None
) -> pd.DataFrame:
    table = summed(with_money(scores.table), by).rename(columns={by: "group"})
    rank = {name: place for place, name in enumerate(order)}
    places = table["group"].map(lambda name: rank.get(name, len(rank)))
    table = table.assign(place=places).sort_values(["place", "group"], ignore_index=True).drop(columns="place")
    table.insert(1, "label", [labels.get(name, name) for name in table["group"]])
    table = table[["group", "label", "customers", "share", "churn", "expected_value", "money_at_risk"]]
    if plays is not None:
        steps = scores.table.groupby("segment")["next_step"].first()
        goals = {play.name: play.goal for play in plays.plays}
        table["goal"] = [goals.get(name, "") for name in table["group"]]
        table["next_step"] = [steps.get(name, "") for name in table["group"]]
    return table
