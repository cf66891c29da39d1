"""Regularity: MBG/CNBD-k and its k."""

from __future__ import annotations

import numpy as np
import pytest

from tenure_features.errors import UsageError
from tenure_training.models.btyd import MBGCNBD, MBGNBD, RepeatCounts
from tenure_training.models.btyd.mbgcnbd import regularity

CUSTOMERS = ([0, 0, 1, 2, 4, 26], [0, 0, 20, 30.43, 12, 30.86], [39, 2.5, 20, 38.86, 38, 31])


def test_one_phase__is_mbgnbd() -> None:
    one, other = MBGNBD(0.525, 6.183, 0.891, 1.614), MBGCNBD(r=0.525, alpha=6.183, a=0.891, b=1.614, k=1)
    assert other.log_likelihood(*CUSTOMERS) == pytest.approx(one.log_likelihood(*CUSTOMERS), abs=1e-10)
    for name in ("buy_probability", "expected_orders"):
        expected = getattr(one, name)(*CUSTOMERS, horizon_days=13)
        assert getattr(other, name)(*CUSTOMERS, horizon_days=13) == pytest.approx(expected, rel=1e-9)


def test_cdnow__is_bought_at_random(cdnow_sample) -> None:
    # Platzer & Reutterer (2016) and BTYDplus find no regularity in CDNOW: the fit is Batislam et al.'s MBG/NBD
    fit = MBGCNBD.fit(cdnow_sample.counts)
    assert fit.model.k == 1
    plain = MBGNBD.fit(cdnow_sample.counts)
    assert fit.model.parameters == pytest.approx(plain.model.parameters, rel=1e-6)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_fit__finds_the_regularity_of_simulated_lives(k, simulated) -> None:
    generator = np.random.default_rng(k)
    truth = MBGCNBD(r=0.8, alpha=40.0 / k, a=0.6, b=2.5, k=k)
    x, t_x, T, _ = simulated(truth, np.floor(generator.uniform(60, 365, 5_000)), 1.0, generator)
    fit = MBGCNBD.fit(RepeatCounts.of(x, t_x, T))
    assert fit.model.k == k
    for name, true in truth.parameters.items():
        assert abs(getattr(fit.model, name) - true) < 3.5 * fit.standard_errors[name], name
    assert MBGCNBD.fit(RepeatCounts.of(x, t_x, T), k=3).model.k == 3


def test_regular_customers__are_missed_sooner() -> None:
    alive = [
        MBGCNBD(r=2.0, alpha=20.0 / k, a=0.8, b=3.0, k=k).probability_alive(9, 90, [95, 110, 130]) for k in (1, 2, 4)
    ]
    assert (np.diff(alive, axis=1) < 0).all()
    assert alive[0][1] > alive[1][1] > alive[2][1]


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_regularity__is_that_of_simulated_gaps(k) -> None:
    generator = np.random.default_rng(k)
    gaps = generator.integers(1, 9, 3_000)
    rates = generator.gamma(0.7, 1.0, 3_000) + 1e-3
    cv = []
    for x, rate in zip(gaps, rates, strict=True):
        own = generator.gamma(k, 1 / rate, x)
        cv.append(own.std(ddof=1) / own.mean() if x > 1 else np.nan)
    assert regularity(gaps, cv) == k
    assert regularity(gaps[:5], cv[:5]) == 1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_regularity__needs_no_more_than_two_gaps(k) -> None:
    two = np.random.default_rng(k).gamma(k, 1.0, (20_000, 2))
    assert regularity(np.full(20_000, 2), two.std(axis=1, ddof=1) / two.mean(axis=1)) == k


def test_phases__are_whole() -> None:
    with pytest.raises(UsageError, match="whole number of phases"):
        MBGCNBD(r=1.0, alpha=1.0, a=1.0, b=1.0, k=0)


@pytest.mark.parametrize(("k", "whole"), [(1.05, 1), (1.4, 1), (1.6, 2), (2.4, 2), (5.6, 6), (9.0, 6)])
def test_regularity__is_the_nearest_whole_number_of_phases_up_to_six(k: float, whole: int) -> None:
    assert regularity([5] * 20, [(5 / (5 * k + 1)) ** 0.5] * 20) == whole
