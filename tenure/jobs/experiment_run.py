"""The job behind ``tenure experiment run``: one scheduled call of the standing tests that a configuration names."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.config_experiments import ExperimentsConfig
from tenure.jobs.campaign_results import add_results, read_results, results_place
from tenure.jobs.experiment import ORDER_COLUMNS, TRIAL_TABLES
from tenure.jobs.opening import open_configured_shop
from tenure.jobs.segments import find_members
from tenure.jobs.standing_state import ASSIGNMENT_FILE, STATE_FILE, read_standing, write_standing
from tenure.stages import Progress
from tenure_decisions.campaigns.closed_results import collect_closed
from tenure_decisions.campaigns.holdout import HoldoutRules
from tenure_decisions.campaigns.proposals import Tactic
from tenure_decisions.campaigns.standing import StandingCall, StandingGroup, StandingState, call_standing
from tenure_decisions.campaigns.standing_findings import standing_findings
from tenure_decisions.campaigns.standing_rules import StandingRules
from tenure_decisions.campaigns.trial import measure
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch
from tenure_features.spreadsheets import write_csv
from tenure_serving.result_folder import replace_folder
from tenure_serving.score_tables import Scores, read_scores
from tenure_serving.segments.condition import Condition

TABLE_FILES = ("standing_tests.csv", "standing_drawn.csv", "standing_proposals.csv")


def standing_job(config: Config, *, scores: Path, folder: Path, progress: Progress) -> Findings:
    """Make one call at the moment of the scores, and leave its state in a folder.

    Parameters
    ----------
    config
        Names orders and tables, and under ``[experiments]`` tests and tactics.
    scores
        Of now.
    folder
        Where the state lies; empty at first.
    progress
        Told what happens.

    Raises
    ------
    UsageError
        No test is named, a later call was made, a condition cannot be used.
    """
    asked = config.experiments
    if not asked.tests:
        raise UsageError(
            "No standing test is named.", fix="Name one under [experiments.tests]; docs/campaigns.md shows how."
        )
    scored = read_scores(scores)
    conditions = {name: Condition(test.where) for name, test in asked.tests.items()}
    plain = all(set(condition.columns) <= set(scored.table) for condition in conditions.values())
    shop = open_configured_shop(config, only=TRIAL_TABLES if plain else None, as_of=scored.as_of, progress=progress)
    with progress.stage("Making the call"):
        rules = rules_of(asked, seed=config.run.seed)
        log = orders(shop)
        bought = fetch(log.select([name for name in ORDER_COLUMNS if name in log.columns]))
        bought = bought[bought["ordered_at"] < shop.as_of]
        state = read_standing(folder)
        groups = [
            _find_group(name, condition, asked, scored=scored, shop=shop, bought=bought, rules=rules)
            for name, condition in conditions.items()
        ]
        rested = HoldoutRules(
            share=asked.holdout, refresh_days=asked.holdout_days, washout_days=rules.horizon_days, seed=rules.seed
        )
        call = call_standing(
            groups, state, bought, rules, holdout=rested, elsewhere=_elsewhere(shop, state.assignments),
            as_of=shop.as_of,
        )  # fmt: skip
        findings = standing_findings(call, rules, currency=shop.currency or scored.currency)
        _write(call, findings, folder)
        _teach(config, call.state, bought, rules)
    return findings


def _teach(config: Config, state: StandingState, bought: pd.DataFrame, rules: StandingRules) -> None:
    """Add what closed tests taught to the file of results, where one is named.

    A test that closed in an earlier call is there already, unless that call was killed in between.
    """
    place = results_place(config)
    if place is None:
        return
    there = {result.campaign for result in read_results(place)}
    closed = [
        test
        for test in state.tests
        if test.closed_at is not None and (test.closed_at == state.as_of or test.campaign not in there)
    ]
    news = [result for test in closed for result in collect_closed(test, state, bought, rules)]
    if news:
        add_results(place, news)


def rules_of(asked: ExperimentsConfig, *, seed: int) -> StandingRules:
    """Return the rules that a configuration asks for."""
    return StandingRules(
        metric=asked.metric, horizon_days=asked.window_days, worth=asked.worth, level=asked.level,
        planned=asked.planned, longest_days=asked.longest_days, control_share=asked.control_share,
        allocation=asked.allocation, floor=asked.floor, seed=seed,
    )  # fmt: skip


def _find_group(
    name: str,
    condition: Condition,
    asked: ExperimentsConfig,
    *,
    scored: Scores,
    shop: Shop,
    bought: pd.DataFrame,
    rules: StandingRules,
) -> StandingGroup:
    table = scored.table
    people = table[find_members(table, condition, shop=shop, as_of=shop.as_of)]
    mean, deviation = _expect_metric(people, bought, rules, at=shop.as_of, scored=scored)
    value = float(people["expected_value"].mean()) * rules.horizon_days / scored.horizon_days if len(people) else 0.0
    tactics = tuple(
        Tactic(
            name=tactic, contact_cost=chosen.contact_cost, offer_cost=chosen.offer_cost, lift=chosen.lift,
            deviation=chosen.lift_deviation,
        )
        for tactic in asked.tests[name].tactics
        for chosen in (asked.tactics[tactic],)
    )  # fmt: skip
    return StandingGroup(
        name=name, tactics=tactics, customers=people["customer_id"].astype("str").reset_index(drop=True), value=value,
        mean=mean, deviation=deviation, segments=people["segment"].reset_index(drop=True),
    )  # fmt: skip


def _expect_metric(
    people: pd.DataFrame, bought: pd.DataFrame, rules: StandingRules, *, at: pd.Timestamp, scored: Scores
) -> tuple[float, float]:
    """Expect mean and deviation of the metric: retention by the scores, the others by the window before."""
    if people.empty:
        return math.nan, math.nan
    if rules.metric == "retention":
        # the hazard of an order is taken as even over the horizon of the scores
        stay = 1 - people["churn_probability"].clip(upper=1 - 1e-9) ** (rules.horizon_days / scored.horizon_days)
        mean = float(stay.mean())
        return mean, math.sqrt(mean * (1 - mean))
    past = measure(people[["customer_id"]].assign(assigned_at=at), bought, horizon_days=rules.horizon_days)
    if f"before_{rules.metric}" not in past:
        raise UsageError(f"The metric {rules.metric!r} cannot be measured: the orders carry no cost of goods.")
    values = past[f"before_{rules.metric}"]
    return (float(values.mean()), float(values.std(ddof=1))) if values.mean() > 0 else (math.nan, math.nan)


def _elsewhere(shop: Shop, own: pd.DataFrame) -> pd.DataFrame:
    """Return assignments of the shop that are not those of the standing tests, which may be among its tables."""
    empty = own[:0][["customer_id", "campaign", "arm", "assigned_at"]]
    if "assignments" not in shop.tables:
        return empty
    rows = shop.tables["assignments"].to_pandas()
    return rows.loc[~rows["campaign"].isin(set(own["campaign"])), list(empty)]


def _write(call: StandingCall, findings: Findings, folder: Path) -> None:
    with replace_folder(folder, names=(*TABLE_FILES, ASSIGNMENT_FILE, STATE_FILE)) as draft:
        for file, table in zip(TABLE_FILES, findings.tables, strict=True):
            write_csv(table.frame, draft / file)
        write_standing(call.state, draft)
