"""Confidence sequences: the formula beside its source's bound, and what it promises, on draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from tenure_decisions.campaigns.sequential import looks, mixture_scale, widening


@pytest.mark.parametrize("customers", [50, 1000, 40_000])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_widening__is_where_the_mixture_of_likelihood_ratios_reaches_one_over_alpha(
    customers: int, alpha: float
) -> None:
    """The sequence inverts a normal mixture of likelihood ratios: at its edge the mixture is 1 / alpha."""
    rho = mixture_scale(10_000, alpha=alpha)
    total = widening(customers, alpha=alpha) * math.sqrt(customers)
    mixture, _ = quad(
        lambda mean: math.exp(mean * total - customers * mean**2 / 2) * norm.pdf(mean, scale=rho),
        -12 * rho, 12 * rho, points=[total / customers], limit=500,
    )  # fmt: skip
    assert mixture == pytest.approx(1 / alpha, rel=1e-5)


def test_mixture_scale__makes_the_sequence_nearly_tightest_where_it_was_planned() -> None:
    narrowest = min(widening(2000, alpha=0.05, planned=planned) for planned in range(200, 20_000, 100))
    assert widening(2000, alpha=0.05, planned=2000) == pytest.approx(narrowest, rel=0.002)


def test_sequence__holds_at_every_look_where_a_single_interval_does_not() -> None:
    rng = np.random.default_rng(3)
    sums = rng.standard_normal((2000, 2000)).cumsum(axis=1)
    at = looks(2000, 20)
    scores = np.abs(sums[:, at - 1] / np.sqrt(at))
    wide = np.array([widening(int(number), alpha=0.05, planned=2000) for number in at])
    assert (scores > wide).any(axis=1).mean() < 0.05
    assert (scores > 1.96).any(axis=1).mean() > 0.2


def test_looks__end_with_everybody() -> None:
    assert looks(100, 4).tolist() == [25, 50, 75, 100]
    assert looks(3, 20).tolist() == [1, 2, 3]
