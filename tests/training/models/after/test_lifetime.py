"""Value beyond the horizon: the published DERT, a second integration, and the anchor at the champion's value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.special import hyperu

from tenure_features.stored import Stored
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.contract import Prediction

# Fader, Hardie & Lee (2005), "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", weeks
PAPER = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669)
WEEKLY = 0.0027  # their delta: an annual rate of 15 %, continuously compounded


def _dert(x: float, t_x: float, T: float) -> float:
    """Equation 2 of the paper, with Tricomi's confluent hypergeometric function of the second kind."""
    r, alpha, s, beta = PAPER.r, PAPER.alpha, PAPER.s, PAPER.beta
    alive = float(PAPER.probability_alive([x], [t_x], [T])[0])
    z = WEEKLY * (beta + T)
    return alive * (r + x) / (alpha + T) * (beta + T) * hyperu(1, 2 - s, z)


@pytest.mark.parametrize(("x", "t_x"), [(0, 0.0), (2, 10.0), (2, 77.0), (7, 35.0), (14, 70.0)])
def test_discounted_orders__are_the_published_dert(x, t_x):
    model = PAPER.in_unit(1 / 7)  # weeks to days
    annual = np.expm1(WEEKLY * 365 / 7)
    found = model.discounted_orders([x], [t_x * 7], [77.86 * 7], annual_rate=annual)
    assert found[0] == pytest.approx(_dert(x, t_x, 77.86), rel=1e-4)


SNAPSHOT = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "order_days": [1.0, 4.0, 9.0],
        "orders_total": [1.0, 4.0, 9.0],
        "tenure_days": [200.0, 300.0, 250.0],
        "span_days": [0.0, 120.0, 245.0],
        "value_mean": [20.0, 35.0, 30.0],
    }
)
SAID = Prediction(
    buy_probability=np.array([0.1, 0.4, 0.9]),
    expected_orders=np.array([0.2, 0.6, 4.0]),
    expected_value=np.array([5.0, 20.0, 120.0]),
)
MODEL = PAPER.in_unit(1 / 7)


def _lifetime(horizon_days: int = 90, **economics: float) -> Lifetime:
    return Lifetime(MODEL, Economics(**economics), horizon_days)


@pytest.mark.parametrize("days", [90, 180, 365])
def test_columns__the_sum_over_the_horizon_is_the_champions_value(days):
    columns = _lifetime(days, discount_rate_per_year=0.0).columns(SNAPSHOT, SAID)
    assert columns[f"clv_{days}d"] == pytest.approx(SAID.expected_value, rel=1e-9)
    grown = [columns[name].sum() for name in ("clv_90d", "clv_180d", "clv_365d", "clv_lifetime")]
    assert grown == sorted(grown)


def test_shares__agree_with_a_second_integration():
    lifetime, rate = _lifetime(discount_rate_per_year=0.15), np.log1p(0.15) / 365
    shares = lifetime.shares(SNAPSHOT, (180.0, np.inf))
    for row, (x, t_x, T) in enumerate([(0, 0, 200), (3, 120, 300), (8, 245, 250)]):

        def mean(t: float, at: tuple[int, int, int] = (x, t_x, T)) -> float:
            return float(MODEL.expected_orders(*at, horizon_days=t)[0])

        within = mean(180.0) * np.exp(-rate * 180)
        within += rate * integrate.quad(lambda t, mean=mean: np.exp(-rate * t) * mean(t), 0, 180)[0]
        ever = float(MODEL.discounted_orders(x, t_x, T, annual_rate=0.15)[0])
        assert shares[:, row] * mean(90.0) == pytest.approx([within, ever], rel=3e-3)


def test_columns__costs_are_taken_off_and_named_where_they_are_known():
    plain = _lifetime().columns(SNAPSHOT, SAID)
    assert set(plain) == {"clv_90d", "clv_180d", "clv_365d", "clv_lifetime"}
    costly = _lifetime(margin=0.5, service_cost_per_order=2.0).columns(SNAPSHOT, SAID)
    ratio = (0.5 * SAID.expected_value - 2.0 * SAID.expected_orders) / SAID.expected_value
    assert costly["clv_365d"] == pytest.approx(ratio * plain["clv_365d"])
    assert costly["clv_before_cac"] == pytest.approx(costly["clv_lifetime"])
    assert "clv_net" not in costly
    bought = _lifetime(margin=0.5, cac=7.0).columns(SNAPSHOT, SAID)
    assert bought["clv_net"] == pytest.approx(bought["clv_before_cac"] - 7.0)
    each = _lifetime(margin=0.5, cac=7.0).columns(SNAPSHOT.assign(acquisition_cost=[1.0, np.nan, 3.0]), SAID)
    assert (each["clv_before_cac"] - each["clv_net"])[[0, 2]] == pytest.approx([1.0, 3.0])
    assert np.isnan(each["clv_net"][1])


def test_columns__later_money_is_worth_less_the_higher_the_rate():
    lifetimes = [
        _lifetime(discount_rate_per_year=rate).columns(SNAPSHOT, SAID)["clv_lifetime"] for rate in (0.05, 0.1, 0.3)
    ]
    assert (lifetimes[0] > lifetimes[1]).all()
    assert (lifetimes[1] > lifetimes[2]).all()


def test_lifetime__comes_back_from_json_and_says_what_it_counts():
    lifetime = _lifetime(margin=0.4, discount_rate_per_year=0.0)
    again = Lifetime.from_stored(Stored(lifetime.to_dict(), "x.json"))
    first, second = lifetime.columns(SNAPSHOT, SAID), again.columns(SNAPSHOT, SAID)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert "40 % margin" in again.definitions()["clv"]
    assert "ten years" in again.definitions()["clv"]
