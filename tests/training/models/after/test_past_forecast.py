"""Intervals of what is to come: wider where those of the past held too little, by hand and against drawn customers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.after.attrition import Attrition
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.past_forecast import PastForecast, find_level
from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.contract import Prediction

MODEL, SPEND = ParetoNBD(r=0.8, alpha=40.0, s=2.5, beta=900.0), GammaGamma(p=4.0, q=9.0, gamma=80.0)
LIFETIME = Lifetime(
    attrition=Attrition(model=MODEL, gain=80.0, observed_days=400.0),
    spend=SPEND,
    economics=Economics(discount_rate_per_year=0.1),
    horizon_days=90,
)


def past(*, customers: int = 1500, factor: float = 1.0, scatter: float = 0.0, days: float = 180.0) -> PastForecast:
    """Draw customers of the model itself; what they bring is off by a factor, and scatters around it more than said."""
    draw = np.random.default_rng(7)
    x, T = draw.poisson(6.0, customers).astype(float), np.full(customers, 400.0)
    t_x = np.where(x > 0, 380.0, 0.0)
    mean = np.full(customers, 35.0)
    rows = {"order_days": x + 1, "tenure_days": T, "span_days": t_x, "value_mean": mean}
    orders = MODEL.sample_orders(x, t_x, T, horizon_days=days, draws=1, generator=draw)
    value = SPEND.sample_spend(x + 1, mean, future_orders=orders, generator=draw)[:, 0]
    expected = MODEL.expected_orders(x, t_x, T, horizon_days=90.0)
    prediction = Prediction(
        buy_probability=MODEL.buy_probability(x, t_x, T, horizon_days=90.0),
        expected_orders=expected,
        expected_value=expected * SPEND.expected_spend(x + 1, mean),
    )
    value = value * factor * np.exp(scatter * draw.standard_normal(customers))
    return PastForecast(snapshot=pd.DataFrame(rows), prediction=prediction, horizon_days=90, value=value, days=days)


def test_level__stays_where_past_intervals_held_what_they_said() -> None:
    assert find_level(LIFETIME, [past()]) < 0.84


def test_level__rises_where_they_held_too_little_and_the_more_the_farther_it_is_to_go() -> None:
    short = replace(LIFETIME, economics=Economics(discount_rate_per_year=0.1, lifetime_years=180 / 365))
    off = past(scatter=0.5)
    level = find_level(short, [off])
    assert 0.84 < level < 0.95
    likely = off.prediction.buy_probability >= 0.2
    then = replace(short, economics=Economics(discount_rate_per_year=0.0))
    mean = off.prediction.expected_value * then.shares(off.snapshot, (180.0,))[0]
    low, high = then.spread(off.snapshot, off.prediction, 180.0).interval(mean, level)
    inside = (off.value >= low) & (off.value <= high)
    assert inside[likely].mean() == pytest.approx(0.8, abs=0.01)
    assert find_level(LIFETIME, [off]) > level
    assert find_level(LIFETIME, [past(factor=4.0)]) == 0.95


def test_level__of_a_few_likely_buyers_or_none_stays() -> None:
    assert find_level(LIFETIME, []) == 0.8
    assert find_level(LIFETIME, [past(customers=40, factor=4.0)]) == 0.8


def test_columns__of_a_higher_level_hold_the_others() -> None:
    now = past()
    usual, wide = (replace(LIFETIME, level=level).columns(now.snapshot, now.prediction) for level in (0.8, 0.9))
    assert (wide["clv_to_come_low"] <= usual["clv_to_come_low"]).all()
    assert (wide["clv_to_come_high"] >= usual["clv_to_come_high"]).all()
    assert wide["clv_to_come"].tolist() == usual["clv_to_come"].tolist()
