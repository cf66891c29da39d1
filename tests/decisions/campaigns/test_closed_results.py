"""What closed standing tests hand on: by segments of then, weighted where shares followed, nothing where broken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.allocation import compare_weighted
from tenure_decisions.campaigns.closed_results import collect_closed
from tenure_decisions.campaigns.effects import past_of
from tenure_decisions.campaigns.groups import effects_by_group
from tenure_decisions.campaigns.holdout import HoldoutRules
from tenure_decisions.campaigns.proposals import Tactic
from tenure_decisions.campaigns.standing import (
    StandingCall,
    StandingGroup,
    StandingState,
    call_standing,
    no_assignments,
)
from tenure_decisions.campaigns.standing_rules import StandingRules
from tenure_decisions.campaigns.trial import open_trial

FIRST = pd.Timestamp("2024-03-01")
CLOSED = FIRST + pd.Timedelta(days=31)
RULES = StandingRules(planned=600, horizon_days=30, longest_days=20)
NOTHING = pd.DataFrame({"customer_id": ["nobody"], "ordered_at": [FIRST - pd.Timedelta(days=9)], "revenue": [1.0]})


def call(state: StandingState, orders: pd.DataFrame, at: pd.Timestamp, segments: list[str]) -> StandingCall:
    customers = pd.Series([f"c{number}" for number in range(600)])
    group = StandingGroup(
        name="vip", tactics=(Tactic(name="voucher", contact_cost=0.1),), customers=customers, value=20.0, mean=0.3,
        deviation=0.46, segments=pd.Series(segments),
    )  # fmt: skip
    return call_standing(
        [group], state, orders[orders["ordered_at"] < at], RULES, holdout=HoldoutRules(share=0.0),
        elsewhere=no_assignments(), as_of=at,
    )  # fmt: skip


def closed(segments: list[str], *, lost: bool = False) -> tuple[StandingState, pd.DataFrame]:
    """A test of 600 customers that won and closed; segments of its last call are others than those of the first."""
    state = call(StandingState(), NOTHING, FIRST, segments).state
    rows = state.assignments
    if lost:
        rows = rows[(rows["arm"] == "control") | (rows.index % 2 == 0)].reset_index(drop=True)
        state = replace(state, assignments=rows)
    buys = np.random.default_rng(0).random(len(rows)) < rows["arm"].map({"control": 0.2, "voucher": 0.6})
    orders = pd.DataFrame(
        {"customer_id": rows["customer_id"], "ordered_at": FIRST + pd.Timedelta(days=3), "revenue": 20.0}
    )[buys]
    return call(state, orders, CLOSED, ["later"] * 600).state, orders


def test_closed__has_the_effect_in_the_segments_of_the_assignment() -> None:
    state, orders = closed(["new", "loyal", "loyal"] * 200)
    test = state.tests[0]
    (result,) = collect_closed(test, state, orders, RULES)
    trial = open_trial(state.assignments, orders, campaign=test.campaign, horizon_days=30, as_of=CLOSED)
    segment = state.assignments.set_index("customer_id")["segment"]
    split = effects_by_group(trial, segment, metric="retention").set_index("group")
    assert (result.outcome, result.always, result.by, result.known_at) == ("win", True, "segment", CLOSED)
    assert {group.group: group.difference for group in result.groups} == split["difference"].to_dict()
    assert set(split.index) == {"new", "loyal"}
    # twenty of revenue an order, and a tenth for each contact
    assert result.money_difference == pytest.approx(20 * test.results[0].difference - 0.1, abs=0.05)
    assert (result.money, result.customers) == ("profit", int((state.assignments["arm"] == "voucher").sum()))


def test_closed__of_one_segment_is_the_effect_in_it() -> None:
    state, orders = closed(["VIP"] * 600)
    (result,) = collect_closed(state.tests[0], state, orders, RULES)
    (group,) = result.groups
    assert (group.group, group.difference, group.low) == ("VIP", result.difference, result.low)
    assert result.judge_group(group) == "in the campaign as a whole"


def test_closed__of_a_broken_test_has_no_effect() -> None:
    state, orders = closed(["VIP"] * 600, lost=True)
    (result,) = collect_closed(state.tests[0], state, orders, RULES)
    assert (result.outcome, result.groups) == ("broken test", ())
    assert np.isnan([result.difference, result.money_difference]).all()


def test_closed__whose_shares_followed_results_is_weighted_in_money_too() -> None:
    state, orders = closed(["new", "loyal"] * 300)
    test = state.tests[0]
    followed = replace(test, shares=(*test.shares, (FIRST, test.shares[0][1])))
    (result,) = collect_closed(followed, state, orders, RULES)
    people = open_trial(state.assignments, orders, campaign=test.campaign, horizon_days=30, as_of=CLOSED).customers
    effect = compare_weighted(people, "profit", past_of(people, "profit"), arm="voucher", control="control")
    assert (result.money_difference, result.money_error) == (effect.difference, effect.error)
    assert result.groups == ()
