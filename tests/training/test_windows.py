"""Windows are closed, have history before them, are distinct, and depend on nothing but three numbers."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_training.windows import SHORTEST_WINDOW_DAYS, YEAR_DAYS, Window, backtest_windows, training_windows

FIRST = pd.Timestamp("2019-03-01")
HISTORIES = st.integers(min_value=0, max_value=2500)
HORIZONS = st.integers(min_value=1, max_value=730)


def _as_of(history: int) -> pd.Timestamp:
    return FIRST + pd.Timedelta(days=history)


def _before(window: Window) -> int:
    return (window.origin - FIRST).days


@pytest.mark.parametrize(
    ("as_of", "closed"),
    [("2019-03-31 00:00", True), ("2019-03-30 23:59", False), ("2019-04-15", True)],
)
def test_window__is_closed_once_its_last_day_is_over(as_of, closed):
    assert Window(FIRST, 30).is_closed_by(pd.Timestamp(as_of)) is closed


@given(history=HISTORIES, horizon=HORIZONS, each=st.integers(1, 5))
def test_training_windows__are_closed_distinct_and_have_history_before_them(history, horizon, each):
    windows = training_windows(FIRST, _as_of(history), horizon_days=horizon, each=each)
    assert all(window.is_closed_by(_as_of(history)) for window in windows)
    assert len(set(windows)) == len(windows)
    assert all(2 * (_before(window) + 1) >= window.days for window in windows)
    assert all(0 < window.days <= horizon for window in windows)
    lengths = [window.days for window in windows if window.origin != _as_of(history) - pd.Timedelta(days=YEAR_DAYS)]
    assert max((lengths.count(days) for days in set(lengths)), default=0) <= each
    assert len(set(lengths)) <= 4  # two lengths, and two carried


@given(history=HISTORIES, horizon=HORIZONS)
def test_training_windows__are_a_function_of_history_and_horizon(history, horizon):
    first = training_windows(FIRST, _as_of(history), horizon_days=horizon)
    assert first == training_windows(FIRST, _as_of(history), horizon_days=horizon)
    later = pd.Timedelta(days=1000)
    moved = training_windows(FIRST + later, _as_of(history) + later, horizon_days=horizon)
    assert [Window(window.origin + later, window.days) for window in first] == moved


@given(horizon=HORIZONS, spare=st.integers(0, 500))
def test_training_windows__hold_a_full_horizon_where_one_has_closed_after_as_much_history(horizon, spare):
    windows = training_windows(FIRST, _as_of(2 * horizon + 45 + spare), horizon_days=horizon)
    assert horizon in {window.days for window in windows}


def test_training_windows__carry_shorter_windows_where_no_horizon_has_closed():
    lengths = {window.days for window in training_windows(FIRST, _as_of(270), horizon_days=365)}
    assert lengths
    assert max(lengths) < 365


@pytest.mark.parametrize(("history", "seen"), [(364 + 45, False), (365 + 45, True), (2000, True)])
def test_training_windows__hold_the_season_of_a_year_ago_once_there_was_history_before_it(history, seen):
    windows = training_windows(FIRST, _as_of(history), horizon_days=90)
    assert (Window(_as_of(history) - pd.Timedelta(days=365), 90) in windows) is seen


def test_training_windows__are_of_the_two_longest_lengths_that_have_closed():
    assert {window.days for window in training_windows(FIRST, _as_of(400), horizon_days=120)} == {120, 60}
    assert {window.days for window in training_windows(FIRST, _as_of(150), horizon_days=120)} == {60, 30, 50}


def test_training_windows__are_none_without_history():
    assert training_windows(FIRST, _as_of(0), horizon_days=90) == []


@given(history=HISTORIES, horizon=HORIZONS, most=st.integers(1, 6))
def test_backtest_windows__are_closed_disjoint_and_of_one_length(history, horizon, most):
    windows = backtest_windows(FIRST, _as_of(history), horizon_days=horizon, most=most)
    assert len(windows) <= most
    assert len({window.days for window in windows}) <= 1
    assert all(window.is_closed_by(_as_of(history)) for window in windows)
    assert all(earlier.closes <= later.origin for later, earlier in pairwise(windows))
    assert all(window.days <= horizon for window in windows)
    assert all(_before(window) >= window.days for window in windows)


@given(horizon=st.integers(SHORTEST_WINDOW_DAYS, 400), spare=st.integers(0, 500))
def test_backtest_windows__are_as_long_as_the_horizon_where_history_allows(horizon, spare):
    windows = backtest_windows(FIRST, _as_of(4 * horizon + spare), horizon_days=horizon)
    assert len(windows) >= 2
    assert {window.days for window in windows} == {horizon}


@pytest.mark.parametrize("history", [0, 1, 10, 27])
def test_backtest_windows__are_none_under_four_weeks(history):
    assert backtest_windows(FIRST, _as_of(history), horizon_days=90) == []
