"""The campaign: published figures by another route, the curve, and whom to contact."""

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


def _by_hull(score: np.ndarray, churned: np.ndarray) -> tuple[float, float]:
    """EMPC and its fraction the way Verbraken, Verbeke & Baesens (2013) compute them: along the ROC's convex hull.

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
    total = fraction = 0.0
    for i in range(len(F0)):
        low, high = edges[i], edges[i + 1]
        mass = beta.cdf(high) - beta.cdf(low)
        mean = integrate.quad(lambda g: g * beta.pdf(g), low, high)[0]
        total += CLV * (mean * (1 - d) - f * mass) * p0 * F0[i] - CLV * (d + f) * p1 * F1[i] * mass
        fraction += mass * (p0 * F0[i] + p1 * F1[i])
    return total, fraction


def test_empc__is_that_of_the_convex_hull():
    score, churned = _case()
    profit, fraction = _by_hull(score, churned)
    assert PUBLISHED.empc(score, churned, clv=CLV) == pytest.approx(profit, rel=1e-3)
    assert PUBLISHED.share_to_contact(score, churned, clv=CLV) == pytest.approx(fraction, abs=5e-3)


def test_empc__has_the_published_acceptance():
    assert PUBLISHED.beta == pytest.approx((6.0, 14.0))


def test_empc__of_a_perfect_ranking_is_its_closed_form():
    churned = np.repeat([1.0, 0.0], [30, 70])
    earned = 0.3 * (0.3 * (CLV - 10) - 1)  # all churners, nobody else; acceptance is .3 on average
    assert PUBLISHED.empc(churned, churned, clv=CLV) == pytest.approx(earned, rel=1e-3)
    assert PUBLISHED.share_to_contact(churned, churned, clv=CLV) == pytest.approx(0.3)


def test_curve__starts_at_nothing_and_ends_where_everybody_is_contacted():
    score, churned = _case()
    curve = PUBLISHED.curve(score, churned, clv=CLV)
    everybody = np.mean(churned * 0.3 * (CLV - 10) - (1 - churned) * 10 - 1)
    assert curve["share"].iloc[[0, -1]].tolist() == [0.0, 1.0]
    assert curve["profit"].iloc[[0, -1]].tolist() == pytest.approx([0.0, everybody])
    best = curve.loc[curve["profit"].idxmax()]
    order = np.argsort(-score)
    each = np.where(churned[order] == 1, 0.3 * (CLV - 10), -10.0) - 1
    assert best["profit"] == pytest.approx(np.cumsum(each).max() / len(score), rel=0.02)


def test_campaign__a_customer_worth_more_is_worth_contacting_alone():
    worth = np.array([1000.0, 5.0, 5.0, 5.0])
    assert PUBLISHED.share_to_contact([4, 3, 2, 1], [1, 1, 0, 0], clv=worth) == pytest.approx(0.25)
    assert np.isnan(PUBLISHED.share_to_contact([], [], clv=1.0))
    assert PUBLISHED.curve([], [], clv=1.0)["profit"].tolist() == [0.0] * 101


def test_usual__fills_in_the_published_shares():
    assert Campaign.usual([200.0, 200.0]) == Campaign(1.0, 10.0, 0.3)
    assert Campaign.usual([], acceptance=0.5) == Campaign(0.0, 0.0, 0.5)
