"""Campaigns analysed: the verdict, what it stands on, and nothing where the test is broken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.analysis import AnalysisSettings, analyse
from tenure_decisions.campaigns.trial import CampaignTrial, open_trial
from tenure_decisions.campaigns.verdict import ArmEvidence, customers_needed, decide_outcome, judge
from tenure_features.errors import UsageError

Tables = tuple[pd.DataFrame, pd.DataFrame]
HALVES = {"control": 0.5, "email": 0.5}


def outcomes(trial: CampaignTrial, **changes: object) -> dict[str, str]:
    verdicts = analyse(trial, AnalysisSettings(**changes)).frame("verdicts")  # type: ignore[arg-type]
    return verdicts.set_index("arm")["outcome"].to_dict()


def test_analysis__tells_a_win_from_a_loss(trial: Callable[..., CampaignTrial]) -> None:
    assert outcomes(trial(effects={"email": 0.12, "call": -0.12})) == {"call": "loss", "email": "win"}


def test_analysis__tells_no_difference_from_too_little_data(trial: Callable[..., CampaignTrial]) -> None:
    assert outcomes(trial(customers=400)) == {"email": "not enough data"}
    assert outcomes(trial(customers=4000), worth=0.3) == {"email": "no difference worth having"}


def test_analysis__of_a_broken_test_states_no_effect(trial: Callable[..., CampaignTrial]) -> None:
    result = analyse(trial(control_share=0.6, effects={"email": 0.2}), AnalysisSettings(shares=HALVES))
    assert [table.name for table in result.tables] == ["verdicts", "checks"]
    assert result.frame("verdicts")["outcome"].tolist() == ["broken test"]
    assert result.value("broken")
    assert "sample ratio" in result.text("verdict")


def test_analysis__while_windows_are_open_the_interval_of_every_look_decides(
    trial: Callable[..., CampaignTrial],
) -> None:
    made = trial(customers=3000, effects={"email": 0.02}, days=60)
    assert outcomes(made) == {"email": "win"}
    assert outcomes(made, sequential=True) == {"email": "not enough data"}
    rows = made.rows.assign(customer_id=made.rows["customer_id"])
    cut = open_trial(
        rows, pd.DataFrame({"customer_id": ["c1"], "ordered_at": [made.as_of], "revenue": [1.0]}),
        campaign="spring", horizon_days=30, as_of=pd.Timestamp("2024-04-20"),
    )  # fmt: skip
    assert cut.still_open > 0


def test_money__is_profit_per_customer_times_customers(
    tables: Callable[..., Tables],
) -> None:
    assignments, orders = tables(2000, seed=1, effects={"email": 0.1})
    contacted = assignments.assign(contact_cost=np.where(assignments["arm"] == "email", 2.0, 0.0))
    made = open_trial(contacted, orders, campaign="spring", horizon_days=30, as_of=pd.Timestamp("2025-01-01"))
    result = analyse(made, AnalysisSettings())
    money, effects = result.frame("money").iloc[0], result.frame("effects").set_index("metric")
    # contact costs every customer of the arm 2: the past says nothing of it, so it comes off in full
    assert money["profit_per_customer"] == pytest.approx(effects.loc["revenue", "difference"] - 2.0, abs=0.05)
    assert money["incremental_profit"] == pytest.approx(money["profit_per_customer"] * money["customers"])


def test_looks__end_at_the_estimate_and_the_wide_interval_holds_the_narrow_one(
    trial: Callable[..., CampaignTrial],
) -> None:
    result = analyse(trial(customers=1500, days=90), AnalysisSettings())
    looks, effects = result.frame("looks"), result.frame("effects").set_index("metric")
    assert len(looks) == 20
    assert looks["difference"].iloc[-1] == pytest.approx(effects.loc["retention", "difference"])
    assert (looks["always_low"] < looks["difference_low"]).all()
    assert looks["until"].is_monotonic_increasing


def test_analysis__of_an_unknown_metric_is_refused(trial: Callable[..., CampaignTrial]) -> None:
    with pytest.raises(UsageError, match="margin"):
        analyse(trial(customers=200), AnalysisSettings(metric="margin"))


@pytest.mark.parametrize(
    ("low", "high", "p_value", "outcome"),
    [
        (0.01, 0.05, 0.01, "win"),
        (0.01, 0.05, 0.2, "not enough data"),
        (-0.05, -0.01, 0.01, "loss"),
        (-0.005, 0.009, 0.5, "no difference worth having"),
        (-0.005, 0.02, 0.5, "not enough data"),
        (np.nan, np.nan, np.nan, "not enough data"),
    ],
)
def test_verdict__follows_from_the_interval(low: float, high: float, p_value: float, outcome: str) -> None:
    evidence = ArmEvidence(
        arm="email", metric="retention", difference=0.0, low=low, high=high, p_value=p_value, control=0.2,
        error=0.01, customers=1000,
    )  # fmt: skip
    assert decide_outcome(evidence, worth=0.05, level=0.95) == outcome


def test_verdict__without_an_interval_says_why() -> None:
    evidence = ArmEvidence(
        arm="email", metric="retention", difference=1.0, low=np.nan, high=np.nan, p_value=np.nan, control=0.0,
        error=np.nan, customers=2,
    )  # fmt: skip
    verdict = judge(evidence, worth=0.05, level=0.95, conditions="30 days")
    assert verdict.outcome == "not enough data"
    assert "nan" not in verdict.sentence
    assert "too few or all alike" in verdict.sentence


def test_customers_needed__are_those_of_statsmodels() -> None:
    from statsmodels.stats.power import NormalIndPower

    error = np.sqrt(4 / 500 + 4 / 500)  # two arms of 500, standard deviation 2
    theirs = 2 * NormalIndPower().solve_power(effect_size=0.5 / 2, alpha=0.05, power=0.8)
    assert customers_needed(error, 1000, 0.5, level=0.95) == pytest.approx(theirs, rel=1e-3)
