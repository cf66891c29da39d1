"""Guests are no customers; where their e-mail is known, it is."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_features import OrderSource, check, open_orders
from tenure_features.reading.engine import fetch

HEAD = "customer_id,Billing Email,ordered_at,revenue\n"
MIXED = (
    "7,seven@example.org,2024-01-01,1\n0,Ann@Example.org ,2024-01-02,2\n0,ann@example.org,2024-01-03,3\n"
    "0,,2024-01-04,4\n,ben@example.org,2024-01-05,5\nGuest,nobody,2024-01-06,6\n"
)


def people(path, **columns):
    orders = fetch(open_orders(OrderSource(path, columns=columns)).orders)
    return orders.groupby("customer_id")["revenue"].sum().to_dict()


def test_guests__become_their_e_mail_and_are_missing_without_one(write):
    path = write(HEAD + MIXED)
    assert people(path) == {"7": 1.0, "ann@example.org": 5.0, "ben@example.org": 5.0}
    readiness = check(OrderSource(path))
    assert [(one.problem, one.rows) for one in readiness.set_aside] == [("no customer id", 2)]
    assert "4 rows name a guest in customer_id, such as 0: no customer's id." in readiness.notes
    assert "3 rows without a customer's id were given to the e-mail in Billing Email." in readiness.notes


@pytest.mark.parametrize(
    "word", ["0", " 0.0", "guest", "GUEST", "Anonymous", "(not set)", "Гость", "Розничный покупатель"]
)
def test_guests__are_set_aside_without_an_e_mail(write, word):
    path = write(f"customer_id,ordered_at,revenue\na,2024-01-01,1\n{word},2024-01-02,2\n{word},2024-01-03,2\n")
    readiness = check(OrderSource(path))
    assert (readiness.figures.customers, readiness.figures.orders) == (1, 1)
    assert [(one.problem, one.rows) for one in readiness.set_aside] == [("no customer id", 2)]


def test_guests__are_zeros_of_a_column_of_numbers_too(opened):
    rows = pd.DataFrame(
        {"customer_id": [0, 0, 5], "ordered_at": pd.Timestamp("2024-01-01"), "revenue": [1.0, 2.0, 3.0]}
    )
    assert opened(rows).log.readiness.figures.customers == 1


def test_guests__kept_on_purpose_are_customers(write):
    path = write("customer_id,ordered_at,revenue\n0,2024-01-01,1\n1,2024-01-02,2\n")
    assert people(path, customer_id="'c' || customer_id") == {"c0": 1.0, "c1": 2.0}


def test_guests__e_mail_that_is_the_customer_already_is_no_second_one(write):
    path = write("Email,ordered_at,revenue\na@example.org,2024-01-01,1\n,2024-01-02,2\n")
    readiness = check(OrderSource(path))
    assert (readiness.columns["customer_id"], readiness.figures.customers) == ("Email", 1)
    assert "Email was read as customer_id." in readiness.notes
