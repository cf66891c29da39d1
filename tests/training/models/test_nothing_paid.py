"""Where no order has ever had a positive revenue, nobody is expected to buy: a purchase is an order with money."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_training.models.btyd.btyd_ensemble import BtydEnsemble
from tenure_training.models.btyd.mbgnbd import MBGNBDCandidate
from tenure_training.models.contract import TrainingFrame

DAYS = [1.0, 3.0, 6.0, 9.0]
PRESENT = pd.DataFrame(
    {
        "customer_id": list("abcd"), "order_days": DAYS, "orders_total": DAYS, "tenure_days": [90.0] * 4,
        "span_days": [0.0, 40.0, 80.0, 88.0], "value_mean": [0.0] * 4,
    }
)  # fmt: skip


@pytest.mark.parametrize(("price", "expected"), [(0.0, False), (5.0, True)])
def test_nothing_paid__nobody_is_expected_to_buy(price, expected):
    present = PRESENT.assign(value_mean=price)
    odds = BtydEnsemble.fit(present).expect(present, days=30).log_odds
    assert (odds > -5).any() == expected
    empty = present.head(0)
    frame = TrainingFrame(
        rows=empty,
        labels=empty,
        window_days=odds[:0],
        weight=odds[:0],
        present=present,
        as_of=pd.Timestamp("2024-01-01"),
        horizon_days=30,
    )
    said = MBGNBDCandidate().fit(frame, seed=0).predict(present)
    assert (said.buy_probability > 0.01).any() == expected
    assert (said.expected_orders > 0.01).any() == expected
