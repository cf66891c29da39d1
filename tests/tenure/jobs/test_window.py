"""The window a job predicts: asked for, chosen, or refused."""

from __future__ import annotations

import datetime as dt

import pytest

from tenure.jobs.window import RunWindow, choose_window
from tenure_features.errors import UsageError

LOG = {
    "first_order_at": dt.datetime(2010, 12, 1, 8, 26),
    "suggested_horizon_days": 60,
}


def test_window__what_was_asked_for_is_taken_without_a_word() -> None:
    assert choose_window(as_of=dt.datetime(2011, 6, 11), horizon_days=90, **LOG) == RunWindow(
        dt.datetime(2011, 6, 11), 90
    )


def test_window__every_default_is_said() -> None:
    window = choose_window(as_of=dt.datetime(2011, 6, 11), horizon_days=None, **LOG)
    assert window.horizon_days == 60
    assert window.notes == ("The horizon is 60 days, as the data suggests; choose another with --horizon.",)


@pytest.mark.parametrize("as_of", [dt.datetime(2010, 11, 30), dt.datetime(2010, 12, 1), LOG["first_order_at"]])
def test_window__as_of_must_come_after_the_first_order(as_of: dt.datetime) -> None:
    with pytest.raises(UsageError, match="as_of is before the first order"):
        choose_window(as_of=as_of, horizon_days=90, **LOG)


@pytest.mark.parametrize("days", [0, -3, 3651])
def test_window__the_horizon_is_one_day_to_ten_years(days: int) -> None:
    with pytest.raises(UsageError, match=r"1 to 3650 days\. Found: -?\d+ days\."):
        choose_window(as_of=dt.datetime(2011, 6, 11), horizon_days=days, **LOG)
