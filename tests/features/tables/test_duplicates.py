"""Rows that appear twice: an order exported twice is counted once, two equal lines are two pieces."""

from __future__ import annotations

import pytest

from tenure_features import OrderSource, check

WITH_ID = "customer_id,order_id,ordered_at,revenue,product\n"
WITHOUT = "customer_id,ordered_at,revenue\n"


@pytest.mark.parametrize(
    ("text", "orders", "revenue", "aside", "note"),
    [
        (WITH_ID + "a,1,2024-01-01,5,p\na,1,2024-01-01,5,p\na,2,2024-01-02,7,p\n", 2, 12.0, 1, None),
        (WITH_ID + "a,1,2024-01-01,5,p\na,1,2024-01-01,5,q\na,2,2024-01-02,7,p\n", 2, 17.0, 0, None),
        (WITH_ID + "a,1,2024-01-01,5,p\na,1,2024-01-01,5,p\na,1,2024-01-01,5,q\na,2,2024-01-02,7,p\n", 2, 22.0, 0,
         "1 lines repeat another line"),
        (WITH_ID + "a,1,2024-01-01,5,p\na,1,2024-01-01,6,q\n" * 2, 1, 22.0, 0, "was the file exported or read twice"),
        (WITHOUT + "a,2024-01-01 10:00:00,5\na,2024-01-01 10:00:00,5\na,2024-01-02 00:00:00,7\n", 2, 12.0, 1, None),
        (WITHOUT + "a,2024-01-01,5\na,2024-01-01,5\na,2024-01-02,7\n", 3, 17.0, 0, "Dates carry no time"),
        (WITHOUT + "a,2024-01-01 10:00:00,5\na,2024-01-01 10:00:00,6\n", 2, 11.0, 0, None),
    ],
    ids=["order exported twice", "two lines", "equal lines", "all lines twice", "moment twice", "day twice", "tie"],
)  # fmt: skip
def test_duplicates__rule(write, text, orders, revenue, aside, note):
    readiness = check(OrderSource(write(text)))
    assert (readiness.figures.orders, readiness.figures.revenue) == (orders, revenue)
    assert sum(one.rows for one in readiness.set_aside) == aside
    assert readiness.rows_used == readiness.rows_read - aside
    if aside:
        assert "(2 times)" in readiness.set_aside[0].examples[0]
    assert any(note in one for one in readiness.notes) if note else not readiness.notes
