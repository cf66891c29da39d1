"""Intervals of value hold what they promise on fresh customers, in every tenth of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tenure_features.stored import parse_stored
from tenure_training.models.contract import LEVELS, Prediction
from tenure_training.models.spend_distribution import KNOTS, SpendDistribution


def _customers(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P(buys), log expected value given a purchase, and the value: skewed, and wider for small spenders."""
    generator = np.random.default_rng(seed)
    probability, log_expected = generator.beta(1.2, 1.2, n), generator.normal(3, 1, n)
    spread = np.log(generator.gamma(2, 0.5, n)) * np.where(log_expected < 3, 1.5, 0.7)
    return probability, log_expected, np.where(generator.random(n) < probability, np.exp(log_expected + spread), 0.0)


def _fit(log_expected, log_value, *, windows: int = 1) -> SpendDistribution:
    return SpendDistribution.fit(log_expected, log_value, window=np.arange(len(log_value)) % windows)


def _prediction(probability, quantiles) -> Prediction:
    return Prediction(
        buy_probability=probability, expected_orders=probability, expected_value=probability, quantiles=quantiles
    )


@pytest.fixture(scope="module")
def distribution() -> SpendDistribution:
    _, log_expected, value = _customers(30_000, seed=1)
    return _fit(log_expected[value > 0], np.log(value[value > 0]))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_interval__covers_what_it_says_in_every_decile(distribution, level):
    probability, log_expected, value = _customers(60_000, seed=2)
    possible = probability >= 1 - level  # else nothing alone is more probable than the level
    quantiles = distribution.value_quantiles(probability, log_expected)
    low, high = _prediction(probability, quantiles).interval(level)
    inside = (low <= value) & (value <= high)
    for ranked in (probability * np.exp(log_expected), log_expected):
        decile = np.argsort(np.argsort(ranked[possible])) * 10 // possible.sum()
        coverage = np.array([inside[possible][decile == number].mean() for number in range(10)])
        assert np.abs(coverage - level).max() < 0.03
    assert inside[~possible].mean() >= level
    assert (high[~possible] == 0).all()


def test_widen__adds_as_independent_errors_do():
    """Normal errors of .6 and .8 together are one of 1."""
    log_value = np.random.default_rng(5).normal(0, 0.6, 100_000)
    wider = _fit(np.zeros(100_000), log_value).widen(0.8)
    around = wider.quantiles[0] - wider.quantiles[0][len(KNOTS) // 2]
    np.testing.assert_allclose(around, norm.ppf(KNOTS), atol=0.06)
    assert wider.widen(0.0) is wider


def test_quantiles__are_reached_as_often_as_they_say(distribution):
    probability, log_expected, value = _customers(60_000, seed=3)
    quantiles = distribution.value_quantiles(probability, log_expected)
    positive = quantiles > 0
    below = np.array([(value <= quantiles[:, at])[positive[:, at]].mean() for at in range(len(LEVELS))])
    np.testing.assert_allclose(below, LEVELS, atol=0.03)


def test_quantiles__are_zero_up_to_the_probability_of_buying_nothing(distribution):
    quantiles = distribution.value_quantiles(np.array([0.0, 0.45, 1.0]), np.full(3, 3.0))
    assert (quantiles[0] == 0).all()
    np.testing.assert_array_equal(quantiles[1] > 0, np.array(LEVELS) > 0.55)
    assert (quantiles[2] > 0).all()


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.integers(0, 400),
    st.floats(-20, 30),
    st.integers(0, 100),
)
def test_quantiles__never_fall(probability, purchases, location, seed):
    generator = np.random.default_rng(seed)
    log_expected = generator.normal(location, 1, purchases)
    fitted = _fit(log_expected, log_expected + generator.standard_t(2, purchases))
    p = np.array(probability)
    quantiles = fitted.value_quantiles(p, generator.normal(location, 2, len(p)))
    assert np.isfinite(quantiles).all()
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_quantiles__grow_with_the_expected_value_alone(distribution):
    one = distribution.value_quantiles(np.full(2, 0.9), np.array([5.0, 5.0 + np.log(2)]))
    np.testing.assert_allclose(one[1], 2 * one[0])


def test_distribution__leaves_out_what_a_whole_window_brought_in_beyond_expectation():
    """Twice the value in one of two windows, half in the other: a season, not a spread."""
    y, window = np.random.default_rng(5).normal(3, 0.7, 4000), np.arange(4000) % 2
    x, season = np.full(4000, 3.0), np.where(window == 0, np.log(2), -np.log(2))
    plain, seasonal = (SpendDistribution.fit(x, y + moved, window=window) for moved in (0.0, season))
    np.testing.assert_allclose(seasonal.quantiles, plain.quantiles, atol=1e-9)
    mixed = SpendDistribution.fit(x, y + season, window=np.zeros_like(window))
    assert np.ptp(mixed.quantiles) > 1.1 * np.ptp(plain.quantiles)


def test_of_frame__knows_the_windows_of_its_rows_and_how_long_they_are(frame):
    rows = (frame.labels["value"] > 0).to_numpy()
    log_value, days = np.log(frame.labels["value"].to_numpy()[rows]), frame.window_days[rows]
    at = log_value - np.random.default_rng(6).normal(0, 0.5, rows.sum())
    keys = [f"{as_of} {length}" for as_of, length in zip(frame.rows["as_of"][rows], days, strict=True)]
    window = np.unique(keys, return_inverse=True)[1]
    assert len(np.unique(window)) > 2
    expected = SpendDistribution.fit(at, log_value, window=window, longer=frame.horizon_days / days.mean())
    np.testing.assert_allclose(SpendDistribution.of_frame(at, frame=frame, rows=rows).quantiles, expected.quantiles)


def test_distribution__of_no_purchases_is_the_expected_value():
    quantiles = _fit(np.empty(0), np.empty(0)).value_quantiles(np.ones(1), np.log([40.0]))
    np.testing.assert_allclose(quantiles, 40.0)


def test_distribution__of_one_expected_value_has_one_bin():
    fitted = _fit(np.full(3000, 2.0), np.random.default_rng(1).normal(2, 1, 3000))
    assert np.isfinite(fitted.value_quantiles(np.ones(3), np.array([0.0, 2.0, 9.0]))).all()


def test_distribution__is_the_same_after_json(distribution):
    again = SpendDistribution.from_stored(parse_stored(json.dumps(distribution.to_dict()).encode(), "x.json"))
    p, log_expected, _ = _customers(100, seed=4)
    np.testing.assert_array_equal(again.value_quantiles(p, log_expected), distribution.value_quantiles(p, log_expected))
