"""Every kind of bad row is there, is listed, and the good rows stay as they were."""

import csv
import re

import pandas as pd
import pytest

from tenure_features import OrderSource, check
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


SAID = {
    "missing_customer": "no customer id",
    "blank_customer": "no customer id",
    "padded_customer": "have blanks around the customer id",
    "missing_date": "date missing or unreadable",
    "unparsable_date": "date missing or unreadable",
    "impossible_date": "date missing or unreadable",
    "ancient_date": "date before 1970-01-02",
    "future_date": "date more than a year after every other order",
    "missing_revenue": "amount missing or unreadable",
    "unparsable_revenue": "amount missing or unreadable",
    "nan_revenue": "amount missing or unreadable",
    "infinite_revenue": "amount infinite",
    "zero_revenue": "have an amount of 0",
    "extreme_revenue": "have an amount beyond",
    "duplicate_row": "order repeated in every column",
    "order_of_two_customers": "order ids belong to several customers",
    "other_currency": "USD",
    "positive_return": "marked as returns but have a positive amount",
    "unmarked_return": "not marked as returns",
    "return_without_order": "customers have returns but no order",
}


def test_dirt__is_caught_by_the_readiness_report_fault_by_fault(dirty):
    """Every kind of bad row is named, with as many rows as were spoiled."""
    result, _, dirt = dirty
    assert set(SAID) == set(FAULTS)
    readiness = check(OrderSource(result.out / "orders.csv"))
    lines = str(readiness).splitlines()
    spoiled = dirt["fault"].map(SAID).value_counts()
    for words, rows in spoiled.items():
        said = next((line for line in lines if words in line), "")
        counted = (
            int(re.search(r"\d+", said.replace(",", ""))[0])
            if words != "USD"
            else int(re.search(r"USD \((\d+) rows", said)[1])
        )
        # A customer whose only order was spoiled otherwise may be left with returns alone, too.
        more = words == "customers have returns but no order"
        assert counted >= rows if more else counted == rows, (words, rows, said)


def test_clean_shop__has_nothing_odd(tmp_path):
    simulate(preset("tiny", customers=80), tmp_path, tables=["orders"], expectations=False)
    readiness = check(OrderSource(tmp_path / "orders.parquet"))
    assert readiness.set_aside == ()
    assert not [note for note in readiness.notes if " rows " in note or " order ids " in note]
