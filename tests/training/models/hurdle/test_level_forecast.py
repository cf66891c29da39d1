"""The rhythm's misses in closed windows, and what they say of the window to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from tenure_training.models.contract import TrainingFrame
from tenure_training.models.hurdle.level_forecast import (
    DRIFT_DOUBT,
    LARGEST,
    LASTING,
    NOISE,
    PASSING,
    SEASONAL,
    LevelForecast,
    covariance,
    shift_to,
)

AS_OF = pd.Timestamp("2021-01-01")


def _drift(*windows: tuple[float, float, float], variance: float = 0.001) -> LevelForecast:
    start, days, miss = (np.array(column) for column in zip(*windows, strict=True))
    noise = np.full(len(start), variance)
    return LevelForecast(
        start=start, days=days, buyers={"one": miss}, value=miss, buyers_variance=noise, value_variance=noise
    )


def test_drift__of_one_window_is_its_share_of_variance_times_the_miss():
    """With one window kriging is one division; the covariances are summed here day by day."""
    start, days, horizon = -60.0, 60.0, 60.0
    ticks = (np.arange(8) + 0.5) / 8 * 60

    def covariance_of(shift: float) -> float:
        apart = np.array([[a - (b + shift) for a in ticks] for b in ticks])
        fading, seasonal = np.exp(-np.abs(apart) / 45), np.exp(-2 * np.sin(np.pi * apart / 365) ** 2 / 0.16)
        return float((LASTING**2 + PASSING**2 * fading + SEASONAL**2 * seasonal).mean())

    expected = 0.3 * covariance_of(60.0) / (covariance_of(0.0) + 0.001 + NOISE**2)
    assert _drift((start, days, 0.3)).of_buyers(horizon) == pytest.approx(expected)


def test_drift__follows_what_repeats_but_never_all_the_way():
    once = _drift((-60, 60, 0.3)).of_buyers(60)
    often = _drift(*((-60 - 30 * number, 60, 0.3) for number in range(20))).of_buyers(60)
    assert 0 < once < often < 0.3


def test_drift__counts_a_day_of_luck_once_however_many_windows_hold_it():
    """Windows moved by a day are hardly more than one witness; windows that share no day are many."""
    one = _drift((-180, 60, 0.3)).of_buyers(60)
    crowd = _drift(*((-180 + number, 60, 0.3) for number in range(3))).of_buyers(60)
    apart = _drift(*((-60 * number, 60, 0.3) for number in (1, 2, 3))).of_buyers(60)
    assert one == pytest.approx(crowd, rel=0.1)
    assert apart > 1.5 * one


def test_drift__hears_a_short_window_less():
    assert _drift((-60, 15, 0.3)).of_buyers(60) < 0.6 * _drift((-60, 60, 0.3)).of_buyers(60)


def test_drift__turns_with_the_year():
    """What was missed half a year ago counts less than what was missed a year ago."""
    half, whole = _drift((-182, 30, 0.4)).of_buyers(30), _drift((-365, 30, 0.4)).of_buyers(30)
    assert whole > 0.03
    assert whole > half + 0.03


def test_drift__is_none_without_windows():
    none, odds = LevelForecast.none(), {"one": np.array([0.0, 1.0]), "other": np.array([2.0, 1.0])}
    assert (none.of_buyers(90), none.of_value(90), none.shares) == (0.0, 0.0, {})
    np.testing.assert_array_equal(none.correct(odds, 90), [1.0, 1.0])


def _of_models(windows: int, variance: float = 0.001, **misses: float) -> LevelForecast:
    start, noise = -30.0 * np.arange(1, windows + 1), np.full(windows, variance)
    buyers = {name: np.full(windows, miss) for name, miss in misses.items()}
    return LevelForecast(
        start=start,
        days=np.full(windows, 30.0),
        buyers=buyers,
        value=np.zeros(windows),
        buyers_variance=noise,
        value_variance=noise,
    )


def test_shares__go_to_the_model_that_was_right_the_more_windows_say_so():
    shares = [_of_models(windows, right=0.0, low=0.4, high=-0.05).shares for windows in (1, 4, 30)]
    right, low = ([share[name] for share in shares] for name in ("right", "low"))
    assert 1 / 3 < right[0] < right[1] < right[2]
    assert 1 / 3 > low[0] > low[1] > low[2] >= 0
    assert all(sum(share.values()) == pytest.approx(1) for share in shares)


def test_shares__minimise_what_is_said():
    """Against a grid: squared misses over their variance, plus the distance from equal shares."""
    misses = {"one": np.array([0.3, 0.1]), "other": np.array([-0.2, 0.1])}
    level_forecast = LevelForecast(
        start=np.array([-60.0, -30.0]),
        days=np.full(2, 30.0),
        buyers=misses,
        value=np.zeros(2),
        buyers_variance=np.full(2, 0.02),
        value_variance=np.full(2, 0.02),
    )
    grid = np.linspace(0, 1, 10_001)
    together = grid[:, None] * misses["one"] + (1 - grid[:, None]) * misses["other"]
    loss = (together**2).sum(axis=1) / (0.02 + NOISE**2) + DRIFT_DOUBT * 2 * (grid - 0.5) ** 2
    assert level_forecast.shares["one"] == pytest.approx(grid[loss.argmin()], abs=2e-3)


def test_shares__are_equal_where_the_models_agree():
    assert _of_models(6, one=0.3, two=0.3, three=0.3).shares == pytest.approx(
        dict.fromkeys(("one", "two", "three"), 1 / 3)
    )


def test_corrected__is_the_weighted_mean_moved_by_what_is_left():
    level_forecast, odds = (
        _of_models(4, right=0.02, low=0.4),
        {"right": np.array([0.0, 1.0]), "low": np.array([-1.0, 0.5])},
    )
    mean = level_forecast.shares["right"] * odds["right"] + level_forecast.shares["low"] * odds["low"]
    np.testing.assert_allclose(level_forecast.correct(odds, 30), mean + level_forecast.of_buyers(30))
    assert 0 < level_forecast.of_buyers(30) < _of_models(4, low=0.4).of_buyers(30)


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
    level_forecast = LevelForecast.of(frame, odds={"one": odds, "other": odds}, log_severity=severity)
    assert level_forecast.start.tolist() == [-60, -30]
    assert level_forecast.days.tolist() == [30, 30]
    np.testing.assert_array_equal(level_forecast.buyers["one"], level_forecast.buyers["other"])
    assert expit(odds[:2] + level_forecast.buyers["one"][0]).sum() == pytest.approx(1)
    assert level_forecast.buyers["one"][1] == LARGEST  # both bought: no shift is enough
    np.testing.assert_allclose(
        level_forecast.value, [0.0, 1.0], atol=1e-9
    )  # 5 + 15 expected, 20 came; 10 expected, 30 came
    np.testing.assert_allclose(level_forecast.buyers_variance, [1 / (0.25 + 0.1875), 1 / 0.5])
    np.testing.assert_allclose(level_forecast.value_variance, [1.0, 0.5])


@given(st.integers(0, 1000), st.floats(-0.9, 0.9))
def test_shift_to__finds_the_shift_that_was_made(seed, shift):
    odds = np.random.default_rng(seed).normal(-1, 2, 50)
    assert shift_to(odds, float(expit(odds + shift).sum())) == pytest.approx(shift, abs=1e-6)


@pytest.mark.parametrize(("total", "expected"), [(0.0, -LARGEST), (4.0, LARGEST)])
def test_shift_to__stays_within_bounds(total, expected):
    assert shift_to(logit(np.full(4, 0.5)), total) == expected
