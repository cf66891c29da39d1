"""Designs: power beside statsmodels, tests kept apart, hold-outs that stay, and false alarms as often as said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestIndPower

from tenure_decisions.campaigns.design import Design, DesignSettings, design_campaign
from tenure_decisions.campaigns.holdout import HOLDOUT, HOLDOUT_ARM
from tenure_decisions.campaigns.power import plan_metrics, replay
from tenure_decisions.campaigns.trial import CampaignTrial
from tenure_features.errors import UsageError

START = pd.Timestamp("2025-01-01")
HALVES = {"control": 0.5, "email": 0.5}
SETTINGS = DesignSettings(campaign="summer", shares=HALVES, replays=0)


@pytest.fixture
def history(trial: Callable[..., CampaignTrial]) -> pd.DataFrame:
    """2,000 customers who ordered or not, and what they did before."""
    return trial().customers


def designed(history: pd.DataFrame, settings: DesignSettings = SETTINGS, **changes: object) -> Design:
    population = history[["customer_id"]].assign(segment=np.where(history["before_orders"] > 0, "active", "quiet"))
    return design_campaign(population, history, settings, start=START, **changes)  # type: ignore[arg-type]


def test_plan__has_the_power_of_statsmodels(history: pd.DataFrame) -> None:
    shares = {"control": 0.4, "email": 0.4, "call": 0.2}
    row = plan_metrics(
        history, ["retention"], customers=5000, shares=shares, control="control", worth=0.1
    ).iloc[0]  # fmt: skip
    kept = (1 - row["variance_saved"]) ** 0.5 * row["deviation"]
    power = TTestIndPower()
    needed = power.solve_power(0.1 * row["mean"] / kept, alpha=0.025, power=0.8, ratio=0.5)
    assert row["needed"] == pytest.approx(needed / 0.4, rel=0.002)
    assert row["needed_in_smallest_arm"] == pytest.approx(needed / 2, rel=0.002)
    lift = power.solve_power(None, nobs1=2000, alpha=0.025, power=0.8, ratio=0.5) * kept / row["mean"]
    assert row["detectable_lift"] == pytest.approx(lift, rel=0.002)
    assert row["detectable_lift_unadjusted"] > row["detectable_lift"]


def test_plan__of_customers_who_do_nothing_sees_nothing(history: pd.DataFrame) -> None:
    nothing = history.assign(retention=0.0)
    plan = plan_metrics(nothing, ["retention"], customers=50, shares=HALVES, control="control", worth=0.1)
    assert plan["detectable_lift"].isna().all()
    assert "could see nothing" in designed(nothing).findings.text("conclusion")


def test_design__says_when_the_shop_is_too_small_and_what_it_could_see(history: pd.DataFrame) -> None:
    small = designed(history).findings
    assert small.text("conclusion").startswith("Too few customers")
    assert small.number("run_days") == np.inf
    large = designed(history, replace(SETTINGS, worth=0.5)).findings
    assert "customers are enough" in large.text("conclusion")
    assert large.number("run_days") == 30


def test_replays__cry_wolf_as_often_as_the_level_says(history: pd.DataFrame) -> None:
    strata = pd.Series("all", index=history.index)
    p_values = replay(
        history, "retention", strata, shares=HALVES, control="control", replays=600, level=0.9,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert (p_values < 0.1).mean() == pytest.approx(0.1, abs=0.03)


def test_assignments__are_even_within_segments_and_the_same_for_a_seed(history: pd.DataFrame) -> None:
    first, again = designed(history).assignments, designed(history).assignments
    pd.testing.assert_frame_equal(first, again)
    assert sorted(first["customer_id"]) == sorted(history["customer_id"])
    active = first["customer_id"].map(history.set_index("customer_id")["before_orders"]) > 0
    assert pd.crosstab(active, first["arm"]).diff(axis=1).abs().max().max() <= 1


def running(history: pd.DataFrame, days_ago: int = 10) -> pd.DataFrame:
    some = history["customer_id"].iloc[:600]
    return pd.DataFrame({"customer_id": some, "campaign": "old", "arm": np.where(np.arange(600) % 3, "x", "control"),
                         "assigned_at": START - pd.Timedelta(days=days_ago)})  # fmt: skip


def test_overlap__with_a_running_test_is_refused(history: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=r"600 of these customers .* old"):
        designed(history, running=running(history))
    assert len(designed(history, running=running(history, days_ago=30)).assignments) == len(history)


def test_overlap__is_left_out_or_made_orthogonal_when_asked(history: pd.DataFrame) -> None:
    old = running(history)
    apart = designed(history, replace(SETTINGS, overlap="exclude"), running=old)
    assert not set(apart.assignments["customer_id"]) & set(old["customer_id"])
    both = designed(history, replace(SETTINGS, overlap="orthogonal"), running=old)
    joined = both.assignments.merge(old, on="customer_id", suffixes=("", "_old"))
    counts = pd.crosstab(joined["arm_old"], joined["arm"])
    assert len(joined) == 600
    assert counts.diff(axis=1).abs().max().max() <= 2  # one for each segment
    assert "spread evenly" in " ".join(both.findings.notes)


def test_name__that_is_taken_is_refused(history: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="already"):
        designed(history, replace(SETTINGS, campaign="old"), running=running(history, days_ago=300))


def test_holdout__stays_out_of_every_test_and_newcomers_are_drawn_once(history: pd.DataFrame) -> None:
    holding = replace(SETTINGS, holdout=0.2)
    first = designed(history.iloc[:1500], holding).assignments
    before = first[first["campaign"] == HOLDOUT]
    out = set(before.loc[before["arm"] == HOLDOUT_ARM, "customer_id"])
    assert len(out) == pytest.approx(300, abs=50)
    assert not out & set(first.loc[first["campaign"] == "summer", "customer_id"])
    later = designed(history, replace(holding, seed=9), running=before).assignments
    drawn = later[later["campaign"] == HOLDOUT]
    assert set(drawn["customer_id"]) == set(history["customer_id"].iloc[1500:])
    assert not out & set(later["customer_id"])
    after = designed(history, running=before)
    assert not out & set(after.assignments["customer_id"])
    assert set(after.left_alone("email")) == out | set(
        after.assignments.loc[after.assignments["arm"] == "control", "customer_id"]
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (replace(SETTINGS, metric="margin"), "margin"),
        (replace(SETTINGS, overlap="ignore"), "orthogonal"),
        (replace(SETTINGS, holdout=1.5), "between 0 and 1"),
        (replace(SETTINGS, holdout=0.999), "too few"),
    ],
)
def test_design__refuses(history: pd.DataFrame, settings: DesignSettings, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        designed(history, settings)
