"""Whole weeks of spend and new customers, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_decisions.economics.weeks import Weeks, count_weeks

NOBODY = pd.DataFrame({"first_order_at": pd.Series(dtype="datetime64[us]"), "last_touch": pd.Series(dtype="str")})


def daily(first: str, costs: list[float], channel: str = "search") -> pd.DataFrame:
    at = pd.date_range(first, periods=len(costs)).astype("datetime64[us]")
    return pd.DataFrame({"at": at, "channel": channel, "cost": costs})


def test_weeks__end_with_the_last_day_where_there_are_few_of_them() -> None:
    spend = daily("2024-01-01", [1000.0, 1000.0, 1000.0, 1, 2, 3, 4, 5, 6, 7, 9999.0])
    weeks = count_weeks(NOBODY, spend, rule="last_touch", as_of=pd.Timestamp("2024-01-11 15:00"))
    # ten days have ended; the first three of them fill no week
    assert (weeks.channels, weeks.number, weeks.end) == (("search",), 1, pd.Timestamp("2024-01-11"))
    assert weeks.spend.tolist() == [[28.0]]


def test_weeks__begin_on_the_weekday_on_which_spend_changes() -> None:
    # budgets change on Thursdays; six weeks of them, from Thursday 2024-01-04 to Sunday 2024-02-18
    costs = np.repeat([10.0, 30.0, 20.0, 50.0, 40.0, 10.0, 30.0], 7)[:46]
    weeks = count_weeks(NOBODY, daily("2024-01-04", list(costs)), rule="last_touch", as_of=pd.Timestamp("2024-02-19"))
    assert weeks.end == pd.Timestamp("2024-02-15")
    assert weeks.spend.tolist() == [[70.0, 210.0, 140.0, 350.0, 280.0, 70.0]]


def test_weeks__hold_customers_from_their_first_moment_to_before_their_last() -> None:
    spend = daily("2024-01-01", [1.0] * 14)
    moments = ["2023-12-31 23:59", "2024-01-01", "2024-01-07 23:59", "2024-01-08", "2024-01-14 23:59", "2024-01-15"]
    acquired = pd.DataFrame(
        {
            "first_order_at": pd.to_datetime(moments, format="ISO8601").astype("datetime64[us]"),
            "last_touch": ["tv", *["search"] * 5],
        }
    )
    weeks = count_weeks(acquired, spend, rule="last_touch", as_of=pd.Timestamp("2024-01-15"))
    assert weeks.channels == ("search", "tv")
    assert weeks.customers.tolist() == [[2.0, 2.0], [0.0, 0.0]]
    assert weeks.spend.tolist() == [[7.0, 7.0], [0.0, 0.0]]


def test_weeks__of_no_spend_are_none() -> None:
    weeks = count_weeks(NOBODY, daily("2024-02-01", [5.0]), rule="last_touch", as_of=pd.Timestamp("2024-02-01"))
    assert weeks.number == 0


def test_weeks__are_live_where_the_least_was_spent_or_one_came() -> None:
    weeks = Weeks(
        ("a", "b"), pd.Timestamp("2024-02-01"), np.array([[0.5, 0.0], [0.0, 0.0]]), np.array([[0, 0], [0, 1]])
    )
    assert weeks.live.tolist() == [[True, False], [False, True]]
    assert weeks.paid.tolist() == [True, False]
