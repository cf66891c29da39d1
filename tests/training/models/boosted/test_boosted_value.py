"""Trees of the value: gamma for buyers, Tweedie for everybody; the chance to buy is the hurdle's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tenure_training.metrics import evaluate_metrics
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.contract import Evidence
from tenure_training.models.registry import CANDIDATES

every = pytest.mark.parametrize("name", ["xgboost_gamma", "xgboost_tweedie"])


@every
def test_boosted_value__has_the_chances_of_the_hurdle_and_values_of_its_own(name, fitted, frame):
    said, hurdle = fitted(name).predict(frame.present), fitted("xgboost_hurdle").predict(frame.present)
    np.testing.assert_array_equal(said.buy_probability, hurdle.buy_probability)
    assert np.abs(np.log(said.expected_value / hurdle.expected_value)).mean() > 0.01


@pytest.fixture(scope="module")
def doubled(frame):
    """Everybody spends twice as much in every window."""
    return replace(frame, labels=frame.labels.assign(value=2 * frame.labels["value"]))


@every
def test_boosted_value__meets_the_total_of_the_windows(name, fitted, frame, doubled):
    one = fitted(name).predict(frame.present).expected_value.sum()
    two = CANDIDATES[name]().fit(doubled, seed=7).predict(frame.present).expected_value.sum()
    assert two / one == pytest.approx(2, rel=0.1)


@every
def test_boosted_value__ranks_later_value(name, judged):
    frame, did = judged
    said = CANDIDATES[name]().fit(frame, seed=7).predict(frame.present)
    assert evaluate_metrics(said, did, metrics=["normalised_gini"])["normalised_gini"] > 0.3


@every
def test_boosted_value__without_closed_windows_is_the_rhythm(name, frame):
    nothing = np.empty(0)
    empty = replace(frame, rows=frame.rows[:0], labels=frame.labels[:0], window_days=nothing, weight=nothing)
    said = CANDIDATES[name]().fit(empty, seed=7).predict(frame.present)
    hurdle = CANDIDATES["xgboost_hurdle"]().fit(empty, seed=7).predict(frame.present)
    np.testing.assert_array_equal(said.expected_value, hurdle.expected_value)


@every
def test_boosted_value__takes_its_spread_from_later_windows(name, frame):
    generator = np.random.default_rng(1)
    chance, worth = generator.uniform(0.2, 0.9, 4000), np.exp(generator.normal(3, 0.5, 4000))
    bought = generator.random(4000) < chance
    value = np.where(bought, worth * np.exp(generator.normal(0, 0.1, 4000)), 0.0)
    evidence = Evidence(
        buy_probability=chance,
        expected_value=chance * worth,
        bought=bought,
        value=value,
        window=np.zeros(4000, dtype=np.int64),
    )
    before = CANDIDATES[name]().fit(frame, seed=7)
    wide = np.diff(np.log(before.spread.value_quantiles(np.ones(1), np.zeros(1))[0, [2, -3]]))
    narrow = np.diff(np.log(before.calibrate(evidence).spread.value_quantiles(np.ones(1), np.zeros(1))[0, [2, -3]]))
    assert narrow == pytest.approx(2 * 1.2816 * 0.1, rel=0.15) != wide


@pytest.mark.parametrize(("objective", "noise"), [("reg:gamma", 0.0), ("reg:tweedie", 0.6)])
def test_boosted__learns_means_under_a_logarithm(objective, noise):
    """The truth: twice as much where a > 0, whatever share of it is zero."""
    import pandas as pd

    generator = np.random.default_rng(3)
    X = pd.DataFrame({"a": generator.choice([-1.0, 1.0], 6000)})
    mean = np.where(X["a"] > 0, 2.0, 1.0)
    y = mean * generator.gamma(2, 0.5, 6000) * (generator.random(6000) >= noise)
    fitted = Boosted.fit(X, y, weight=np.ones(6000), objective=objective, seed=1)
    low, high = np.exp(fitted.score(pd.DataFrame({"a": [-1.0, 1.0]})))
    assert (low, high) == pytest.approx((1 - noise, 2 * (1 - noise)), rel=0.08)


@pytest.mark.parametrize("name", ["xgboost_gamma", "xgboost_tweedie", "xgboost_aft"])
def test_contributions__add_up_to_the_prediction_and_survive_loading(name, fitted, frame, tmp_path):
    explained, said = fitted(name).contributions(frame.present), fitted(name).predict(frame.present)
    assert explained.features == sorted(set(explained.features))
    churn = explained.churn_base + explained.churn.sum(axis=1)
    np.testing.assert_allclose(churn, np.log((1 - said.buy_probability) / said.buy_probability), atol=1e-9)
    value = explained.value_base + explained.value.sum(axis=1)
    np.testing.assert_allclose(value, np.log(said.expected_value / said.buy_probability), atol=1e-9)
    fitted(name).save(tmp_path)
    one = CANDIDATES[name].load(tmp_path).contributions(frame.present.iloc[[3]])
    np.testing.assert_allclose(one.churn[0], explained.churn[3], atol=1e-9)
    np.testing.assert_allclose(one.value[0], explained.value[3], atol=1e-9)
    assert one.churn_base == explained.churn_base


def test_contributions__of_the_value_come_from_the_trees_of_the_value(fitted, frame):
    told = [fitted(name).contributions(frame.present) for name in ("xgboost_gamma", "xgboost_hurdle")]
    assert told[0].churn_base == told[1].churn_base
    shared = [name for name in told[1].features if name in told[0].features]
    value = [one.value[:, [one.features.index(name) for name in shared]] for one in told]
    assert np.abs(value[0] - value[1]).max() > 0.01
