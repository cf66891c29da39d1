from __future__ import annotations

import pytest

from tenure_decisions.economics.ledger import NamedCosts, open_ledger
from tests.decisions.conftest import AS_OF, frame

ORDERS = frame(
    "customer_id ordered_at revenue cost",
    ("a", "2024-01-01", 100.0, 60.0),
    ("a", "2024-01-09", -50.0, -20.0),
    ("b", "2024-01-02", 10.0, None),
    ("b", "2024-07-01", 10.0, 1.0),
)
SERVICE = frame("customer_id incurred_at amount", ("a", "2024-01-03", 4.0), ("a", "2024-07-01", 999.0))


@pytest.mark.parametrize(
    ("orders", "service", "measure", "values"),
    [
        (ORDERS.drop(columns="cost"), None, "revenue", [100, 10, -50]),
        (ORDERS.drop(columns="cost"), SERVICE, "revenue_less_service", [100, 10, -50, -4]),
        # b's cost is not known: 40 of 50 is the share of what is known
        (ORDERS, None, "margin", [40, 2, -30]),
        (ORDERS, SERVICE, "contribution", [40, 2, -30, -4]),
    ],
)
def test_ledger__value_is_what_the_tables_allow(orders, service, measure, values) -> None:
    ledger = open_ledger(orders, as_of=AS_OF, service_costs=service)
    assert ledger.measure == measure
    assert ("cost of goods" in ledger.definition) == ("cost" in orders)
    assert ("cost to serve" in ledger.definition) == (service is not None)
    assert ledger.movements["value"].tolist() == pytest.approx(values)


def test_ledger__counts_orders_without_a_cost() -> None:
    assert open_ledger(ORDERS, as_of=AS_OF).notes == (
        "1 orders have no cost; they are taken at the mean cost share, 80.0%.",
    )


def test_ledger__costs_that_are_said_stand_for_those_of_the_tables() -> None:
    service = frame("customer_id incurred_at amount", ("a", "2024-01-01", 99.0))
    named = NamedCosts(margin=0.5, service_cost_per_order=3.0)
    ledger = open_ledger(ORDERS, as_of=AS_OF, service_costs=service, named=named)
    rows = ledger.movements
    assert ledger.measure == "contribution"
    assert rows["value"].tolist() == (0.5 * rows["revenue"] - 3.0 * rows["is_order"]).tolist()
    assert rows["value"].min() > -99.0
    half = open_ledger(ORDERS, as_of=AS_OF, service_costs=service, named=NamedCosts(margin=0.5))
    assert half.movements["value"].iloc[-1] == -99.0
