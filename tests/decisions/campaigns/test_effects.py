"""Effects beside tea-tasting's own analysis of rows, and beside statsmodels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tea_tasting
from statsmodels.api import OLS, add_constant
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from tenure_decisions.campaigns.effects import adjust, compare_arms, estimate_effects, measure_outcome
from tenure_decisions.campaigns.trial import CampaignTrial


@pytest.mark.parametrize("metric", ["retention", "orders", "revenue", "revenue_capped"])
def test_effects__are_those_of_tea_tasting_on_the_rows(trial: Callable[..., CampaignTrial], metric: str) -> None:
    made = trial(effects={"email": 0.05, "call": -0.02})
    rows = made.customers.assign(past=measure_outcome(made, metric).before)
    analysis = tea_tasting.Experiment(
        plain=tea_tasting.Mean(metric), cuped=tea_tasting.Mean(metric, "past"), variant="arm"
    ).analyze(rows[["arm", metric, "past"]], control="control", all_variants=True)
    table = estimate_effects(made, primary="retention").set_index(["metric", "arm"])
    for arm in ("email", "call"):
        row, theirs = table.loc[metric, arm], analysis["control", arm]
        cuped, plain = theirs["cuped"], theirs["plain"]
        ours = ["difference", "difference_low", "difference_high", "lift", "lift_low", "lift_high", "p_value"]
        names = ["effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "rel_effect_size",
                 "rel_effect_size_ci_lower", "rel_effect_size_ci_upper", "pvalue"]  # fmt: skip
        assert row[ours].tolist() == pytest.approx([getattr(cuped, name) for name in names], abs=1e-6)
        assert row["unadjusted"] == pytest.approx(plain.effect_size, abs=1e-6)
        assert row["unadjusted_low"] == pytest.approx(plain.effect_size_ci_lower, abs=1e-6)


def test_effects__with_the_past_are_close_to_those_of_a_regression(trial: Callable[..., CampaignTrial]) -> None:
    made = trial(customers=5000, effects={"email": 0.05})
    people = made.customers
    # who ordered before did so once, at the same time and price: the rest of the past says nothing more
    design = add_constant(people[["before_retention"]].assign(arm=(people["arm"] == "email").astype(float)))
    fitted = OLS(people["retention"], design).fit(cov_type="HC1")
    row = estimate_effects(made, primary="retention").set_index("metric").loc["retention"]
    assert row["difference"] == pytest.approx(fitted.params["arm"], abs=2e-4)
    assert row["error"] == pytest.approx(fitted.bse["arm"], rel=0.01)


def test_effects__of_the_past_save_the_variance_that_it_explains(trial: Callable[..., CampaignTrial]) -> None:
    row = estimate_effects(trial(customers=4000), primary="retention").set_index("metric").loc["retention"]
    # half of the customers are 30 points likelier to buy: .15^2 / (.3 * .7) of the variance
    assert row["variance_saved"] == pytest.approx(0.15**2 / 0.21, abs=0.03)


def test_effects__adjust_the_primary_metric_by_itself(trial: Callable[..., CampaignTrial]) -> None:
    table = estimate_effects(trial(effects={"email": 0.03, "call": 0.02}), primary="revenue")
    assert table["metric"].iloc[0] == "revenue"
    for family in (table["metric"] == "revenue", table["metric"] != "revenue"):
        theirs = multipletests(table.loc[family, "p_value"], method="fdr_bh")[1]
        assert table.loc[family, "adjusted_p"].tolist() == pytest.approx(list(theirs))


def test_effects__take_predictions_beside_the_past(trial: Callable[..., CampaignTrial]) -> None:
    made = trial()
    people = made.customers
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.2, len(people))
    predictions = pd.DataFrame({"customer_id": people["customer_id"], "retention": people["retention"] + noise})
    row = estimate_effects(made, primary="retention", predictions=predictions.iloc[:-5]).iloc[0]
    assert row["covariate"] == "days before, prediction"
    assert row["variance_saved"] > 0.6


def test_compare__without_variance_or_customers_has_no_interval() -> None:
    assert np.isnan(compare_arms(np.zeros(5), np.zeros(5)).low)
    assert np.isnan(compare_arms(np.ones(1), np.zeros(5)).p_value)
    effect = compare_arms(np.array([-1.0, -3.0]), np.array([1.0, 4.0]))
    assert np.isfinite(effect.low)
    assert np.isnan(effect.lift)


def test_adjust__of_nothing_is_nothing() -> None:
    assert np.isnan(adjust(np.array([np.nan]))).all()


def test_hillstrom__has_the_published_means(hillstrom: Path) -> None:
    means = pd.read_parquet(hillstrom).groupby("segment")[["visit", "conversion", "spend"]].mean()
    # MineThatData E-Mail Analytics Challenge (2008): visits, buyers and dollars per customer
    assert means.loc["Mens E-Mail"].tolist() == pytest.approx([0.1828, 0.0125, 1.42], abs=0.005)
    assert means.loc["Womens E-Mail"].tolist() == pytest.approx([0.1514, 0.0088, 1.08], abs=0.005)
    assert means.loc["No E-Mail"].tolist() == pytest.approx([0.1062, 0.0057, 0.65], abs=0.005)


def test_hillstrom__all_pairs_and_metrics_are_those_of_statsmodels(hillstrom: Path) -> None:
    arms = dict(list(pd.read_parquet(hillstrom).groupby("segment")))
    for metric in ("visit", "conversion", "spend"):
        for first, second in combinations(arms, 2):
            sides = [arms[name][metric].to_numpy(dtype=float) for name in (first, second)]
            ours = compare_arms(*sides)
            theirs = CompareMeans(DescrStatsW(sides[1]), DescrStatsW(sides[0]))
            interval = theirs.tconfint_diff(alpha=0.05, usevar="unequal")
            assert (ours.low, ours.high) == pytest.approx(interval, abs=1e-6)
            assert ours.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1], abs=1e-6)
            assert ours.difference == pytest.approx(arms[second][metric].mean() - arms[first][metric].mean())
