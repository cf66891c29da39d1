"""From lines to orders: what an order is, in literal rows and in plain Python."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from tenure_features import OrderLog, OrderSource, Shop, open_orders, orders, snapshots
from tenure_features.reading.engine import fetch

LINES = """customer_id,order_id,ordered_at,revenue,cost,discount,channel
a,1,2024-01-01,50,20,,web
a,1,2024-01-01,-10,-4,5,app
a,2,2024-01-03,35,15,1,
a,2,2024-01-05,1,,,store
a,3,2024-01-04,5,2,,web
a,3,2024-01-06,-9,-3,,web
b,,2024-01-02,7,3,,app
b,,2024-01-02,7,3,,app
b,1,2024-01-02,4,1,,web
"""


@pytest.fixture
def opened(write) -> Callable[..., OrderLog]:
    def opener(text: str = LINES, as_of: str = "2024-01-31", returns: str = "net") -> OrderLog:
        return open_orders(OrderSource(write(text), returns=returns), as_of)

    return opener


def rows_of(log: OrderLog, at: str | None = None) -> list[tuple]:
    table = fetch(orders(log, at=at)).sort_values(["customer_id", "order_id", "revenue"], na_position="first")
    days = table["ordered_at"].dt.strftime("%m-%d")
    table = table.assign(ordered_at=days).astype(object).where(table.notna(), None)
    return [tuple(row) for row in table.itertuples(index=False)]


def test_orders__are_lines_rolled_up_by_the_rules(opened) -> None:
    assert rows_of(opened()) == [
        ("a", "1", "01-01", 40.0, 16.0, 5.0, "app"),  # two names at one moment: the first in the alphabet
        ("a", "2", "01-03", 36.0, None, 1.0, "store"),  # the cost of a line is not known; the first line names nothing
        ("a", "3", "01-04", -4.0, -1.0, None, "web"),  # sums to less than zero: a return
        ("b", None, "01-02", 7.0, 3.0, None, "app"),  # rows without an id are orders of their own, equal ones too
        ("b", None, "01-02", 7.0, 3.0, None, "app"),
        ("b", "1", "01-02", 4.0, 1.0, None, "web"),  # an id of another customer is another order
    ]


def test_orders__drop_leaves_out_returns_and_keeps_negative_lines(opened) -> None:
    got = rows_of(opened(returns="drop"))
    assert [row[:4] for row in got if row[0] == "a"] == [("a", "1", "01-01", 40.0), ("a", "2", "01-03", 36.0)]


@pytest.mark.parametrize("returns", ["net", "drop"])
def test_orders__at_a_moment_do_not_know_later_lines(opened, returns) -> None:
    whole = opened(returns=returns)
    early = rows_of(whole, at="2024-01-05")
    assert early == rows_of(opened(as_of="2024-01-05", returns=returns))
    assert [row for row in early if row[1] in {"2", "3"}] == [
        ("a", "2", "01-03", 35.0, 15.0, 1.0, None),
        ("a", "3", "01-04", 5.0, 2.0, None, "web"),  # what made it a return came later
    ]


def test_orders__of_a_log_without_ids_are_its_rows(opened) -> None:
    text = "customer_id,ordered_at,revenue\na,2024-01-01,5\na,2024-01-01,5\na,2024-01-02,-3\n"
    assert rows_of(opened(text)) == [("a", None, "01-02", -3.0), ("a", None, "01-01", 5.0), ("a", None, "01-01", 5.0)]
    assert [row[3] for row in rows_of(opened(text, returns="drop"))] == [5.0, 5.0]


def test_features__of_the_columns_count_orders_without_ids_one_by_one(opened) -> None:
    text = "customer_id,ordered_at,revenue,discount\na,2024-01-01,5,1\na,2024-01-01,5,1\na,2024-01-02,5,0\n"
    found = snapshots(
        Shop(log=opened(text)), pd.Timestamp("2024-01-31"), features=["orders_total", "discounted_orders_share"]
    )
    assert found[["orders_total", "discounted_orders_share"]].to_numpy().tolist() == [[3.0, round(2 / 3, 6)]]
