"""What closed standing tests taught, in the form that the results of any campaign have."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from tenure_decisions.campaigns.groups import effects_by_group
from tenure_decisions.campaigns.results import (
    BY_ORDERS_BEFORE,
    RESULT_MONEY,
    CampaignResult,
    GroupResult,
    list_groups,
)
from tenure_decisions.campaigns.standing import StandingState, StandingTest
from tenure_decisions.campaigns.standing_results import StandingResult, compare_standing
from tenure_decisions.campaigns.standing_rules import StandingRules
from tenure_decisions.campaigns.trial import CampaignTrial, open_trial

SEGMENT = "segment"
"""Column of the assignments that says what segment a customer was in when drawn; groups of results are these."""


def collect_closed(
    test: StandingTest, state: StandingState, orders: pd.DataFrame, rules: StandingRules
) -> tuple[CampaignResult, ...]:
    """Take the result of every tactic of a closed test, as it was when the test closed.

    Parameters
    ----------
    test, state
        The test, and the state that holds its assignments.
    orders
        As in `tenure_decisions.campaigns.trial.open_trial`.
    rules
        Of the test.
    """
    if not test.results:
        return ()
    trial = open_trial(
        state.assignments, orders, campaign=test.campaign, horizon_days=rules.horizon_days,
        as_of=test.results[0].measured_at,
    )  # fmt: skip
    weighted, groups = len(test.shares) > 1, _groups_of(trial, state.assignments)
    # where shares followed results, groups were filled at other times than control; of a broken test is no effect
    broken = test.results[0].outcome == "broken test"
    apart = None if weighted or broken else groups
    split = None if apart is None else effects_by_group(trial, apart, metric=rules.metric, level=rules.level)
    collected = [
        _result_of(result, trial, by=BY_ORDERS_BEFORE if groups is None else SEGMENT, weighted=weighted, rules=rules)
        for result in test.results
    ]
    return tuple(
        replace(result, groups=list_groups(split, result.arm) or _only_group(result, groups)) for result in collected
    )


def _groups_of(trial: CampaignTrial, assignments: pd.DataFrame) -> pd.Series[str] | None:
    if SEGMENT not in assignments:
        return None
    mine = assignments[assignments["campaign"] == trial.campaign].dropna(subset=SEGMENT)
    return None if mine.empty else mine.drop_duplicates("customer_id").set_index("customer_id")[SEGMENT]


def _only_group(result: CampaignResult, groups: pd.Series[str] | None) -> tuple[GroupResult, ...]:
    """Return the whole test as a group, where all its customers were of one."""
    if groups is None or len(groups.unique()) > 1 or not math.isfinite(result.difference):
        return ()
    return (
        GroupResult(group=str(groups.iloc[0]), difference=result.difference, low=result.low, high=result.high),
    )  # fmt: skip


def _result_of(
    result: StandingResult,
    trial: CampaignTrial,
    *,
    by: str,
    weighted: bool,
    rules: StandingRules,
) -> CampaignResult:
    customers = int((trial.customers["arm"] == result.tactic).sum())
    verdict = CampaignResult(
        campaign=trial.campaign, arm=result.tactic, metric=rules.metric, horizon_days=rules.horizon_days,
        known_at=result.measured_at, outcome=result.outcome, sentence=result.sentence, customers=0, level=rules.level,
        always=True, by=by,
    )  # fmt: skip
    if result.outcome == "broken test":
        return verdict
    money = next(name for name in RESULT_MONEY if name in trial.metrics)
    gained = compare_standing(trial, money, result.tactic, weighted=weighted, level=rules.level)
    return replace(
        verdict, customers=customers, control=result.control, difference=result.difference, low=result.low,
        high=result.high, error=result.error, money=money, money_control=gained.control,
        money_difference=gained.difference, money_error=gained.error,
    )  # fmt: skip
