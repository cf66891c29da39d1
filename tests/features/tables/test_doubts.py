"""A column of customers that cannot be it stops the reading, with a question and the likelier column."""

from __future__ import annotations

import pytest

from tenure_features import OrderSource, check, open_orders
from tenure_features.errors import DataContractError


def lines(customer, *, orders=400, people=250):
    """Orders numbered from 1; ``customer`` makes a customer id of an order's number, the e-mail belongs to people."""
    rows = (
        f"{customer(number)},p{number % people}@example.org,2024-{1 + number % 12:02d}-{1 + number % 28:02d},{number}\n"
        for number in range(1, orders + 1)
    )
    return "customer_id,Contact e-mail,ordered_at,revenue\n" + "".join(rows)


def test_doubts__everybody_has_one_order(write):
    path = write(lines(lambda number: f"o{number}"))
    (question,) = check(OrderSource(path)).broken
    assert "Does customer_id say who bought? Each of its 400 values has one order" in question
    assert "Likelier is Contact e-mail: --column customer_id='Contact e-mail'." in question
    with pytest.raises(DataContractError, match="say who bought"):
        open_orders(OrderSource(path))
    assert check(OrderSource(path, columns={"customer_id": "Contact e-mail"})).ready
    assert open_orders(OrderSource(path, trust_customers=True)).readiness.figures.customers == 400


def test_doubts__one_id_has_more_than_a_twentieth_of_the_orders(write):
    (question,) = check(OrderSource(write(lines(lambda n: "shop" if n % 19 == 0 else f"c{n % 250}")))).broken
    assert "shop has 21 of 400 orders, over a twentieth" in question
    assert check(OrderSource(write(lines(lambda n: "shop" if n % 20 == 0 else f"c{n % 250}")))).ready


@pytest.mark.parametrize(("orders", "people"), [(99, 99), (400, 19), (400, 60)])
def test_doubts__few_orders_or_customers_say_nothing(write, orders, people):
    assert check(OrderSource(write(lines(lambda n: f"c{n % people}" if n % 16 else "big", orders=orders)))).ready


def test_doubts__without_a_likelier_column_list_the_others(write):
    text = lines(lambda number: f"o{number}").replace("Contact e-mail", "note")
    (question,) = check(OrderSource(write(text))).broken
    assert "The other columns are customer_id, note, ordered_at, revenue: map the one that returns" in question
