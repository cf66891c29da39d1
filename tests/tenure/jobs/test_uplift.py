"""``tenure uplift`` on a simulated shop, as a user would call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tenure.jobs.uplift import features_at_assignment
from tenure_features import open_shop
from tenure_simulator import preset, simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the orders and assignments of a simulated shop."""
    folder = tmp_path_factory.mktemp("shop")
    simulate(preset("shop", customers=900, seed=2), folder, tables=("orders", "assignments"), expectations=False)
    return folder


def test_uplift__says_what_it_found_and_writes_predictions(call: Callable, shop: Path, tmp_path: Path) -> None:
    done = call(
        "uplift", "spring_voucher", "--horizon", "45", "--share", "control=0.5", "--share", "voucher=0.5", "--config",
        str(shop / "tenure.toml"), "--as-of", "2023-06-01", "--out", str(tmp_path), "-q",
    )  # fmt: skip
    assert done.code == 0
    assert done.out.startswith("Who is moved by voucher ")
    names = {path.name for path in tmp_path.iterdir()}
    assert {"uplift.parquet", "uplift_rankings.csv", "uplift_policies.csv", "qini.svg", "deciles.svg"} <= names
    rows = pd.read_parquet(tmp_path / "uplift.parquet")
    orders = pd.read_parquet(shop / "orders.parquet")
    before = orders[(orders["ordered_at"] < "2023-06-01") & (orders["revenue"] > 0)]
    assert set(rows["customer_id"]) == set(before["customer_id"])
    assert rows["as_of"].eq(pd.Timestamp("2023-06-01")).all()


def test_uplift__stops_the_test_that_lost_rows(call: Callable, shop: Path) -> None:
    done = call(
        "uplift", "app_push", "--share", "control=0.5", "--share", "push=0.5", "--config", str(shop / "tenure.toml"),
        "--json", "-q",
    )  # fmt: skip
    result = json.loads(done.out)
    assert (done.code, result["broken"]) == (4, True)
    assert "rankings" not in result


def test_features__are_of_the_day_of_assignment_and_never_later() -> None:
    orders = pd.DataFrame({
        "customer_id": ["a", "a", "b", "c"],
        "ordered_at": pd.to_datetime(["2024-01-01", "2024-02-10T09", "2024-01-20", "2024-03-05"], format="ISO8601"),
        "revenue": [10.0, 99.0, 20.0, 30.0],
    })  # fmt: skip
    assigned = pd.DataFrame({
        "customer_id": ["a", "b", "c"],
        "assigned_at": pd.to_datetime(["2024-02-10T12", "2024-02-20", "2024-03-01"], format="ISO8601"),
    })  # fmt: skip
    table = features_at_assignment(open_shop(orders, as_of="2024-04-01"), assigned).set_index("customer_id")
    assert table["revenue_total"].to_dict() == {"a": 10.0, "b": 20.0}
    assert table["recency_days"].to_dict() == {"a": 40.0, "b": 31.0}
