"""The level carries probabilities over to another ranking without touching the ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from tenure_training.models.level import Level


def _loss(intercept: float, slope: float, score: np.ndarray, probability: np.ndarray) -> float:
    p = expit(intercept + slope * score)
    return float(-np.mean(probability * np.log(p) + (1 - probability) * np.log(1 - p)))


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (-2.0, 0.5), (1.0, 3.0)])
def test_level__finds_the_line_that_made_the_probabilities(intercept, slope):
    score = np.random.default_rng(1).normal(size=400)
    level = Level.to_match(score, probability=expit(intercept + slope * score))
    assert (level.intercept, level.slope) == pytest.approx((intercept, slope), abs=1e-3)


def test_level__of_soft_labels_beats_every_line_nearby():
    generator = np.random.default_rng(2)
    score, probability = generator.normal(size=500), generator.beta(1, 3, size=500)
    probability = np.sort(probability)[np.argsort(np.argsort(score + generator.normal(size=500)))]
    level = Level.to_match(score, probability=probability)
    best = _loss(level.intercept, level.slope, score, probability)
    for by in (-0.05, 0.05):
        assert _loss(level.intercept + by, level.slope, score, probability) > best
        assert _loss(level.intercept, level.slope + by, score, probability) > best


def test_level__keeps_the_expected_number_of_buyers():
    generator = np.random.default_rng(3)
    score = generator.normal(size=500)
    probability = expit(0.7 * score - 1 + generator.normal(size=500))
    level = Level.to_match(score, probability=probability)
    assert expit(level(score)).mean() == pytest.approx(probability.mean(), abs=1e-4)


@given(st.integers(0, 1000), st.floats(-3, 3))
def test_level__keeps_the_ranking_whatever_the_labels(seed, slope):
    generator = np.random.default_rng(seed)
    score = np.sort(generator.normal(size=60))
    level = Level.to_match(score, probability=expit(slope * score + generator.normal(size=60)))
    assert level.slope > 0
    assert (np.diff(level(score)) > 0).all()


@pytest.mark.parametrize("probability", [0.0, 1.0, 0.3])
def test_level__of_one_customer_or_one_score_is_finite(probability):
    level = Level.to_match(np.full(3, 2.0), probability=np.full(3, probability))
    assert np.isfinite(level(np.array([-50.0, 2.0, 50.0]))).all()
