"""Quantiles of spend in the horizon against drawing orders and their spend."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betaprime

from tenure_training.models.btyd import GammaGamma, value_quantiles
from tenure_training.models.btyd.value_distribution import _count_classes
from tenure_training.models.contract import LEVELS

CUSTOMERS = np.array([
    # x, t_x, T, orders, mean spend
    [0, 0.0, 39.0, 1, 25.0],
    [1, 20.0, 20.0, 2, 25.0],
    [4, 36.0, 38.0, 5, 8.0],
    [26, 30.86, 31.0, 27, 40.0],
    [26, 30.86, 31.0, 0, np.nan],
    [200, 30.0, 31.0, 201, 12.0],
]).T  # fmt: skip


def quantiles(model, spend, customers, levels=LEVELS, horizon=26.0):
    x, t_x, T, orders, mean = customers
    return value_quantiles(model, spend, x, t_x, T, orders=orders, mean_spend=mean, horizon_days=horizon, levels=levels)


def test_quantiles__are_those_of_drawn_orders_and_spends(model) -> None:
    spend, generator = GammaGamma(p=6.25, q=3.74, gamma=15.44), np.random.default_rng(8)
    x, t_x, T, orders, mean = CUSTOMERS
    drawn = model.sample_orders(x, t_x, T, horizon_days=26.0, draws=40_000, generator=generator)
    value = spend.sample_spend(orders, mean, future_orders=drawn, generator=generator)
    found = quantiles(model, spend, CUSTOMERS)
    assert (np.diff(found, axis=1) >= 0).all()
    for row, level in enumerate(found):
        at_most = (value[row] <= level[:, None]).mean(axis=1)
        below = (value[row] < level[:, None]).mean(axis=1)
        # a quantile has at least its level at or below it and at most its level below it
        assert (at_most >= np.array(LEVELS) - 0.012).all()
        assert (below <= np.array(LEVELS) + 0.012).all()


def test_quantiles__given_an_order_are_those_of_drawn_buyers(model) -> None:
    spend, generator = GammaGamma(p=6.25, q=3.74, gamma=15.44), np.random.default_rng(9)
    x, t_x, T, orders, mean = CUSTOMERS
    drawn = model.sample_orders(x, t_x, T, horizon_days=26.0, draws=40_000, generator=generator)
    value = spend.sample_spend(orders, mean, future_orders=drawn, generator=generator)
    found = value_quantiles(
        model, spend, x, t_x, T, orders=orders, mean_spend=mean, horizon_days=26.0, levels=(), if_buys=(0.1, 0.9)
    )
    often = np.flatnonzero((value > 0).sum(axis=1) > 1000)
    assert len(often) >= 3
    for row in often:
        (low, high), buyers = found[row], value[row][value[row] > 0]
        assert (buyers <= low).mean() == pytest.approx(0.1, abs=0.03)
        assert (buyers <= high).mean() == pytest.approx(0.9, abs=0.03)


def test_quantiles__are_zero_up_to_the_chance_of_no_order(model) -> None:
    spend = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    silent = 1 - model.buy_probability(0, 0, 39, horizon_days=26)[0]
    found = quantiles(model, spend, CUSTOMERS[:, :1], levels=(silent - 0.01, silent + 0.01))
    assert found[0, 0] == 0
    assert found[0, 1] > 0


def test_quantiles__of_constant_spend_are_multiples_of_it(model) -> None:
    spend = GammaGamma.fit([1, 2, 3], [9.99, 9.99, 9.99]).model
    customers = np.array([[2.0, 30.0, 32.0, 3, 9.99]]).T
    multiples = quantiles(model, spend, customers) / 9.99
    assert multiples == pytest.approx(np.round(multiples), abs=0.02)


def test_quantiles__of_customers_with_many_orders_are_shared_without_loss(model, monkeypatch) -> None:
    spend = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    many = np.array([[n - 1.0, 38.0, 39.0, n, 20.0] for n in (41, 44, 60, 130, 390)]).T
    shared = quantiles(model, spend, many, levels=(0.1, 0.5, 0.9))
    monkeypatch.setattr("tenure_training.models.btyd.value_distribution._group_shapes", lambda shape, spend: shape)
    assert shared == pytest.approx(quantiles(model, spend, many, levels=(0.1, 0.5, 0.9)), rel=5e-3)


def test_quantiles__of_a_customer_do_not_depend_on_the_others(model) -> None:
    spend = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    together = quantiles(model, spend, CUSTOMERS)
    reverse = quantiles(model, spend, CUSTOMERS[:, ::-1])[::-1]
    alone = np.vstack([quantiles(model, spend, CUSTOMERS[:, [i]]) for i in range(CUSTOMERS.shape[1])])
    assert together == pytest.approx(reverse, rel=1e-12)
    assert together == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(("p", "q"), [(6.25, 1000.0), (6.25, 3.74), (1e4, 1e4)])
def test_quantiles__far_out_are_those_of_one_order_where_there_is_hardly_a_second(model, p, q) -> None:
    """Spend of one order over the customer's own rate is a beta-prime variable, down to one buyer in ten thousand."""
    customer = np.array([[1, 10.0, 39.0, 2, 25.0]]).T
    spend, (x, t_x, T, orders, mean) = GammaGamma(p=p, q=q, gamma=15.44), customer
    shape, rate = spend.posterior(orders, mean)
    at = np.array([1e-4, 0.01, 0.25, 0.5, 0.9])
    exact = betaprime.ppf(at, p, shape[0]) * rate[0]
    silent = 1 - model.buy_probability(x, t_x, T, horizon_days=0.02)[0]
    found = quantiles(model, spend, customer, levels=silent + at * (1 - silent), horizon=0.02)[0]
    assert found == pytest.approx(exact, rel=0.02)


def test_count_classes__follow_one_another_without_a_gap() -> None:
    lower, stands_for = _count_classes(exact=3, growth=1.5, largest=20)
    assert lower.tolist() == [1, 2, 3, 5, 8, 12, 18, 27]
    assert stands_for.tolist() == [1, 2, 3.5, 6, 9.5, 14.5, 22, 27]
    assert _count_classes()[0][[0, 15, 16, 17, 18]].tolist() == [1, 16, 17, 19, 21]
