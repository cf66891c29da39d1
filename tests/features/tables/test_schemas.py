"""The gate before anything is computed: pandera schemas made from the table contracts."""

from __future__ import annotations

import pytest

from tenure_features.reading.engine import Engine, statement, view
from tenure_features.tables.contracts import ORDERS
from tenure_features.tables.schemas import contract_breaches

GOOD = "'a' AS customer_id, TIMESTAMP '2024-01-01' AS ordered_at, 1.5::DOUBLE AS revenue"


@pytest.mark.parametrize(
    ("row", "breaches"),
    [
        (GOOD, []),
        (GOOD.replace("'a'", "NULL::VARCHAR"), ["customer_id"]),
        (GOOD.replace("1.5", "'inf'"), ["revenue"]),
        (GOOD.replace("2024-01-01", "1969-01-01"), ["ordered_at"]),
        (GOOD.replace("2024-01-01", "2100-01-01"), ["ordered_at"]),
        (GOOD.replace("1.5::DOUBLE", "'1.5'"), ["revenue"]),
        (GOOD + ", 1 AS anything", []),
        (GOOD.replace("revenue", "money"), ["revenue"]),
    ],
)
def test_contract_breaches__name_the_column(row, breaches):
    backend = Engine().connect()
    statement(backend, f"CREATE TABLE orders AS SELECT {row}")
    found = contract_breaches(view(backend, "orders"), ORDERS)
    assert len(found) >= len(breaches)
    assert bool(found) == bool(breaches)
    for column in breaches:
        assert any(column in breach for breach in found), found
