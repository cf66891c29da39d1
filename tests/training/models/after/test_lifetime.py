"""Value beyond the horizon: the published DERT, a second integration, and the anchor at the champion's value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.special import hyperu

from tenure_features.stored import Stored
from tenure_training.models.after.attrition import Attrition
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.contract import Prediction
from tenure_training.models.season import Season, SeasonAhead

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
PAST = SNAPSHOT.assign(
    revenue_to_date=[20.0, 140.0, 270.0],
    priced_revenue_to_date=[20.0, 100.0, 0.0],
    cost_to_date=[12.0, 30.0, 0.0],
    served_orders_to_date=[1.0, 4.0, 0.0],
    service_cost_to_date=[2.0, 20.0, 0.0],
)
SAID = Prediction(
    buy_probability=np.array([0.1, 0.4, 0.9]),
    expected_orders=np.array([0.2, 0.6, 4.0]),
    expected_value=np.array([5.0, 20.0, 120.0]),
)
MODEL = PAPER.in_unit(1 / 7)
TOLD = Attrition(model=MODEL, gain=80.0, observed_days=400.0)
HALF, FOUR = Credibility(mean=0.5), Credibility(mean=4.0)


def _lifetime(horizon_days: int = 90, *, attrition: Attrition = TOLD, **economics: Any) -> Lifetime:
    spend = GammaGamma(p=2.0, q=4.0, gamma=45.0)
    return Lifetime(attrition=attrition, spend=spend, economics=Economics(**economics), horizon_days=horizon_days)


@pytest.mark.parametrize("days", [90, 180, 365])
def test_columns__the_sum_over_the_horizon_is_the_champions_value(days):
    columns = _lifetime(days, discount_rate_per_year=0.0).columns(SNAPSHOT, SAID)
    assert columns[f"clv_{days}d"] == pytest.approx(SAID.expected_value, rel=1e-9)
    grown = [columns[name].sum() for name in ("clv_90d", "clv_180d", "clv_365d", "clv_to_come")]
    assert grown == sorted(grown)


def test_shares__agree_with_a_second_integration():
    lifetime, rate = _lifetime(discount_rate_per_year=0.15), np.log1p(0.15) / 365
    shares = lifetime.shares(SNAPSHOT, (180.0, 45.0 / rate))
    for row, (x, t_x, T) in enumerate([(0, 0, 200), (3, 120, 300), (8, 245, 250)]):

        def mean(t: float, at: tuple[int, int, int] = (x, t_x, T)) -> float:
            return float(MODEL.expected_orders(*at, horizon_days=t)[0])

        within = mean(180.0) * np.exp(-rate * 180)
        within += rate * integrate.quad(lambda t, mean=mean: np.exp(-rate * t) * mean(t), 0, 180)[0]
        ever = float(MODEL.discounted_orders(x, t_x, T, annual_rate=0.15)[0])
        assert shares[:, row] * mean(90.0) == pytest.approx([within, ever], rel=3e-3)


def test_columns__what_is_to_come_ends_with_the_lifetime():
    years = [_lifetime(lifetime_years=years).columns(SNAPSHOT, SAID)["clv_to_come"] for years in (1.0, 2.0, 3.0)]
    assert years[0] == pytest.approx(_lifetime().columns(SNAPSHOT, SAID)["clv_365d"], rel=1e-4)
    assert (years[0] < years[1]).all()
    assert (years[2] < 3 * years[0]).all()  # customers leave, and later money is worth less


def test_columns__past_and_future_add_up_worked_by_hand():
    lifetime = _lifetime(margin=HALF, service_cost_per_order=FOUR, cac=7.0)
    found = lifetime.columns(PAST, SAID)
    # 20 - 12 - 2; 140 - 30 - half of 40 whose cost is not known - 20; half of 270
    assert found["contribution_to_date"] == pytest.approx([6.0, 70.0, 135.0])
    value = 0.5 * SAID.expected_value - 4.0 * SAID.expected_orders
    assert found["clv_to_come"] == pytest.approx(value * lifetime.shares(SNAPSHOT, (1095.0,))[0], rel=1e-4)
    assert found["clv_before_cac"] == pytest.approx(found["contribution_to_date"] + found["clv_to_come"])
    assert found["clv_net"] == pytest.approx(found["clv_before_cac"] - 7.0)
    each = lifetime.columns(PAST.assign(acquisition_cost=[1.0, np.nan, 3.0]), SAID)
    assert (each["clv_before_cac"] - each["clv_net"])[[0, 2]] == pytest.approx([1.0, 3.0])
    assert np.isnan(each["clv_net"][1])


def test_columns__without_costs_clv_is_revenue_and_says_so():
    lifetime = _lifetime()
    found = lifetime.columns(PAST, SAID)  # costs of which nothing sensible could be measured do not count
    assert found["contribution_to_date"].tolist() == PAST["revenue_to_date"].tolist()
    assert "clv_net" not in found
    assert "net revenue, since no costs are known" in lifetime.definitions()["clv"]
    assert "No costs are known" in lifetime.notes[0]


def test_columns__margin_and_cost_to_serve_are_the_customers_own_as_far_as_they_are_known():
    margin, service = Credibility(mean=0.5, halfway=100.0), Credibility(mean=4.0, halfway=4.0)
    lifetime = _lifetime(margin=margin, service_cost_per_order=service)
    found = lifetime.columns(PAST, SAID)
    share = lifetime.shares(SNAPSHOT, (1095.0,))[0]
    # own margins (8 + 50) / 120, (70 + 50) / 200 and the shop's; own costs (2 + 16) / 5, (20 + 16) / 8 and the shop's
    own = np.array([58 / 120, 0.6, 0.5]) * SAID.expected_value - np.array([3.6, 4.5, 4.0]) * SAID.expected_orders
    assert found["clv_to_come"] == pytest.approx(own * share, rel=1e-4)


def test_columns__of_a_snapshot_without_the_past_say_what_is_to_come_alone():
    found = _lifetime(margin=HALF, cac=7.0).columns(SNAPSHOT, SAID)
    assert not {"contribution_to_date", "clv_before_cac", "clv_net"} & set(found)
    assert found["clv_to_come"] == pytest.approx(0.5 * _lifetime().columns(SNAPSHOT, SAID)["clv_to_come"])


def test_columns__what_the_data_cannot_tell_is_left_out_with_the_reason():
    unsure = Attrition(model=MODEL, gain=1.0, observed_days=200.0)
    lifetime = _lifetime(attrition=unsure, cac=7.0, margin=HALF)
    found = lifetime.columns(PAST, SAID)
    left_out = ("clv_365d", "clv_to_come", "clv_to_come_low", "clv_to_come_high", "clv_before_cac", "clv_net")
    assert all(np.isnan(found[name]).all() for name in left_out)
    assert all(np.isfinite(found[name]).all() for name in ("clv_90d", "clv_180d", "contribution_to_date"))
    (note,) = lifetime.notes
    assert "cannot be told from 200 days" in note
    assert note.endswith("Left out: clv_365d, clv_to_come, clv_before_cac, clv_net.")
    assert note in lifetime.definitions()["clv"]
    assert np.isfinite(_lifetime(attrition=unsure, lifetime_years=0.5).columns(PAST, SAID)["clv_to_come"]).all()


def test_columns__the_interval_holds_the_mean_of_who_surely_buys():
    found = _lifetime().columns(SNAPSHOT, SAID)
    assert found["clv_to_come_low"][2] < found["clv_to_come"][2] < found["clv_to_come_high"][2]
    assert (found["clv_to_come_low"] <= found["clv_to_come_high"]).all()


def test_columns__later_money_is_worth_less_the_higher_the_rate():
    lifetimes = [
        _lifetime(discount_rate_per_year=rate).columns(SNAPSHOT, SAID)["clv_to_come"] for rate in (0.05, 0.1, 0.3)
    ]
    assert (lifetimes[0] > lifetimes[1]).all()
    assert (lifetimes[1] > lifetimes[2]).all()


def test_fit__a_shop_that_sold_nothing_has_a_lifetime_of_nothing():
    nothing = SNAPSHOT.assign(value_mean=[0.0, np.nan, 0.0])
    lifetime = Lifetime.fit(nothing, Economics(), horizon_days=90)
    said = Prediction(buy_probability=np.zeros(3), expected_orders=np.zeros(3), expected_value=np.zeros(3))
    assert np.nan_to_num(lifetime.columns(nothing, said)["clv_90d"]).tolist() == [0.0, 0.0, 0.0]


def test_lifetime__comes_back_from_json_and_says_what_it_counts():
    lifetime = _lifetime(margin=Credibility(mean=0.4, halfway=80.0), discount_rate_per_year=0.0, lifetime_years=2.0)
    again = Lifetime.from_stored(Stored(lifetime.to_dict(), "x.json"))
    first, second = lifetime.columns(PAST, SAID), again.columns(PAST, SAID)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert "margin of 40 %" in again.definitions()["clv"]
    assert "lifetime of 2 years" in again.definitions()["clv_to_come"]


def test_shares__of_a_peak_do_not_last_for_years():
    """A horizon in which twice the usual orders come says half as much of the year that follows."""
    december = SeasonAhead(season=Season(months=(1.0,) * 11 + (2.0,)), start=pd.Timestamp("2021-12-01"))
    lifetime = _lifetime()
    days = lifetime.horizon_days
    ordinary = december.season.factor(december.start, days=365) / december.season.factor(december.start, days=days)
    plain, seasonal = (lifetime.shares(SNAPSHOT, (float(days), 365.0), ahead=ahead) for ahead in (None, december))
    np.testing.assert_allclose(seasonal[0], plain[0])
    np.testing.assert_allclose(seasonal[1], plain[1] * ordinary)
    assert ordinary < 0.9
