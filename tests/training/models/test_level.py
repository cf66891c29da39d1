"""The level is a line that leaves the ranking alone; its slope is learnt within windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from tenure_training.models.level import DOUBT, Level, slope_learnt

N = 20_000


def _windows(slope: float, *levels: float, n: int = N) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    window = np.repeat(np.arange(len(levels)), n)
    score = generator.normal(-1, 1.5, len(window))
    return score, generator.random(len(window)) < expit(slope * score + np.array(levels)[window]), window


@pytest.mark.parametrize("slope", [0.6, 1.0, 1.5])
def test_slope__is_found_whatever_the_seasons(slope):
    score, bought, window = _windows(slope, 1.0, -0.7)
    assert slope_learnt(score, bought=bought, window=window) == pytest.approx(slope, abs=0.04)


def test_slope__minimises_the_penalised_likelihood():
    """The formula of the docstring on a grid of slopes and levels."""
    score, bought, window = _windows(0.6, 0.3, n=400)
    signs = np.where(bought, 1.0, -1.0)

    def objective(slope: float) -> float:
        losses = [np.log1p(np.exp(-signs * (slope * score + level))).sum() for level in np.linspace(-1, 1.5, 101)]
        return min(losses) + DOUBT / 2 * np.log(slope) ** 2

    grid = np.linspace(0.5, 1.2, 71)
    best = grid[np.argmin([objective(slope) for slope in grid])]
    assert slope_learnt(score, bought=bought, window=window) == pytest.approx(best, abs=0.011)


def test_slope__is_held_to_one_the_less_there_is():
    slopes = []
    for n in (20, 200, 2000, N):
        score, bought, window = _windows(0.55, 0.0, n=n)
        slopes.append(slope_learnt(score, bought=bought, window=window))
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[0] > 0.9
    assert slopes[-1] < 0.6


def test_slope__is_one_without_evidence():
    nothing = np.empty(0)
    assert slope_learnt(nothing, bought=nothing.astype(bool), window=nothing.astype(np.int64)) == 1.0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), share=st.sampled_from([0.0, 0.2, 1.0]), scale=st.floats(0.1, 20))
def test_level__with_a_learnt_slope_keeps_the_ranking_whatever_happened(seed, share, scale):
    generator = np.random.default_rng(seed)
    score, bought = np.sort(generator.normal(0, scale, 60)), generator.random(60) < share
    level = Level(0.3, slope_learnt(score, bought=bought, window=np.zeros(60, dtype=np.int64)))
    assert 0 < level.slope < 10
    assert (np.diff(level(score)) >= 0).all()
    assert len(np.unique(level(score))) == len(np.unique(score))
