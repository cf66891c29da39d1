"""What is known of customers, from a literal shop; nothing at or after the moment."""

import pandas as pd
import pytest

from tenure_decisions.customers.attributes import customer_attributes, purchases
from tenure_decisions.customers.first_order import first_orders
from tenure_features.errors import DataContractError

AS_OF = pd.Timestamp("2025-06-01")
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"], "region": ["north", None, "south"], "birth_year": [1990.0, None, 2005.0],
        "gender": ["female", "", None], "acquisition_channel": ["email", "social", None],
    }
)  # fmt: skip
ORDERS = pd.DataFrame(
    [
        # customer, order, at, revenue, discount, channel, device, region
        ("a", "1", "2024-03-01", 30.0, 10.0, "web", "mobile", "west"),
        ("a", "1", "2024-03-01", 20.0, None, "web", "mobile", "west"),
        ("a", "2", "2025-05-31 23:59", 60.0, 0.0, "app", "mobile", "east"),
        ("a", "3", "2025-06-01", 99.0, 0.0, "store", "tablet", "islands"),  # at the moment: not seen
        ("b", "4", "2025-01-10", 10.0, 0.0, "web", None, "capital"),
        ("b", "5", "2025-02-10", -10.0, 0.0, "store", "desktop", "islands"),  # a return
    ],
    columns=["customer_id", "order_id", "ordered_at", "revenue", "discount", "channel", "device", "region"],
).astype({"ordered_at": "datetime64[us]"})
LINES = pd.DataFrame(
    [
        ("1", "toys", "Alder", 1.0), ("1", "toys", "Birch", 1.0), ("1", "home", "Birch", 2.0),
        ("2", "books", None, 1.0), ("3", "garden", "Cedar", 1.0), ("4", "home", "Alder", 1.0),
        ("4", "shoes", "Dune", -1.0), ("5", "sports", "Ember", 1.0),
    ],
    columns=["order_id", "category", "brand", "quantity"],
)  # fmt: skip


def levels(table: pd.DataFrame, attribute: str) -> dict[str, list[str]]:
    rows = table[table["attribute"] == attribute]
    return {customer: part["level"].tolist() for customer, part in rows.groupby("customer_id")}


def test_attributes__are_what_the_tables_say_before_the_moment() -> None:
    found = customer_attributes("abc", as_of=AS_OF, customers=CUSTOMERS, orders=ORDERS, order_lines=LINES)
    assert levels(found, "region") == {"a": ["north"], "b": ["capital"], "c": ["south"]}  # b: where it was sent
    assert levels(found, "age_band") == {"a": ["35-44"], "b": ["(unknown)"], "c": ["18-24"]}
    assert levels(found, "gender") == {"a": ["female"], "b": ["(unknown)"], "c": ["(unknown)"]}
    assert levels(found, "acquisition_channel") == {"a": ["email"], "b": ["social"], "c": ["(unknown)"]}
    assert levels(found, "category") == {"a": ["books", "home", "toys"], "b": ["home"]}
    assert levels(found, "brand") == {"a": ["Alder", "Birch"], "b": ["Alder"]}
    assert levels(found, "order_channel") == {"a": ["app", "web"], "b": ["web"]}
    assert levels(found, "device") == {"a": ["mobile"]}
    assert not found.duplicated().any()


def test_attributes__do_not_see_what_comes_later() -> None:
    earlier = ORDERS[ORDERS["ordered_at"] < AS_OF]
    tables = {"customers": CUSTOMERS, "order_lines": LINES}
    before = customer_attributes("abc", as_of=AS_OF, orders=earlier, **tables)
    pd.testing.assert_frame_equal(customer_attributes("abc", as_of=AS_OF, orders=ORDERS, **tables), before)
    shuffled = ORDERS.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(customer_attributes("cba", as_of=AS_OF, orders=shuffled, **tables), before)


def test_attributes__come_from_whatever_tables_there_are() -> None:
    found = customer_attributes("ab", as_of=AS_OF, orders=ORDERS)
    assert levels(found, "region") == {"a": ["east"], "b": ["capital"]}
    assert set(found["attribute"]) == {"region", "order_channel", "device"}
    assert customer_attributes("ab", as_of=AS_OF).empty
    with pytest.raises(DataContractError, match="no order_id"):
        customer_attributes("ab", as_of=AS_OF, orders=ORDERS.drop(columns="order_id"), order_lines=LINES)


def test_first_orders__tell_the_first_order_alone() -> None:
    found = first_orders(ORDERS, as_of=AS_OF, order_lines=LINES, customers=CUSTOMERS)
    assert found.loc["a"].to_dict() == {
        "first_value": 50.0, "first_discount": 10 / 60, "order_channel": "web", "device": "mobile", "first_lines": 3.0,
        "first_category": "toys", "first_brand": "Birch", "acquisition_channel": "email", "region": "north",
        "gender": "female", "age_band": "25-34",
    }  # fmt: skip
    # 34 in 2024; b's returned shoes are no line
    assert found.loc["b", ["first_value", "first_lines", "first_category", "age_band"]].tolist() == [
        10.0, 1.0, "home", "(unknown)",
    ]  # fmt: skip
    assert list(found.index) == ["a", "b"]


def test_first_orders__do_not_see_what_comes_later() -> None:
    shuffled = ORDERS.sample(frac=1, random_state=3)
    later = pd.concat([shuffled, ORDERS.assign(ordered_at=AS_OF + pd.Timedelta(days=9), order_id="9")])
    before = first_orders(ORDERS[ORDERS["ordered_at"] < AS_OF], as_of=AS_OF, order_lines=LINES, customers=CUSTOMERS)
    pd.testing.assert_frame_equal(
        first_orders(later, as_of=AS_OF, order_lines=LINES, customers=CUSTOMERS), before
    )  # fmt: skip


def test_purchases__a_free_order_is_one_and_a_return_is_not() -> None:
    orders = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"], "ordered_at": pd.to_datetime(["2025-01-04", "2025-01-03"] * 2),
            "revenue": [0.0, -0.01, 5.0, 7.0], "is_return": [None, False, True, False],
        }
    )  # fmt: skip
    assert purchases(orders, AS_OF)["customer_id"].tolist() == ["d", "a"]


def test_first_orders__that_were_free_had_no_discount() -> None:
    free = ORDERS.iloc[[2]].assign(revenue=0.0, discount=0.0)
    assert first_orders(free, as_of=AS_OF).loc["a", ["first_value", "first_discount"]].tolist() == [0.0, 0.0]
