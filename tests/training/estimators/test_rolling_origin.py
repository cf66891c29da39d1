"""`RollingOrigin`: no training window is open at the test origin, and no two test windows share a day."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tenure.sklearn import RollingOrigin
from tenure_features.errors import UsageError

START = pd.Timestamp("2024-01-01")


@given(
    days=st.lists(st.integers(0, 200), min_size=1, max_size=60),
    horizon=st.integers(1, 60),
    n_splits=st.integers(1, 4),
)
def test_split__never_trains_on_an_open_window(days: list[int], horizon: int, n_splits: int) -> None:
    frame = pd.DataFrame({"as_of": [START + pd.Timedelta(days=day) for day in days]})
    try:
        splits = list(RollingOrigin(horizon, n_splits=n_splits).split(frame))
    except UsageError:
        assume(False)
    origins = [days[test[0]] for _, test in splits]
    assert len(splits) == n_splits
    assert all(later - earlier >= horizon for earlier, later in pairwise(origins))
    for origin, (train, test) in zip(origins, splits, strict=True):
        assert len(train)
        assert max(days[row] for row in train) + horizon <= origin
        assert {days[row] for row in test} == {origin}
        assert set(train) == {row for row, day in enumerate(days) if day + horizon <= origin}
        assert set(test) == {row for row, day in enumerate(days) if day == origin}


def test_split__takes_the_latest_origins_a_horizon_apart() -> None:
    weekly = pd.DataFrame({"as_of": pd.date_range(START, periods=10, freq="7D")})
    splits = [(train.tolist(), test.tolist()) for train, test in RollingOrigin(14, n_splits=3).split(weekly)]
    assert splits == [([0, 1, 2, 3], [5]), ([0, 1, 2, 3, 4, 5], [7]), ([0, 1, 2, 3, 4, 5, 6, 7], [9])]


def test_split__reads_groups_before_the_frame() -> None:
    moments = ["2024-01-01", "2024-01-01", "2024-03-01"]
    frame = pd.DataFrame({"as_of": pd.to_datetime(["2024-05-01"] * 3)})
    cv = RollingOrigin(30, n_splits=1)
    assert [(train.tolist(), test.tolist()) for train, test in cv.split(frame, groups=moments)] == [([0, 1], [2])]


@pytest.mark.parametrize(
    ("frame", "groups", "problem"),
    [
        (pd.DataFrame({"recency_days": [1.0]}), None, "neither a column as_of nor groups"),
        (pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01", None])}), None, "A row has no moment"),
        (pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01", "2024-01-20"])}), None, "too few origins for 1 splits"),
        (pd.DataFrame({"recency_days": [1.0, 2.0]}), [20240101, 20240301], "Found: numbers"),
    ],
    ids=["no moment", "missing moment", "too few", "numbers"],
)
def test_split__refuses_what_it_cannot_place_in_time(frame: pd.DataFrame, groups: object, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        list(RollingOrigin(30, n_splits=1).split(frame, groups=groups))


@pytest.mark.parametrize(("horizon", "splits"), [(0, 3), (30, 0)])
def test_rolling_origin__refuses_nothing_to_do(horizon: int, splits: int) -> None:
    with pytest.raises(UsageError, match="at least one"):
        RollingOrigin(horizon, n_splits=splits)
