"""What campaigns taught: what was known by a moment, what works for whom, and which next step that makes."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_decisions.campaigns.results import (
    CampaignResult,
    GroupResult,
    expect_lift,
    find_best_arms,
    find_results,
    latest_results,
    list_what_works,
)


def _result(arm: str, difference: float, *, known_at: str = "2024-06-01", **changes: object) -> CampaignResult:
    usual = {
        "campaign": "summer", "arm": arm, "metric": "retention", "horizon_days": 30, "customers": 1000, "level": 0.95,
        "always": False, "by": "segment", "sentence": "", "known_at": pd.Timestamp(known_at), "control": 0.2,
        "difference": difference, "low": difference - 0.02, "high": difference + 0.02, "error": 0.01,
        "money": "margin", "money_control": 4.0, "money_difference": 10 * difference, "money_error": 0.2,
        "outcome": "win" if difference > 0.02 else "loss" if difference < -0.02 else "not enough data",
    }  # fmt: skip
    return CampaignResult(**usual | changes)  # type: ignore[arg-type]


def _group(name: str, difference: float, half: float = 0.01) -> GroupResult:
    return GroupResult(group=name, difference=difference, low=difference - half, high=difference + half)


def test_latest_results__are_the_last_of_every_arm_that_was_known_then():
    results = (_result("mail", 0.01), _result("mail", 0.05, known_at="2024-07-01"), _result("call", 0.03))
    for as_of, expected in (
        ("2024-05-31", {}),
        ("2024-06-30", {"mail": 0.01, "call": 0.03}),
        ("2024-07-01", {"mail": 0.05, "call": 0.03}),
    ):
        known = latest_results(results, as_of=pd.Timestamp(as_of))
        assert {result.arm: result.difference for result in known} == expected


def test_best_arms__of_a_group_are_those_measured_in_it_before_those_of_the_whole():
    mail = _result("mail", 0.04, groups=(_group("vip", 0.03), _group("new", 0.05, half=0.2), _group("old", -0.01)))
    call = _result("call", 0.06, groups=(_group("vip", 0.05, half=0.2), _group("new", 0.04, half=0.2)))
    nothing = _result("sms", 0.01, groups=(_group("old", 0.01, half=0.2),))
    learnt = list_what_works((mail, call, nothing))
    evidence = learnt.set_index(["arm", "group"])["evidence"].to_dict()
    assert evidence["mail", "vip"] == "in the group itself"
    assert evidence["mail", "new"] == "in the campaign as a whole"
    assert evidence["mail", "old"] == "not enough data"  # it goes the other way than the campaign
    assert evidence["sms", "everybody"] == evidence["sms", "old"] == "not enough data"
    best = find_best_arms(learnt)
    assert {group: row["arm"] for group, row in best.items()} == {"vip": "mail", "new": "mail"}


def test_best_arms__of_tests_looked_at_more_than_once_rest_on_the_campaign_alone():
    mail = _result("mail", 0.04, always=True, groups=(_group("vip", 0.03),))
    assert set(list_what_works((mail,))["evidence"]) == {"in the campaign as a whole"}


def test_results__grouped_by_something_else_stand_for_everybody():
    learnt = list_what_works((_result("mail", 0.04, by="orders before", groups=(_group("one order before", 0.03),)),))
    assert learnt["group"].tolist() == ["everybody"]
    assert find_best_arms(learnt) == {}


def test_results__of_winners_are_believed_to_bring_less_than_was_measured():
    results = tuple(_result(f"arm {k}", difference) for k, difference in enumerate((0.06, 0.0, -0.01, 0.01, -0.02)))
    findings = find_results(results)
    assert findings.number("winners") == 1
    assert 0 < findings.number("winners_believed") < findings.number("winners_seen")
    assert findings.number("winners_seen") == pytest.approx(10 * 0.06 * 1000)
    assert find_results(()) is None


def test_expected_lift__rests_on_results_of_the_same_metric():
    results = (_result("mail", 0.04), _result("call", 0.02), _result("sms", 0.9, metric="revenue"))
    prior = expect_lift(results, metric="retention")
    assert prior.arms == 2
    assert 0 < prior.mean < 0.2
    assert expect_lift(results, metric="orders") is None
