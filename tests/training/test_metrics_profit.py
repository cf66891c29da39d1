"""The expected maximum profit against a direct integration, and at its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from tenure_training.metrics import empc

COSTS = {"offer_cost": 10.0, "contact_cost": 1.0}


def _integrated(score, churned, clv) -> float:
    """Try every number of customers to contact at every gamma, by quadrature."""
    order = np.argsort(-score)
    churned, clv = churned[order], np.broadcast_to(clv, len(score))[order]

    def best(gamma: float) -> float:
        profit = np.where(churned == 1, gamma * (clv - 10) - 1, -10.0 - 1)
        return max(0.0, np.cumsum(profit).max()) * stats.beta.pdf(gamma, 6, 14)

    return integrate.quad(best, 0, 1, limit=500, epsabs=1e-8)[0] / len(score)


@pytest.mark.parametrize("clv", [200.0, 60.0, None], ids=["published", "poor", "each their own"])
def test_empc__agrees_with_direct_integration(clv):
    rng = np.random.default_rng(5)
    score = rng.random(120)
    churned = (rng.random(120) < score**2).astype(float)
    value = rng.gamma(2, 80, 120) if clv is None else clv
    assert empc(score, churned, clv=value, **COSTS) == pytest.approx(_integrated(score, churned, value), rel=2e-3)


def test_empc__ranking_those_worth_keeping_first_earns_more():
    churned, clv = np.array([1.0] * 4 + [0.0] * 16), np.array([500.0, 500, 5, 5] + [50.0] * 16)
    rich, poor = np.arange(20, 0, -1.0), np.array([3.0, 4, 20, 19, *range(18, 2, -1)])
    assert empc(rich, churned, clv=clv, **COSTS) > empc(poor, churned, clv=clv, **COSTS)


def test_empc__is_the_same_for_tied_customers_in_any_order():
    score, churned = np.array([2.0, 2, 1, 1, 1]), np.array([1.0, 0, 0, 1, 0])
    turned = np.array([1, 0, 4, 2, 3])
    first = empc(score, churned, clv=200, **COSTS)
    assert empc(score[turned], churned[turned], clv=200, **COSTS) == pytest.approx(first)
    assert empc(score, churned, clv=200, weight=np.full(5, 2.0), **COSTS) == pytest.approx(first)


def test_empc__edges():
    assert empc([0.9, 0.1], [0, 0], clv=200, **COSTS) == 0  # nobody to save: nobody is contacted
    assert empc([0.9, 0.1], [1, 0], clv=5, **COSTS) == 0  # the offer costs more than the customer brings
    assert math.isnan(empc([], [], clv=200, **COSTS))
