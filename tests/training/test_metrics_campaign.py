"""The campaign: published figures by another route."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from tenure_training.metrics import Campaign

PUBLISHED = Campaign(contact_cost=1.0, offer_cost=10.0, acceptance=0.3)
CLV = 200.0


def _case(n: int = 400, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    score = generator.random(n)
    return score, (generator.random(n) < score**2).astype(float)


def _by_hull(score: np.ndarray, churned: np.ndarray) -> float:
    """EMPC the way Verbraken, Verbeke & Baesens (2013) compute them: along the ROC's convex hull.

    With F0 and F1 the shares of churners and of others that are contacted, the profit at acceptance g is
    CLV (g (1 - d) - f) p0 F0 - CLV (d + f) p1 F1, d = offer / CLV, f = contact / CLV; between two neighbouring corners
    of the hull lies one threshold of g, and the integral is a sum of Beta distribution functions.
    """
    order = np.argsort(-score)
    hits = np.append(0.0, np.cumsum(churned[order])) / churned.sum()
    misses = np.append(0.0, np.cumsum(1 - churned[order])) / (1 - churned).sum()
    hull = [0]
    for point in range(1, len(hits)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (hits[b] - hits[a]) * (misses[point] - misses[a]) > (hits[point] - hits[a]) * (misses[b] - misses[a]):
                break
            hull.pop()
        hull.append(point)
    p0, d, f = churned.mean(), 10 / CLV, 1 / CLV
    p1, beta = 1 - p0, stats.beta(6, 14)
    F0, F1 = hits[hull], misses[hull]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (p1 * (d + f) * np.diff(F1) / (p0 * np.diff(F0)) + f) / (1 - d)
    edges = np.clip(np.concatenate([[0.0], np.nan_to_num(at, nan=1.0, posinf=1.0), [1.0]]), 0, 1)
    total = 0.0
    for i in range(len(F0)):
        low, high = edges[i], edges[i + 1]
        mass = beta.cdf(high) - beta.cdf(low)
        mean = integrate.quad(lambda g: g * beta.pdf(g), low, high)[0]
        total += CLV * (mean * (1 - d) - f * mass) * p0 * F0[i] - CLV * (d + f) * p1 * F1[i] * mass
    return total


def test_empc__is_that_of_the_convex_hull():
    score, churned = _case()
    profit = _by_hull(score, churned)
    assert PUBLISHED.empc(score, churned, clv=CLV) == pytest.approx(profit, rel=1e-3)


def test_empc__has_the_published_acceptance():
    assert PUBLISHED.beta == pytest.approx((6.0, 14.0))


def test_empc__of_a_perfect_ranking_is_its_closed_form():
    churned = np.repeat([1.0, 0.0], [30, 70])
    earned = 0.3 * (0.3 * (CLV - 10) - 1)  # all churners, nobody else; acceptance is .3 on average
    assert PUBLISHED.empc(churned, churned, clv=CLV) == pytest.approx(earned, rel=1e-3)


def test_usual__fills_in_the_published_shares():
    assert Campaign.usual([200.0, 200.0]) == Campaign(1.0, 10.0, 0.3)
    assert Campaign.usual([], acceptance=0.5) == Campaign(0.0, 0.0, 0.5)
