"""Standing tests: who is assigned, what closes, what is next; the same call again, and one that goes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.holdout import HoldoutRules
from tenure_decisions.campaigns.proposals import Tactic
from tenure_decisions.campaigns.standing import StandingGroup, StandingState, call_standing, no_assignments
from tenure_decisions.campaigns.standing_findings import standing_findings
from tenure_decisions.campaigns.standing_rules import StandingRules
from tenure_features.errors import UsageError

FIRST = pd.Timestamp("2024-03-01")
CALL, VOUCHER = Tactic(name="call", contact_cost=0.3), Tactic(name="voucher", contact_cost=0.1)
RULES = StandingRules(planned=600, horizon_days=30, longest_days=90)
NO_HOLDOUT = HoldoutRules(share=0.0)
ALL = pd.Series([f"c{number}" for number in range(600)])


def group(customers: pd.Series = ALL, *, name: str = "vip", tactics: tuple[Tactic, ...] = (CALL, VOUCHER)):
    return StandingGroup(name=name, tactics=tactics, customers=customers, value=20.0, mean=0.3, deviation=0.46)


def call(state: StandingState, orders: pd.DataFrame, at: pd.Timestamp, *groups: StandingGroup, **changes):
    given = {"rules": RULES, "holdout": NO_HOLDOUT, "elsewhere": no_assignments(), **changes}
    return call_standing(
        groups or (group(),), state, orders[orders["ordered_at"] < at], given["rules"], holdout=given["holdout"],
        elsewhere=given["elsewhere"], as_of=at,
    )  # fmt: skip


def buying(state: StandingState, chances: dict[str, float], *, seed: int = 0) -> pd.DataFrame:
    """Orders of 20 within the window of every customer assigned, by arm."""
    rows, rng = state.assignments, np.random.default_rng(seed)
    buys = rng.random(len(rows)) < rows["arm"].map(chances).to_numpy(dtype=float)
    at = rows["assigned_at"] + pd.Timedelta(days=3)
    return pd.DataFrame({"customer_id": rows["customer_id"], "ordered_at": at, "revenue": 20.0})[buys]


NOTHING = pd.DataFrame({"customer_id": ["nobody"], "ordered_at": [FIRST - pd.Timedelta(days=9)], "revenue": [1.0]})


def test_call__begins_with_the_tactic_that_is_worth_most_to_know() -> None:
    done = call(StandingState(), NOTHING, FIRST)
    assert [(test.group, test.tactics) for test in done.state.tests] == [("vip", ("voucher",))]
    sizes = done.drawn["arm"].value_counts()
    assert sizes.sum() == 600
    assert abs(sizes["voucher"] - 300) < 4 * np.sqrt(150)
    assert set(done.drawn["probability"]) == {0.5}


def test_call__again_changes_nothing_and_an_earlier_one_is_refused() -> None:
    done = call(StandingState(), NOTHING, FIRST)
    again = call(done.state, NOTHING, FIRST)
    assert again.drawn.empty
    pd.testing.assert_frame_equal(again.state.assignments, done.state.assignments)
    assert again.state.tests == done.state.tests
    shuffled = call(StandingState(), NOTHING, FIRST, group(ALL.sample(frac=1, random_state=1)))
    same = [each.sort_values("customer_id", ignore_index=True) for each in (shuffled.drawn, done.drawn)]
    pd.testing.assert_frame_equal(*same)
    with pytest.raises(UsageError, match="last call was made for 2024-03-01"):
        call(done.state, NOTHING, FIRST - pd.Timedelta(days=1))


def test_call__closes_what_is_decided_and_begins_the_next_without_its_customers() -> None:
    first = call(StandingState(), NOTHING, FIRST)
    orders = buying(first.state, {"control": 0.2, "voucher": 0.6})
    later = FIRST + pd.Timedelta(days=31)
    second = call(first.state, orders, later)
    closed, begun = second.state.tests
    assert (closed.closed_at, closed.results[0].outcome) == (later, "win")
    assert closed.results[0].low > 0
    assert begun.tactics == ("call",)
    assert len(second.drawn) == 600  # every window had closed
    early = call(first.state, orders, FIRST + pd.Timedelta(days=20))
    assert early.drawn.empty  # one change at a time: the windows are open, and the test has all its customers
    assert early.state.tests[0].closed_at is None
    more = buying(second.state, {"control": 0.2, "voucher": 0.6, "call": 0.6}, seed=1)
    fourth = call(second.state, more, later + pd.Timedelta(days=31))
    assert [test.closed_at is None for test in fourth.state.tests] == [False, False]
    assert set(fourth.proposals["outcome"]) == {"win"}
    assert fourth.drawn.empty  # nothing is left to try
    told = standing_findings(fourth, RULES)
    assert told.value("winners") == 2
    assert 0 < told.number("winners_gain") < told.number("winners_seen")  # the best are so by luck as well


def test_call__leaves_customers_of_other_tests_and_of_other_groups_alone() -> None:
    elsewhere = pd.DataFrame(
        {"customer_id": ALL[:100], "campaign": "x", "arm": "mail", "assigned_at": FIRST - pd.Timedelta(days=5)}
    )
    both = (group(ALL[:300]), group(ALL[200:], name="leaving"))
    done = call(StandingState(), NOTHING, FIRST, *both, elsewhere=elsewhere)
    assert done.drawn["customer_id"].is_unique
    assert set(done.drawn["customer_id"]) == set(ALL[100:])
    assert done.skipped == {"vip": 100, "leaving": 100}
    told = standing_findings(done, RULES)
    assert told.value("left_alone") == 200
    assert any("One change at a time" in note for note in told.notes)


def test_call__stops_a_test_whose_rows_were_lost() -> None:
    first = call(StandingState(), NOTHING, FIRST)
    rows = first.state.assignments
    kept = rows[(rows["arm"] == "control") | (rows.index % 2 == 0)]
    lost = replace(first.state, assignments=kept.reset_index(drop=True))
    second = call(lost, buying(lost, {"control": 0.2, "voucher": 0.6}), FIRST + pd.Timedelta(days=31))
    assert second.state.tests[0].results[0].outcome == "broken test"
    assert "sample ratio" in second.state.tests[0].results[0].sentence


def test_call__follows_results_with_thompson_and_weighs_by_the_chance_of_each_arm() -> None:
    rules = replace(RULES, allocation="thompson", planned=2000, floor=0.1)
    cheap = (replace(CALL, contact_cost=0.05), VOUCHER)
    halves = (group(ALL[:300], tactics=cheap), group(ALL, tactics=cheap))
    first = call(StandingState(), NOTHING, FIRST, halves[0], rules=rules)
    assert set(first.state.tests[0].tactics) == {"call", "voucher"}
    orders = buying(first.state, {"control": 0.2, "voucher": 0.7, "call": 0.1})
    second = call(first.state, orders, FIRST + pd.Timedelta(days=31), halves[1], rules=rules)
    shares = second.state.tests[0].shares[-1][1]
    assert max(shares, key=shares.__getitem__) == "voucher"
    assert shares["voucher"] > 0.4
    assert min(shares.values()) >= 0.1
    fresh = second.drawn.set_index("arm")["probability"]
    assert fresh.groupby(level=0).first().to_dict() == pytest.approx(shares)


def test_rules__that_leave_nothing_to_an_arm_are_refused() -> None:
    with pytest.raises(UsageError, match="floor"):
        call(StandingState(), NOTHING, FIRST, rules=replace(RULES, allocation="thompson", floor=0.4))
    with pytest.raises(UsageError, match="none"):
        call(StandingState(), NOTHING, FIRST, rules=replace(RULES, allocation="odd"))
