"""The spread of spending to come: its moments against draws of the same model, its quantiles against the mixture."""

from __future__ import annotations

import numpy as np
import pytest

from tenure_training.models.after.spending_to_come import SpendingToCome, spending_to_come
from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.btyd.paretonbd import ParetoNBD

MODEL, SPEND = ParetoNBD(r=0.8, alpha=40.0, s=2.5, beta=900.0), GammaGamma(p=4.0, q=9.0, gamma=80.0)
HISTORY = (np.array([0.0, 3.0, 12.0]), np.array([0.0, 200.0, 390.0]), np.array([60.0, 400.0, 400.0]))
MEANS = np.array([30.0, 50.0, 20.0])


def found(buy_probability: np.ndarray | None = None, days: float = 1095.0) -> SpendingToCome:
    own = MODEL.buy_probability(*HISTORY, horizon_days=90.0) if buy_probability is None else buy_probability
    return spending_to_come(MODEL, SPEND, HISTORY, mean_spend=MEANS, days=days, buy_probability=own, horizon_days=90.0)


def test_spending__moments_are_those_of_draws():
    rng = np.random.default_rng(5)
    draws = MODEL.sample_orders(*HISTORY, horizon_days=1095.0, draws=400_000, generator=rng)
    spent = SPEND.sample_spend(HISTORY[0] + 1, MEANS, future_orders=draws, generator=rng)
    spread = found()
    assert spread.probability == pytest.approx((draws > 0).mean(axis=1), abs=0.004)
    given = [row[row > 0] for row in spent]
    variation = [float(row.var() / row.mean() ** 2) for row in given]
    assert spread.squared_variation == pytest.approx(variation, rel=0.03)


def test_spending__the_champions_odds_move_those_of_the_longer_window():
    within = MODEL.buy_probability(*HISTORY, horizon_days=90.0)
    low, high = found(within * 0.3), found(1 - 0.5 * (1 - within))
    assert (low.probability < found().probability).all()
    assert (high.probability > found().probability).all()
    assert (low.probability >= within * 0.3).all()
    assert found(within, days=90.0).probability == pytest.approx(within)


def test_quantiles__hold_what_they_promise_and_turn_round_for_losses():
    spread = SpendingToCome(probability=np.array([1.0, 0.55, 0.15, 0.87]), squared_variation=np.full(4, 0.25))
    mean = np.array([100.0, 100.0, 100.0, -100.0])
    levels = (0.1, 0.5, 0.8, 0.9)
    quantiles = spread.quantiles(mean, levels)
    rng = np.random.default_rng(1)
    draws = rng.gamma(4.0, 0.25, (200_000, 4)) * mean / spread.probability
    draws *= rng.random(draws.shape) < spread.probability
    np.testing.assert_allclose(quantiles, np.quantile(draws, levels, axis=0).T, rtol=0.02, atol=0.7)
    assert quantiles[2].tolist()[:3] == [0.0, 0.0, 0.0]


def test_quantiles__of_who_will_not_buy_are_nothing():
    spread = SpendingToCome(probability=np.zeros(1), squared_variation=np.ones(1))
    assert spread.quantiles(np.zeros(1), (0.1, 0.9)).tolist() == [[0.0, 0.0]]
