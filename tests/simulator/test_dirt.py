"""Every kind of bad row is there, is listed, and the good rows stay as they were."""

import csv

import pandas as pd
import pytest

from tenure_simulator import preset, simulate, simulate_orders
from tenure_simulator.dirt import FAULTS


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    result = simulate(preset("dirty", customers=200), folder, expectations=False)
    with (folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return result, rows, pd.read_parquet(folder / "truth" / "dirt.parquet")


def test_dirt__has_every_fault_at_the_row_it_names(dirty):
    result, rows, dirt = dirty
    assert set(dirt["fault"]) == set(FAULTS)
    assert len(rows) == result.rows["orders"]
    found = {fault: rows[row - 1] for row, fault in zip(dirt["row"], dirt["fault"], strict=True)}
    assert found["missing_customer"]["customer_id"] == ""
    assert found["blank_customer"]["customer_id"].strip() == ""
    assert found["padded_customer"]["customer_id"] != found["padded_customer"]["customer_id"].strip()
    assert found["missing_date"]["ordered_at"] == ""
    assert found["unparsable_date"]["ordered_at"] == "yesterday"
    assert found["impossible_date"]["ordered_at"].startswith("2022-02-31")
    assert found["ancient_date"]["ordered_at"].startswith("1900")
    assert found["future_date"]["ordered_at"].startswith("2093")
    assert found["missing_revenue"]["revenue"] == ""
    assert found["unparsable_revenue"]["revenue"] == "n/a"
    assert found["infinite_revenue"]["revenue"] == "inf"
    assert found["nan_revenue"]["revenue"] == "NaN"
    assert found["other_currency"]["currency"] == "USD"
    assert (found["positive_return"]["is_return"], float(found["positive_return"]["revenue"]) > 0) == ("true", True)
    assert (found["unmarked_return"]["is_return"], float(found["unmarked_return"]["revenue"]) < 0) == ("false", True)


def test_dirt__duplicates_stand_next_to_their_originals(dirty):
    _, rows, dirt = dirty
    places = dirt.loc[dirt["fault"] == "duplicate_row", "row"]
    assert len(places) >= 1
    assert all(rows[row - 1] == rows[row - 2] for row in places)
    shared = dirt.loc[dirt["fault"] == "order_of_two_customers", "row"]
    for row in shared:
        assert rows[row - 1]["order_id"] == rows[row - 2]["order_id"]
        assert rows[row - 1]["customer_id"] != rows[row - 2]["customer_id"]


def test_dirt__leaves_the_good_rows_alone(dirty):
    _, rows, dirt = dirty
    orders, _ = simulate_orders(preset("dirty", customers=200))
    spoiled = set(dirt["order_id"])
    good = orders[~orders["order_id"].isin(spoiled)]
    seen = {(row["order_id"], row["customer_id"]): row for row in rows}
    for order, customer, revenue in zip(good["order_id"], good["customer_id"], good["revenue"], strict=True):
        assert float(seen[order, customer]["revenue"]) == revenue


def test_dirt__of_one_kind_only(tmp_path):
    config = preset("tiny", customers=80).model_copy(update={"dirt": ("missing_date",)})
    simulate(config, tmp_path, tables=["orders"], expectations=False)
    dirt = pd.read_parquet(tmp_path / "truth" / "dirt.parquet")
    assert set(dirt["fault"]) == {"missing_date"}
