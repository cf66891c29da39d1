from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tenure_decisions.economics.ages import interpolation, mean_cumulative, measure_ages, month_edges
from tenure_decisions.economics.ledger import OrderLedger
from tests.decisions.conftest import frame


def test_ages__count_from_each_customer_s_own_first_order() -> None:
    acquired = frame("customer_id first_order_at", ("a", "2024-01-01"), ("b", "2024-01-31"))
    moves = frame(
        "customer_id at revenue value is_order",
        ("a", "2024-01-01", 10.0, 4.0, True), ("a", "2024-01-31", 5.0, 2.0, True), ("b", "2024-01-31", 7.0, 3.0, True),
        ("b", "2024-01-30", 0.0, -1.0, False), ("b", "2024-02-09", -7.0, -3.0, False),
        ("x", "2024-01-31", 9.0, 9.0, True),
    )  # fmt: skip
    moves["at"] = pd.to_datetime(moves["at"])
    found = measure_ages(
        OrderLedger(moves, "margin"), acquired, as_of=pd.Timestamp("2024-03-01"), edges=np.array([0.0, 30.0, 60.0])
    )
    assert found.age.tolist() == [60.0, 30.0]
    assert found.value.tolist() == [[4.0, 2.0], [-1.0, 0.0]]  # what came before the first order counts as age 0
    assert found.active.tolist() == [[True, True], [True, False]]
    assert found.closed.tolist() == [[True, True], [True, False]]
    assert found.so_far.tolist() == [6.0, -1.0]
    assert found.at_once.tolist() == [4.0, 2.0]


def test_ages__an_order_of_no_money_and_money_without_an_order_are_no_purchase() -> None:
    acquired = frame("customer_id first_order_at", ("a", "2024-01-01"))
    moves = frame(
        "customer_id at revenue value is_order",
        ("a", "2024-01-01", 10.0, 4.0, True), ("a", "2024-02-01", 0.0, 0.0, True), ("a", "2024-03-02", 5.0, 5.0, False),
    )  # fmt: skip
    moves["at"] = pd.to_datetime(moves["at"])
    found = measure_ages(
        OrderLedger(moves, "margin"),
        acquired,
        as_of=pd.Timestamp("2024-04-30"),
        edges=np.array([0.0, 30.0, 60.0, 90.0]),
    )
    assert found.active.tolist() == [[True, False, False]]


def test_month_edges__hold_months_and_horizons() -> None:
    assert month_edges(61, (45,)).tolist() == [0, 30, 45, 60, 90]


def test_mean_cumulative__is_the_plain_mean_where_everybody_is_old() -> None:
    value = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert mean_cumulative(value.sum(axis=0), np.array([2.0, 2.0])).tolist() == [0.0, 2.0, 5.0]


@given(st.lists(st.floats(0, 89.9), min_size=1, max_size=5), st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_interpolation__is_linear_between_edges(ages: list[float], curve: list[float]) -> None:
    edges = np.array([0.0, 30.0, 45.0, 90.0])
    weights = interpolation(np.array(ages), edges)
    np.testing.assert_allclose(weights @ curve, np.interp(ages, edges, curve), atol=1e-9)
