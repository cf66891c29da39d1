"""Whom to win back, on a real log and a simulated shop: the best of the past among those who hardly will order."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tenure.jobs.segmenter import closed_windows
from tenure_features import OrderSource, open_shop
from tenure_features.outcome import outcomes
from tenure_serving.segments import Segmenter
from tenure_simulator import preset, simulate
from tenure_training.frame import Frames
from tenure_training.models.registry import candidate_class

HORIZON = 90
RETAIL = {
    "customer_id": "CustomerID", "order_id": "InvoiceNo", "ordered_at": "InvoiceDate", "revenue": "Quantity*UnitPrice"
}  # fmt: skip


def tier_customers(orders: OrderSource, as_of: pd.Timestamp) -> pd.DataFrame:
    """Train MBG/NBD with Gamma-Gamma at a moment and give its customers their tiers."""
    frame = Frames(open_shop(orders, as_of)).frame(as_of, horizon_days=HORIZON)
    fitted = candidate_class("mbgnbd")().fit(frame, seed=0)
    said, closed = fitted.predict(frame.present), closed_windows(frame, fitted)
    predictions = pd.DataFrame({"churn_probability": 1 - said.buy_probability, "expected_value": said.expected_value})
    segmenter = Segmenter.fit(frame.present, predictions, horizon_days=HORIZON, closed=closed)
    people = frame.present.join(segmenter.price(frame.present, predictions))
    people = people.join(segmenter.assign(frame.present, predictions))
    return people.assign(best=people["revenue_total"] >= people["revenue_total"].quantile(0.9))


def test_lost_of_value__on_online_retail_is_what_the_unlikely_bring_who_do_come(online_retail: Path) -> None:
    source, as_of = OrderSource(str(online_retail), columns=RETAIL), pd.Timestamp("2011-06-11")
    people = tier_customers(source, as_of).set_index("customer_id")
    came = outcomes(open_shop(source, as_of + pd.Timedelta(days=HORIZON)), [as_of], horizon_days=HORIZON)
    came = came.set_index("customer_id").reindex(people.index)
    unlikely = (people["churn_probability"] > 0.5) & (came["orders"] > 0)
    assert unlikely.sum() > 200
    brought, told = came["value"][unlikely].mean(), people["value_if_buys"][unlikely].mean()
    assert told == pytest.approx(brought, rel=0.35)
    assert people["value_if_buys"][unlikely].corr(came["value"][unlikely], method="spearman") > 0.3
    best = people[people["best"] & (people["churn_probability"] > 0.5)]  # hardly anybody is lost in half a year of log
    assert (best["value_tier"] == "high").mean() > 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_lost_of_value__in_a_simulated_shop_most_lost_of_the_top_tenth_are_high_value(
    seed: int, tmp_path: Path
) -> None:
    simulate(preset("tiny", customers=1000, seed=seed), tmp_path, tables=("orders",), expectations=False)
    orders = pd.read_parquet(tmp_path / "orders.parquet")
    people = tier_customers(OrderSource(orders), orders["ordered_at"].max().normalize() + pd.Timedelta(days=1))
    lost = people[(people["lifecycle"] == "lost") & people["best"]]
    assert len(lost) >= 10
    assert (lost["segment"] == "High value, lost").mean() > 0.5
