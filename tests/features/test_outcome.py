"""Outcomes: what happened in [origin, origin + horizon), for everybody known at the origin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_features import outcomes
from tenure_features.errors import UsageError


def log_table():
    rows = [
        ("ann", "1", "2024-01-01 00:00:00", 20.0),
        ("ann", "2", "2024-01-10 00:00:00", 30.0),  # the first moment of the window counts
        ("ann", "3", "2024-01-19 23:59:59", 0.0),  # an order without money is no order of the outcome
        ("ann", "4", "2024-01-15 00:00:00", -5.5),
        ("ann", "5", "2024-01-20 00:00:00", 99.0),  # the end of the window does not
        ("bob", "6", "2024-01-09 23:59:59", 0.0),  # in the population by an order of zero
        ("cat", "7", "2024-01-05 00:00:00", -1.0),  # returned only: outside
        ("dan", "8", "2024-01-12 00:00:00", 40.0),  # came later
        ("eve", "9", "2024-02-20 00:00:00", 1.0),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "revenue"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"]))


def test_outcomes__count_positive_orders_and_net_revenue(opened):
    got = outcomes(opened(log_table()), "2024-01-10", 10)
    assert got.columns.tolist() == ["customer_id", "as_of", "orders", "value", "wait_days"]
    assert got[["customer_id", "orders", "value"]].to_numpy().tolist() == [["ann", 1.0, 24.5], ["bob", 0.0, 0.0]]


def test_outcomes__returns_left_out_when_the_policy_says_drop(opened):
    got = outcomes(opened(log_table(), returns="drop"), "2024-01-10", 10)
    assert got["value"].tolist() == [30.0, 0.0]


def test_outcomes__refuse_windows_that_have_not_closed(opened):
    shop = opened(log_table())
    with pytest.raises(UsageError, match=r"window of 50 days from 2024-01-10 has not closed.*2024-02-29.*2024-02-21"):
        outcomes(shop, "2024-01-10", 50)
    assert outcomes(shop, "2024-01-10", 50, allow_open=True)["value"].tolist() == [123.5, 0.0]
    with pytest.raises(UsageError, match="longer than zero"):
        outcomes(shop, "2024-01-10", 0)


def test_outcomes__equal_a_loop_over_rows(opened, random_log):
    lines = random_log(9)
    origins, days = ["2023-05-01", "2023-08-01 06:00:00"], 45
    got = outcomes(opened(lines), origins, days).set_index(["as_of", "customer_id"])
    for origin in map(pd.Timestamp, origins):
        end = origin + pd.Timedelta(days=days)
        before, known = lines[lines["ordered_at"] < origin], lines[lines["ordered_at"] < end]
        sums = before.groupby(["customer_id", "order_id"])["revenue"].sum().round(6)
        population = sorted({customer for (customer, _), money in sums.items() if money >= 0})
        assert got.loc[origin].index.tolist() == population
        for customer in population:
            mine = [group for _, group in known[known["customer_id"] == customer].groupby("order_id")]
            starts = [(group["ordered_at"].min(), group["revenue"].sum()) for group in mine]
            begun = [money for at, money in starts if at >= origin]
            waits = [(at - origin) / pd.Timedelta(days=1) for at, money in starts if at >= origin and money > 1e-9]
            wait = pytest.approx(min(waits, default=np.nan), abs=1e-6, nan_ok=True)
            assert got.loc[(origin, customer), "wait_days"] == wait
            assert got.loc[(origin, customer), "orders"] == sum(money > 1e-9 for money in begun)
            assert got.loc[(origin, customer), "value"] == pytest.approx(sum(begun), abs=1e-6)
