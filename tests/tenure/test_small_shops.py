"""Tiny and odd logs through the whole job: a usable score table, or one clear error; never a blank, never a crash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.config_file import load_config
from tenure.jobs.run import run_job
from tenure.progress import SilentProgress
from tenure_features.errors import DataContractError

START = pd.Timestamp("2024-01-01 10:00")


def _shop(customers: int, *, days: int = 400, orders: float = 4.0, seed: int = 0) -> pd.DataFrame:
    """Customers who order at random moments of a history."""
    random = np.random.default_rng(seed)
    rows = [
        (f"c{customer}", START + pd.Timedelta(days=float(day)), round(float(random.gamma(2, 20)), 2))
        for customer in range(customers)
        for day in random.uniform(0, days, 1 + random.poisson(orders - 1))
    ]
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"])


def _one_time(customers: int) -> pd.DataFrame:
    return _shop(customers).drop_duplicates("customer_id")


def _with(revenue: pd.Series, *, at: int, amount: float, shop: pd.DataFrame) -> pd.DataFrame:
    """Other amounts, and one of them replaced."""
    return shop.assign(revenue=np.where(np.arange(len(revenue)) == at, amount, revenue))


ODD = {
    "one order": (_one_time(1), 30),
    "one day": (_shop(60, days=1), 30),
    "all one-time": (_one_time(200), 60),
    "free orders only": (_shop(120).assign(revenue=0.0), 60),
    "49 customers": (_shop(49), 60),
    "29 days": (_shop(200, days=28), 14),
    "horizon beyond history": (_shop(120, days=60), 180),
    "returns but one": (_with(-_shop(80)["revenue"], at=5, amount=20.0, shop=_shop(80)), 60),
    "one huge order": (_with(_shop(150)["revenue"], at=7, amount=1e9, shop=_shop(150)), 60),
}
RULED = {"one order", "one day", "49 customers", "29 days", "returns but one"}


@pytest.mark.parametrize("name", ODD)
def test_run__odd_log_ends_with_usable_scores(tmp_path: Path, name: str) -> None:
    orders, horizon = ODD[name]
    orders.to_parquet(tmp_path / "orders.parquet", index=False)
    asked = {
        "orders": {"uri": str(tmp_path / "orders.parquet"), "trust_customers": True},  # odd ones too
        "run": {"horizon_days": horizon, "candidates": ("bgnbd", "blend")},
        "tracking": {"register": False},
    }
    result = run_job(load_config(None, overrides=asked), tmp_path / "out", progress=SilentProgress())
    scores = result.scores
    paid = orders.loc[orders["revenue"] >= 0, "customer_id"]
    assert set(scores["customer_id"]) == set(paid)
    assert scores["churn_probability"].between(0, 1).all()
    assert np.isfinite(scores[["expected_orders", "expected_value"]]).all(axis=None)
    assert scores[["value_tier", "risk_tier", "segment", "next_step"]].notna().all(axis=None)
    assert result.report_path.stat().st_size > 10_000
    assert (name in RULED) == (result.champion == "recency")
    if name in RULED:
        assert "a rule, not a model" in result.champion_reason
    if name == "free orders only":  # churn is no order with positive revenue, and nobody has ever paid
        assert scores["churn_probability"].min() > 0.9
        assert scores["expected_value"].abs().max() < 1e-6


def test_run__returns_alone_are_no_shop(tmp_path: Path) -> None:
    _shop(60).assign(revenue=-5.0).to_parquet(tmp_path / "orders.parquet", index=False)
    asked = {"orders": {"uri": str(tmp_path / "orders.parquet")}, "run": {"horizon_days": 60}}
    with pytest.raises(DataContractError, match="No row can be used as an order"):
        run_job(load_config(None, overrides=asked), tmp_path / "out", progress=SilentProgress())
