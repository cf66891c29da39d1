"""The job behind ``tenure segments``: groups of a score table, who moved, how steady they are, what sets one apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tenure.config import Config, EconomicsConfig
from tenure.jobs.campaign import contact_findings
from tenure.jobs.campaign_results import known_results
from tenure.jobs.experience import EXPERIENCE_TABLES, find_experience
from tenure.jobs.matrix import find_matrix
from tenure.jobs.opening import open_configured_shop
from tenure.jobs.pareto import find_pareto
from tenure.jobs.profile_columns import condition_columns, with_profile
from tenure.jobs.segment_study import STUDY_TABLES, study
from tenure_decisions.campaigns.results import CampaignResult, find_best_arms, find_results, list_what_works
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import GROUP_TERMS
from tenure_features import Shop, orders, snapshots
from tenure_features.errors import UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_features.reading.engine import fetch
from tenure_serving.card.reader import read_economics, read_rules
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.report.summary import sum_by, with_money
from tenure_serving.score_tables import Scores, earlier_scores, read_scores
from tenure_serving.segments import Playbook, load_map, load_playbook
from tenure_serving.segments.condition import Condition
from tenure_serving.segments.findings import movement_findings, stability_findings
from tenure_serving.segments.maps import parse_map
from tenure_serving.segments.movement import GROUPINGS, count_movement, stability
from tenure_serving.segments.playbook import parse_playbook

WHERE, IN_GROUP, OTHERS = "your_group", N_("in the group"), N_("everybody else")
"""Column of who fulfils a condition, and its two levels."""

_BUILT_IN_MAPS = {"rfm_group": "common_eleven", "rfm_relationship": "relationship"}


_PARTS = ("movement", "stability", "experience", "matrix", "study", "campaign_results")


def segments_job(
    scores: Path,
    *,
    previous: Path | None = None,
    config: Config | None = None,
    by: str = "segment",
    group: str | None = None,
    where: str | None = None,
    results: Path | None = None,
    language: Language = ENGLISH,
) -> Findings:
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
    where
        A condition (`tenure_serving.segments.condition.Condition`): customers who fulfil it are the group, and
        everybody else is the other one.
    results
        File of what campaigns taught; None: that of the configuration.
    language
        Of the labels.

    Raises
    ------
    TenureError
        Scores are not there or cannot be compared, the grouping or the group is unknown, a table cannot be used.
    """
    scored, before = read_scores(scores), earlier_scores(previous)
    condition = None if where is None else Condition(where)
    shop = None
    if config is not None:
        only = (
            {*STUDY_TABLES, *EXPERIENCE_TABLES}
            if condition is None or set(condition.columns) <= set(scored.table)
            else None
        )
        shop = open_configured_shop(config, only=only, as_of=scored.as_of)
    costs = EconomicsConfig() if config is None else config.economics
    if condition is None:
        taught = known_results(config, as_of=scored.as_of, named=results)
        return group_customers(
            scored, previous=before, shop=shop, by=by, group=group, costs=costs, taught=taught, language=language
        )
    chosen = with_members(scored, condition, shop=shop)
    return group_customers(chosen, shop=shop, by=WHERE, group=IN_GROUP, language=language)


def group_customers(
    scored: Scores,
    *,
    previous: Scores | None = None,
    shop: Shop | None = None,
    by: str = "segment",
    group: str | None = None,
    costs: EconomicsConfig | None = None,
    taught: Sequence[CampaignResult] = (),
    language: Language = ENGLISH,
) -> Findings:
    """Group scores that were read, in a shop that was opened at their moment; see `segments_job`."""
    if by not in (*GROUPINGS, WHERE) or by not in scored.table:
        groupings = ", ".join(name for name in GROUPINGS if name in scored.table)
        raise UsageError(f"Customers cannot be grouped by '{by}'.", fix=f"Choose one of {groupings}.")
    if previous is not None:
        previous.require_earlier(scored.as_of, horizon_days=scored.horizon_days)
    order, labels, plays = _words(scored, by, language)
    priced = read_economics(scored.path.parent)
    parts: dict[str, Findings | None] = dict.fromkeys(_PARTS)
    if previous is not None:
        moved = count_movement(previous.table, scored.table, column=by, order=order)
        ordered = _find_buyers(shop, previous.as_of, scored.as_of)
        parts["movement"] = movement_findings(moved, currency=scored.currency)
        parts["stability"] = stability_findings(stability(previous.table, scored.table, column=by, ordered=ordered))
    if shop is not None:
        parts |= _study_tables(shop, scored, by=by, group=group)
    if costs is not None and by == "segment":
        parts["campaign"] = contact_findings(scored.table, costs, economics=priced, currency=scored.currency)
    parts["campaign_results"] = find_results(taught, by=by, currency=scored.currency)
    shares = find_pareto(scored.table, economics=priced, shop=shop, days=scored.horizon_days)
    groups = _groups(scored, by, order, labels, plays if by == "segment" else None)
    best = find_best_arms(list_what_works(taught, by=by))
    if best:
        groups["works"] = [str(best[name]["arm"]) if name in best else "" for name in groups["group"]]
    return Findings(
        subject="segments",
        title="Customers by group",
        facts=(
            Fact("as_of", scored.as_of, "date"),
            Fact("horizon_days", scored.horizon_days, "days"),
            Fact("by", by),
        ),
        tables=(
            FindingTable(name="groups", title="Groups", frame=groups, terms=GROUP_TERMS),
            *shares.tables,
        ),
        notes=shares.notes,
        parts=parts,
        currency=scored.currency,
    )


def _study_tables(shop: Shop, scored: Scores, *, by: str, group: str | None) -> dict[str, Findings | None]:
    """Say what the tables of the shop tell of groups: how they fare, where they are and what they buy, and of one."""
    column, level = ("value_tier", "high") if group is None else (by, group)
    name = N_("your group") if column == WHERE else None
    return {
        "experience": find_experience(shop, scored.table, also=(by,)),
        "matrix": find_matrix(shop, scored.table, by=by, currency=scored.currency),
        "study": study(shop, scored.table, column=column, level=level, name=name, currency=scored.currency),
    }


def with_members(scored: Scores, condition: Condition, *, shop: Shop | None) -> Scores:
    """Add the column `WHERE` to scores: who fulfils a condition over scores, features and the customer table.

    Raises
    ------
    UsageError
        The condition asks for what there is not (features and customers need a shop), or nobody fulfils it.
    """
    fulfilled = find_members(scored.table, condition, shop=shop, as_of=scored.as_of)
    if not fulfilled.any():
        raise UsageError("No customer fulfils the condition.", found=condition.text)
    return replace(scored, table=scored.table.assign(**{WHERE: np.where(fulfilled, IN_GROUP, OTHERS)}))


def find_members(table: pd.DataFrame, condition: Condition, *, shop: Shop | None, as_of: pd.Timestamp) -> pd.Series:
    """Say of every customer of a table whether they fulfil a condition at a moment; see `with_members`."""
    lacking = [name for name in condition.columns if name not in table]
    if shop is not None and lacking:
        features = [feature.name for feature in BUILT_IN.available(shop.columns) if feature.name in lacking]
        condition.require((*table.columns, *features, *condition_columns(shop)))
        if features:
            computed = snapshots(shop, as_of, features=features).set_index("customer_id")
            table = table.join(computed[features], on="customer_id")
        table = with_profile(table, shop, lacking)
    return condition.holds(table, check_levels=True)


def _find_buyers(shop: Shop | None, start: pd.Timestamp, end: pd.Timestamp) -> set[str]:
    """Find the customers with an order from one moment up to another."""
    if shop is None:
        return set()
    bought = orders(shop)
    recent = bought.filter((bought.ordered_at >= start) & (bought.ordered_at < end) & (bought.revenue >= 0))
    return set(fetch(recent.select("customer_id").distinct())["customer_id"].astype("str"))


def _words(scores: Scores, by: str, language: Language) -> tuple[tuple[str, ...], Mapping[str, str], Playbook]:
    """Order and labels of the groups, by the maps and the playbook of the model beside the scores."""
    stored = read_rules(scores.path.parent) or {}
    book = parse_playbook(stored["playbook"]) if "playbook" in stored else load_playbook()
    if by == "segment":
        return book.names, {name: book.label(name, language=language.code) for name in book.names}, book
    maps = {"rfm_group": "group_map", "rfm_relationship": "relationship_map"}
    if by in maps:
        rfm_map = parse_map(stored[maps[by]]) if maps[by] in stored else load_map(_BUILT_IN_MAPS[by])
        return rfm_map.names, {name: rfm_map.label(name, language=language.code) for name in rfm_map.names}, book
    fixed = {"lifecycle": ("new", "active", "leaving", "lost"), WHERE: (IN_GROUP, OTHERS)}
    return fixed.get(by, ("high", "medium", "low")), {}, book


def _groups(
    scores: Scores, by: str, order: tuple[str, ...], labels: Mapping[str, str], plays: Playbook | None
) -> pd.DataFrame:
    table = sum_by(with_money(scores.table), by).rename(columns={by: "group"})
    rank = {name: place for place, name in enumerate(order)}
    places = table["group"].map(lambda name: rank.get(name, len(rank)))
    table = table.assign(place=places).sort_values(["place", "group"], ignore_index=True).drop(columns="place")
    table.insert(1, "label", [labels.get(name, name) for name in table["group"]])
    named = ["group", "label", "customers", "share", "churn", "expected_value", "money_at_risk"]
    if "warnings" in scores.table:
        warned = (scores.table["warnings"].str.len() > 0).groupby(scores.table[by]).sum()
        table = table.assign(warned=table["group"].map(warned))
        named.append("warned")
    table = table[named]
    if plays is not None:
        steps = scores.table.groupby("segment")["next_step"].first()
        goals = {play.name: play.goal for play in plays.plays}
        table["goal"] = [goals.get(name, "") for name in table["group"]]
        table["next_step"] = [steps.get(name, "") for name in table["group"]]
    return table
