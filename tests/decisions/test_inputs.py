from __future__ import annotations

import pandas as pd
import pytest

from tenure_decisions.inputs import moment, orders_before
from tenure_features.errors import DataContractError, UsageError

from .conftest import AS_OF, frame


def test_orders_before__reads_nothing_at_or_after_as_of() -> None:
    orders = frame(
        "customer_id ordered_at revenue", ("a", "2024-06-30", 1.0), ("a", AS_OF, 2.0), ("b", "2024-07-02", 3.0)
    )
    assert orders_before(orders, AS_OF)["revenue"].tolist() == [1.0]


def test_orders_before__knows_returns_by_sign_and_by_flag() -> None:
    orders = frame(
        "customer_id ordered_at revenue is_return",
        ("a", "2024-01-01", 0.0, False),
        ("a", "2024-01-02", -5.0, False),
        ("a", "2024-01-03", 5.0, True),
        ("a", "2024-01-04", 5.0, None),
    )
    assert orders_before(orders, AS_OF)["is_order"].tolist() == [True, False, False, True]


def test_orders_before__refuses_a_log_of_returns() -> None:
    with pytest.raises(
        DataContractError, match=r"No order lies before 2024-07-01\. Found: 1 rows before it, all of them"
    ):
        orders_before(frame("customer_id ordered_at revenue", ("a", "2024-01-01", -1.0)), AS_OF)


def test_moment__is_asked_for() -> None:
    with pytest.raises(UsageError, match="not a moment"):
        moment(pd.NaT)
