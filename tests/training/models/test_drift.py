"""The rhythm's misses in closed windows, and what they say of the window to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from tenure_training.models.contract import TrainingFrame
from tenure_training.models.drift import (
    LARGEST,
    LASTING,
    NOISE_OF_BUYERS,
    PASSING,
    SEASONAL,
    Drift,
    covariance,
    shift_to,
)

AS_OF = pd.Timestamp("2021-01-01")


def _drift(*windows: tuple[float, float, float], variance: float = 0.001) -> Drift:
    start, days, miss = (np.array(column) for column in zip(*windows, strict=True))
    noise = np.full(len(start), variance)
    return Drift(start, days, miss, miss, noise, noise)


def test_drift__of_one_window_is_its_share_of_variance_times_the_miss():
    """With one window kriging is one division; the covariances are summed here day by day."""
    start, days, horizon = -60.0, 60.0, 60.0
    ticks = (np.arange(8) + 0.5) / 8 * 60

    def covariance_of(shift: float) -> float:
        apart = np.array([[a - (b + shift) for a in ticks] for b in ticks])
        fading, seasonal = np.exp(-np.abs(apart) / 45), np.cos(2 * np.pi * apart / 365)
        return float((LASTING**2 + PASSING**2 * fading + SEASONAL**2 * seasonal).mean())

    expected = 0.3 * covariance_of(60.0) / (covariance_of(0.0) + 0.001 + NOISE_OF_BUYERS**2)
    assert _drift((start, days, 0.3)).of_buyers(horizon) == pytest.approx(expected)


def test_drift__follows_what_repeats_but_never_all_the_way():
    once = _drift((-60, 60, 0.3)).of_buyers(60)
    often = _drift(*((-60 - 30 * number, 60, 0.3) for number in range(20))).of_buyers(60)
    assert 0 < once < often < 0.3


def test_drift__turns_with_the_year():
    """What was missed half a year ago counts less than what was missed a year ago."""
    half, whole = _drift((-182, 30, 0.4)).of_buyers(30), _drift((-365, 30, 0.4)).of_buyers(30)
    assert whole > 0.03
    assert whole > half + 0.03


def test_drift__believes_totals_of_money_less_than_counts():
    drift = _drift((-90, 90, 0.3))
    assert 0 < drift.of_value(90) < drift.of_buyers(90)


def test_drift__is_none_without_windows():
    assert (Drift.none().of_buyers(90), Drift.none().of_value(90)) == (0.0, 0.0)


@given(st.lists(st.tuples(st.floats(-900, -30), st.floats(7, 30), st.floats(-1, 1)), min_size=1, max_size=12))
def test_drift__is_finite_and_within_the_misses(windows):
    said = _drift(*windows).of_buyers(60)
    assert abs(said) <= 1.5 * max(abs(miss) for _, _, miss in windows) + 1e-9


def test_covariance__is_positive_definite():
    moments = np.random.default_rng(1).uniform(-500, 100, (15, 8))
    among = covariance(moments, moments)
    np.testing.assert_allclose(among, among.T)
    assert np.linalg.eigvalsh(among).min() > -1e-12


def test_drift__of_a_frame_measures_each_window():
    """Two windows, in the first of which the rhythm was right, and in the second wrong by known amounts."""
    odds = np.log([1.0, 3.0, 1.0, 1.0])
    severity = np.log([10.0, 20.0, 10.0, 10.0])
    frame = TrainingFrame(
        rows=pd.DataFrame({"customer_id": list("abab"), "as_of": AS_OF - pd.to_timedelta([60, 60, 30, 30], unit="D")}),
        labels=pd.DataFrame({"bought": [True, False, True, True], "orders": 1.0, "value": [20.0, 0.0, 15.0, 15.0]}),
        window_days=np.full(4, 30.0), weight=np.ones(4), present=pd.DataFrame(), as_of=AS_OF, horizon_days=30,
    )  # fmt: skip
    drift = Drift.of(frame, rhythm=odds, log_severity=severity)
    assert drift.start.tolist() == [-60, -30]
    assert drift.days.tolist() == [30, 30]
    assert expit(odds[:2] + drift.buyers[0]).sum() == pytest.approx(1)
    assert drift.buyers[1] == LARGEST  # both bought: no shift is enough
    np.testing.assert_allclose(drift.value, [0.0, 1.0], atol=1e-9)  # 5 + 15 expected, 20 came; 10 expected, 30 came
    np.testing.assert_allclose(drift.buyers_variance, [1 / (0.25 + 0.1875), 1 / 0.5])
    np.testing.assert_allclose(drift.value_variance, [1.0, 0.5])


@given(st.integers(0, 1000), st.floats(-0.9, 0.9))
def test_shift_to__finds_the_shift_that_was_made(seed, shift):
    odds = np.random.default_rng(seed).normal(-1, 2, 50)
    assert shift_to(odds, float(expit(odds + shift).sum())) == pytest.approx(shift, abs=1e-6)


@pytest.mark.parametrize(("total", "expected"), [(0.0, -LARGEST), (4.0, LARGEST)])
def test_shift_to__stays_within_bounds(total, expected):
    assert shift_to(logit(np.full(4, 0.5)), total) == expected
