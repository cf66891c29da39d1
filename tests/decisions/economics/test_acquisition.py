from __future__ import annotations

from tenure_decisions.economics.acquisition import acquire
from tests.decisions.conftest import AS_OF, frame

ORDERS = frame(
    "customer_id ordered_at revenue channel",
    ("a", "2024-01-05", 10.0, "web"),
    ("b", "2024-01-05", -3.0, "email"),
    ("b", "2024-01-06", 10.0, "email"),
    ("c", "2024-01-07", 0.0, "store"),
    ("only_returns", "2024-01-07", -5.0, "web"),
)
CUSTOMERS = frame("customer_id acquisition_channel", ("a", "search"), ("c", None))


def touches(**tables) -> dict[str, list[str]]:
    found = acquire(ORDERS, as_of=AS_OF, **tables).set_index("customer_id")
    return {name: row.tolist() for name, row in found[["first_touch", "last_touch"]].iterrows()}


def test_acquire__a_place_of_an_order_is_no_touch() -> None:
    found = touches(customers=CUSTOMERS, channels=["email", "search"])
    assert found == {
        "a": ["search", "search"],
        "b": ["email", "email"],  # named by an order, and a channel money is spent on
        "c": ["unattributed", "unattributed"],  # store is where it was bought
    }


def test_acquire__last_touch_is_the_last_event_before_the_first_order_that_brought_the_customer() -> None:
    events = frame(
        "customer_id occurred_at event channel",
        ("a", "2024-01-01", "visit", "social"),
        ("a", "2024-01-04", "visit", "affiliates"),
        ("a", "2024-01-05", "visit", "direct"),
        ("a", "2024-01-06", "visit", "email"),
        ("c", "2024-01-06", "email_sent", "email"),
    )
    found = touches(customers=CUSTOMERS, events=events, channels=["email"])
    assert found["a"] == ["search", "affiliates"]
    assert found["c"] == ["unattributed", "unattributed"]


def test_acquire__first_order_is_no_return_and_customers_are_sorted() -> None:
    found = acquire(ORDERS, as_of=AS_OF)
    assert found["customer_id"].tolist() == ["a", "b", "c"]
    assert found["first_order_at"].dt.day.tolist() == [5, 6, 7]
