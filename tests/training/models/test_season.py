"""What is expected of times of the year moves level and total; what nothing has shown is said, and widens intervals."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from tenure_features.errors import UsageError
from tenure_training.models.season import Season, multiply_orders, spread_of_total, unseen_share

SUMMER = Season(months=(1.0,) * 5 + (3.0,) * 3 + (1.0,) * 4)


def test_factor__is_the_mean_of_the_days_over_that_of_the_months() -> None:
    """30 days of June against (9 + 3 * 3) / 12 = 1.5."""
    assert SUMMER.factor(pd.Timestamp("2021-06-01"), days=30) == 2.0
    assert SUMMER.factor(pd.Timestamp("2021-05-22"), days=20) == pytest.approx((10 * 1 + 10 * 3) / 20 / 1.5)


def test_factor__expected_ahead_leaves_closed_windows_alone() -> None:
    at = pd.Timestamp("2021-06-01")
    season = Season(expected=1.3, ahead_of=at)
    assert season.factor(at, days=90) == 1.3
    assert season.factor(at - pd.Timedelta(days=90), days=90) == 1.0


@pytest.mark.parametrize("months", [(1.0,) * 11, (1.0,) * 11 + (0.0,)])
def test_season__refuses_what_is_no_year(months: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="twelve numbers above zero"):
        Season(months=months)


@given(st.floats(0.001, 0.95), st.integers(1, 4))
def test_multiply_orders__is_the_chance_that_one_of_so_many_times_sees_an_order(p: float, times: int) -> None:
    several = expit(multiply_orders(logit([p]), float(times)))
    assert several[0] == pytest.approx(1 - (1 - p) ** times, abs=1e-12)


def test_unseen_share__knows_the_season_of_any_year() -> None:
    closed = [(pd.Timestamp("2009-11-20"), 60)]  # to 18 January
    assert unseen_share(pd.Timestamp("2012-12-01"), days=30, closed=closed) == 0.0
    assert unseen_share(pd.Timestamp("2012-06-01"), days=30, closed=closed) == 1.0
    # shown until 2 February, 15 days behind the last: the other 8 of February's first ten days are not
    assert unseen_share(pd.Timestamp("2013-02-01"), days=10, closed=closed) == pytest.approx(0.8)
    assert unseen_share(pd.Timestamp("2013-02-01"), days=10, closed=[]) == 1.0


def test_unseen_share__of_a_year_seen_is_nothing() -> None:
    months = [(pd.Timestamp(year=2010, month=month, day=1), 30) for month in range(1, 13)]
    assert unseen_share(pd.Timestamp("2016-02-29"), days=366, closed=months) == 0.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_spread_of_total__grows_with_what_is_unseen(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert spread_of_total(less) <= spread_of_total(more)
