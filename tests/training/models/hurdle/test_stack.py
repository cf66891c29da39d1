"""Weights are learnt from later windows, never negative, sum to one, and stay where there is no evidence."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from tenure_training.models.hurdle.stack import STACK_DOUBT, Stack

N = 3000


def _outcomes(weights: tuple[float, float, float], *, levels: tuple[float, ...] = (0.0,), seed: int = 1):
    """Three parts, and windows in which a mean of them tells who buys, each window at a level of its own."""
    generator = np.random.default_rng(seed)
    parts = {name: generator.normal(-1, 1.5, N * len(levels)) for name in ("one", "two", "three")}
    window = np.repeat(np.arange(len(levels)), N)
    odds = sum(weight * part for weight, part in zip(weights, parts.values(), strict=True))
    return parts, generator.random(len(window)) < expit(odds + np.array(levels)[window]), window


EQUAL = Stack({"one": 1 / 3, "two": 1 / 3, "three": 1 / 3})


def _objective(weights, parts, bought, window, doubt):
    """The formula of the docstring, written out; levels found on a grid."""
    odds, total = sum(weight * part for weight, part in zip(weights, parts.values(), strict=True)), 0.0
    for number in np.unique(window):
        rows = window == number
        signs = np.where(bought[rows], 1.0, -1.0)
        total += min(np.log1p(np.exp(-signs * (odds[rows] + level))).sum() for level in np.linspace(-1, 1, 81))
    return total + doubt / 2 * sum((weight - 1 / 3) ** 2 for weight in weights)


@pytest.mark.parametrize("doubt", [0.0, STACK_DOUBT, 2000.0])
def test_stack__minimises_the_penalised_likelihood_over_a_grid_of_weights(doubt):
    parts, bought, window = _outcomes((0.6, 0.4, 0.0))
    learnt = EQUAL.learnt(parts, bought=bought, window=window, doubt=doubt)
    grid = [(i / 20, j / 20, (20 - i - j) / 20) for i, j in product(range(21), repeat=2) if i + j <= 20]
    best = min(grid, key=lambda weights: _objective(weights, parts, bought, window, doubt))
    np.testing.assert_allclose(list(learnt.weights.values()), best, atol=0.051)


def test_stack__takes_no_season_for_a_merit():
    """A part that always says more wins nothing where everybody happened to buy more."""
    parts, bought, window = _outcomes((0.5, 0.5, 0.0), levels=(1.5, -0.5, 0.8))
    usual = EQUAL.learnt(parts, bought=bought, window=window)
    loud = EQUAL.learnt({**parts, "three": parts["three"] + 1.0}, bought=bought, window=window)
    assert dict(loud.weights) == pytest.approx(dict(usual.weights), abs=0.01)
    assert usual.weights["three"] < 0.06


def test_stack__believes_evidence_the_more_there_is():
    parts, bought, window = _outcomes((1.0, 0.0, 0.0))
    weights = [
        EQUAL.learnt({name: part[:n] for name, part in parts.items()}, bought=bought[:n], window=window[:n]).weights
        for n in (1, 30, 300, N)
    ]
    of_one = [found["one"] for found in weights]
    assert of_one == sorted(of_one)
    assert of_one[0] < 0.36
    assert of_one[-1] > 0.85


def test_stack__stays_without_evidence():
    nothing = np.empty(0)
    parts = dict.fromkeys(EQUAL.weights, nothing)
    assert EQUAL.learnt(parts, bought=nothing.astype(bool), window=nothing.astype(np.int64)) is EQUAL


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 200), share=st.sampled_from([0.0, 0.1, 0.9, 1.0]))
def test_stack__weights_are_never_negative_and_sum_to_one(seed, size, share):
    generator = np.random.default_rng(seed)
    parts = {name: generator.normal(0, 5, size) for name in EQUAL.weights}
    bought, window = generator.random(size) < share, generator.integers(0, 3, size)
    weights = list(EQUAL.learnt(parts, bought=bought, window=window).weights.values())
    assert min(weights) >= 0
    assert sum(weights) == pytest.approx(1)


def test_stack__does_not_depend_on_the_order_of_rows():
    parts, bought, window = _outcomes((0.2, 0.5, 0.3), levels=(0.0, 1.0))
    order = np.random.default_rng(3).permutation(len(bought))
    usual = EQUAL.learnt(parts, bought=bought, window=window)
    other = EQUAL.learnt({k: v[order] for k, v in parts.items()}, bought=bought[order], window=window[order])
    assert dict(other.weights) == pytest.approx(dict(usual.weights), abs=1e-3)
