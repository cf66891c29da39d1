"""Customers for the segment tests: a literal shop and generated ones."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def shop() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    """Build a seeded shop: a snapshot with one-order customers, ties and returns, and predictions for it."""

    def build(customers: int = 300, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
        draw = np.random.default_rng(seed)
        orders = draw.geometric(0.45, customers).astype(float)
        tenure = draw.integers(1, 500, customers).astype(float)
        recency = np.where(orders == 1, tenure, np.floor(tenure * draw.random(customers)))
        adbt = np.where(orders == 1, np.nan, (tenure - recency) / np.maximum(orders - 1, 1))
        revenue = np.round(orders * draw.choice([9.99, 20.0, 45.5], customers) - draw.choice([0, 60], customers), 2)
        churn = np.clip(0.25 + recency / 600 + draw.normal(0, 0.05, customers), 0, 1)
        snapshot = pd.DataFrame(
            {
                "customer_id": [f"c{i}" for i in range(customers)],
                "recency_days": recency,
                "orders_total": orders,
                "revenue_total": revenue,
                "tenure_days": tenure,
                "adbt_days": adbt,
            }
        )
        predictions = pd.DataFrame({"churn_probability": churn, "expected_value": (1 - churn) * np.abs(revenue)})
        return snapshot, predictions

    return build
