"""The level is a rising curve that leaves the ranking alone; its slopes are learnt within windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from tenure_training.models.hurdle.level import LEVEL_DOUBT, OddsLevel

N = 20_000


def _windows(level: OddsLevel, *shifts: float, n: int = N) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    window = np.repeat(np.arange(len(shifts)), n)
    score = generator.normal(-0.5, 2, len(window))
    return score, generator.random(len(window)) < expit(level(score) + np.array(shifts)[window]), window


@pytest.mark.parametrize(
    ("level", "score", "expected"),
    [
        (OddsLevel(), 1.3, 1.3),
        (OddsLevel(0.5, 2.0, 2.0), 1.5, 3.5),
        (OddsLevel(0.0, 2.0, 1.0), 0.0, -np.log(2)),  # 2 log .5 - log .5
        (OddsLevel(0.0, 1.0, 3.0), np.log(3), np.log(0.75) - 3 * np.log(0.25)),
    ],
)
def test_level__is_beta_calibration(level, score, expected):
    assert level(np.array([score])).item() == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high"), [(0.7, 0.7), (1.4, 1.4), (1.5, 0.8), (0.8, 1.4)])
def test_level__finds_the_slopes_whatever_the_seasons(low, high):
    score, bought, window = _windows(OddsLevel(0.0, low, high), 1.0, -0.7)
    learnt = OddsLevel.learnt(score, bought=bought, window=window, doubt=0.0)
    assert (learnt.intercept, learnt.low, learnt.high) == (
        0.0,
        pytest.approx(low, abs=0.1),
        pytest.approx(high, abs=0.1),
    )


def test_level__minimises_the_penalised_likelihood():
    """The formula of the docstring on a grid of slopes and intercepts."""
    score, bought, window = _windows(OddsLevel(0.3, 0.6, 1.3), 0.0, n=500)
    signs = np.where(bought, 1.0, -1.0)

    def objective(low: float, high: float) -> float:
        curves = [OddsLevel(intercept, low, high)(score) for intercept in np.linspace(-0.6, 0.9, 61)]
        penalty = LEVEL_DOUBT / 2 * (np.log(low) ** 2 + np.log(high) ** 2)
        return min(np.log1p(np.exp(-signs * odds)).sum() for odds in curves) + penalty

    grid = [(low, high) for low in np.linspace(0.6, 1.1, 26) for high in np.linspace(0.8, 1.4, 31)]
    best = min(grid, key=lambda slopes: objective(*slopes))
    learnt = OddsLevel.learnt(score, bought=bought, window=window)
    assert (learnt.low, learnt.high) == pytest.approx(best, abs=0.021)


def test_level__holds_slopes_to_one_the_less_there_is():
    slopes = []
    for n in (200, 2000, 20_000, 10 * N):
        score, bought, window = _windows(OddsLevel(0.0, 0.55, 0.55), 0.0, n=n)
        slopes.append(OddsLevel.learnt(score, bought=bought, window=window).slope)
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[0] > 0.9
    assert slopes[-1] < 0.62


def test_level__without_evidence_changes_nothing():
    nothing = np.empty(0)
    assert OddsLevel.learnt(nothing, bought=nothing.astype(bool), window=nothing.astype(np.int64)) == OddsLevel()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), share=st.sampled_from([0.0, 0.2, 1.0]), scale=st.floats(0.1, 12))
def test_level__keeps_the_ranking_whatever_happened(seed, share, scale):
    generator = np.random.default_rng(seed)
    score, bought = np.sort(generator.normal(0, scale, 60)), generator.random(60) < share
    level = OddsLevel.learnt(score, bought=bought, window=np.zeros(60, dtype=np.int64))
    assert 0.4 < min(level.low, level.high) <= max(level.low, level.high) < 2.1
    assert (np.diff(level(score)) >= 0).all()
    assert len(np.unique(level(score))) == len(np.unique(score))
