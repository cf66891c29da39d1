from __future__ import annotations

import numpy as np

from tenure_decisions.resampling import GROUPS, Resampler, divide, interval


def test_resampler__draws_spread_like_a_mean() -> None:
    values = np.random.default_rng(1).gamma(2.0, 5.0, (20_000, 1))
    draws = Resampler(20_000, seed=2, resamples=1500)
    means = draws.draw(draws.sums(values))[:, 0] / 20_000
    assert means[0] == values.sum() / 20_000
    # many customers are drawn by groups: the standard error must be that of single customers
    assert np.isclose(means[1:].std(), values.std() / np.sqrt(20_000), rtol=0.08)
    assert draws.weights.shape == (1500, GROUPS)


def test_resampler__sums_of_some_customers_are_theirs() -> None:
    draws = Resampler(5, seed=0, resamples=3)
    values = np.arange(10.0).reshape(5, 2)
    assert draws.sums(values[[1, 3]], np.array([1, 3])).sum(axis=0).tolist() == [2.0 + 6.0, 3.0 + 7.0]


def test_interval__is_not_known_where_most_draws_do_not_exist() -> None:
    assert np.isnan(interval(np.array([1.0, np.nan, np.nan]), 0.8)).all()
    np.testing.assert_allclose(interval(np.arange(101.0), 0.8), (10.0, 90.0))


def test_ratio__of_nothing_is_not_known() -> None:
    assert np.isnan(divide(np.array([1.0]), np.array([0.0]))[0])
