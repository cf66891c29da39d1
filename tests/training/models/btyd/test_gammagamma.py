"""Spend per order: the Gamma-Gamma fit and its predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import gamma

from tenure_features.errors import UsageError
from tenure_training.models.btyd import GammaGamma
from tenure_training.models.btyd.gammagamma import _objective

TRUTH = GammaGamma(p=6.25, q=3.74, gamma=15.44)


def spends(truth: GammaGamma, customers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    orders = generator.geometric(0.4, customers).astype(float)
    own = generator.gamma(truth.q, 1 / truth.gamma, customers)
    return orders, generator.gamma(truth.p * orders, 1 / own) / orders


def test_density__is_the_integral_over_customers() -> None:
    for x, m in ((1, 20.0), (3, 41.5), (12, 8.0)):

        def customer(nu: float, x: int = x, m: float = m) -> float:
            return float(gamma.pdf(m, TRUTH.p * x, scale=1 / (nu * x)) * gamma.pdf(nu, TRUTH.q, scale=1 / TRUTH.gamma))

        expected = quad(customer, 0, 5, epsabs=0, epsrel=1e-10, limit=200)[0]
        assert TRUTH.log_likelihood([x], [m]) == pytest.approx(np.log(expected), rel=1e-8)


def test_expected_spend__is_the_mean_over_customers_like_this_one() -> None:
    orders, mean = spends(TRUTH, 400_000, 0)
    generator = np.random.default_rng(1)
    own = generator.gamma(TRUTH.q, 1 / TRUTH.gamma, 400_000)
    like = (orders == 2) & (np.abs(mean - 30) < 1)
    shape, rate = TRUTH.posterior(2.0, 30.0)
    assert TRUTH.expected_spend(2.0, 30.0) == pytest.approx(TRUTH.p * rate / (shape - 1))
    # the same customers' next order, drawn again from their own nu
    own = np.random.default_rng(0)
    own.geometric(0.4, 400_000)
    nu = own.gamma(TRUTH.q, 1 / TRUTH.gamma, 400_000)
    following = generator.gamma(TRUTH.p, 1 / nu)[like]
    assert TRUTH.expected_spend(2.0, 30.0) == pytest.approx(following.mean(), rel=0.03)


def test_fit__finds_the_parameters_and_scales_with_the_currency() -> None:
    orders, mean = spends(TRUTH, 20_000, 3)
    fit = GammaGamma.fit(orders, mean)
    assert fit.converged
    for name in ("p", "q", "gamma"):
        assert abs(getattr(fit.model, name) - getattr(TRUTH, name)) < 3.5 * fit.standard_errors[name]
    for currency in (1e-3, 90.0):
        other = GammaGamma.fit(orders, mean * currency).model
        assert (other.p, other.q, other.gamma) == pytest.approx(
            (fit.model.p, fit.model.q, fit.model.gamma * currency), rel=1e-6
        )
    shuffled = np.random.default_rng(0).permutation(20_000)
    assert GammaGamma.fit(orders[shuffled], mean[shuffled]) == fit


def test_standard_errors__are_those_of_the_bootstrap() -> None:
    orders, mean = spends(TRUTH, 4_000, 4)
    fit, generator = GammaGamma.fit(orders, mean), np.random.default_rng(5)
    draws = []
    for _ in range(80):
        pick = generator.integers(0, 4_000, 4_000)
        model = GammaGamma.fit(orders[pick], mean[pick]).model
        draws.append([model.p, model.q, model.gamma])
    assert list(fit.standard_errors.values()) == pytest.approx(np.std(draws, axis=0), rel=0.3)


def test_gradient__is_the_derivative_of_the_likelihood() -> None:
    orders, mean = spends(TRUTH, 50, 6)
    objective, theta = _objective(orders, np.log(mean / 20)), np.log([5.0, 2.0, 0.7])
    assert objective(theta)[1] == pytest.approx(approx_fprime(theta, lambda at: objective(at)[0], 1e-7), rel=1e-4)


@pytest.mark.parametrize("customers", [1, 4, 5000])
def test_constant_spend__is_predicted_as_it_is(customers) -> None:
    fit = GammaGamma.fit(np.resize([1.0, 3.0, 2.0, 1.0], customers), np.full(customers, 9.99))
    assert fit.model.expected_spend([0, 1, 50], [np.nan, 9.99, 9.99]) == pytest.approx(9.99)
    assert "does not vary" in fit.message


def test_nearly_constant_spend__is_predicted_as_it_is() -> None:
    generator = np.random.default_rng(0)
    orders, mean = generator.integers(1, 9, 800), 10 + 1e-3 * generator.standard_normal(800)
    fit = GammaGamma.fit(orders, mean)
    assert fit.model.expected_spend(orders, mean) == pytest.approx(10, rel=1e-2)
    assert not np.isnan(list(fit.standard_errors.values())).any()


def test_posterior__treats_the_unknown_as_average_and_losses_as_nothing() -> None:
    known = TRUTH.expected_spend([0, 3, 3, 3], [np.nan, np.nan, -40.0, 0.0])
    assert known[:2] == pytest.approx([TRUTH.mean_spend] * 2)
    assert known[2] == known[3] < TRUTH.mean_spend / 2
    with pytest.raises(UsageError, match="spent anything"):
        GammaGamma.fit([1, 2], [0.0, np.nan])


def test_sampled_spend__has_the_expected_mean() -> None:
    future = np.full((2, 100_000), 3.0)
    drawn = TRUTH.sample_spend([2, 8], [30.0, 80.0], future_orders=future, generator=np.random.default_rng(0))
    assert drawn.mean(axis=1) == pytest.approx(3 * TRUTH.expected_spend([2, 8], [30.0, 80.0]), rel=0.01)
    none = TRUTH.sample_spend([2], [30.0], future_orders=np.zeros((1, 5)), generator=np.random.default_rng(0))
    assert none.tolist() == [[0.0] * 5]


@given(st.lists(st.tuples(st.integers(1, 5000), st.floats(1e-9, 1e12)), min_size=1, max_size=30))
def test_fit__is_never_nan(rows) -> None:
    orders, mean = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    fit = GammaGamma.fit(orders, mean)
    assert np.isfinite([fit.model.p, fit.model.q, fit.model.gamma]).all()
    assert np.isfinite(fit.model.expected_spend(orders, mean)).all()
