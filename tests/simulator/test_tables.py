"""Every table keeps its contract, ends with the history, and joins with the others."""

import tomllib

import duckdb
import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import UsageError
from tenure_features.tables.contracts import TABLES
from tenure_simulator import preset, simulate

TYPES = {
    "id": ("VARCHAR",), "text": ("VARCHAR",), "time": ("TIMESTAMP",), "date": ("DATE",), "number": ("DOUBLE",),
    "flag": ("BOOLEAN",),
}  # fmt: skip
TIMES = {
    "orders": "ordered_at", "events": "occurred_at", "customers": "signed_up_at", "identifiers": "seen_at",
    "feedback": "answered_at", "service_costs": "incurred_at", "spend": "date", "assignments": "assigned_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def read(written):
    """Reads a table as any user would: through the uri in tenure.toml, with DuckDB."""
    _, result = written
    job = tomllib.loads(result.config_path.read_text(encoding="utf-8"))
    uris = {"orders": job["orders"]["uri"]} | {name: table["uri"] for name, table in job["tables"].items()}

    def reader(name):
        return duckdb.sql(f"FROM read_parquet('{result.out / uris[name]}')")

    return reader


@pytest.mark.parametrize("name", TABLES)
def test_table__has_the_columns_and_types_of_its_contract(read, name):
    relation, contract = read(name), TABLES[name]
    found = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert list(found) == [column for column in contract.columns if column in found]
    assert set(contract.required) <= set(found)
    for column, kind in found.items():
        assert kind in TYPES[contract.columns[column].kind], column


@pytest.mark.parametrize("name", TABLES)
def test_table__has_rows_and_no_required_value_is_missing(read, written, name):
    frame = read(name).df()
    assert len(frame) == written[1].rows[name] > 0
    assert not frame[list(TABLES[name].required)].isna().any(axis=None)


@pytest.mark.parametrize("name", TIMES)
def test_table__ends_with_the_history(read, name):
    assert read(name).df()[TIMES[name]].max() < pd.Timestamp("2025-01-01")


@pytest.mark.parametrize("name", ["events", "feedback", "service_costs", "assignments", "orders"])
def test_table__speaks_of_known_customers(read, name):
    customers = set(read("customers").df()["customer_id"])
    assert len(customers) == 900
    assert set(read(name).df()["customer_id"]) <= customers


def test_orders__ids_are_unique(read):
    assert read("orders").df()["order_id"].is_unique
    assert read("orders").df()["currency"].unique().tolist() == ["EUR"]


def test_service_costs__one_delivery_per_order(read):
    orders, costs = read("orders").df(), read("service_costs").df()
    assert (costs["kind"] == "delivery").sum() == (~orders["is_return"]).sum()
    assert (costs["kind"] == "returns").sum() == orders["is_return"].sum()
    assert (costs["amount"] > 0).all()


def test_feedback__scores_are_on_their_scales(read):
    scores = read("feedback").df().groupby("kind")["score"].agg(["min", "max"])
    limits = {"nps": (0, 10), "ces": (1, 7), "csat": (1, 5), "review": (1, 5)}
    assert set(scores.index) == set(limits)
    for kind, (low, high) in limits.items():
        assert scores.loc[kind, "min"] >= low
        assert scores.loc[kind, "max"] <= high


def test_customers__sign_up_before_their_first_order(read):
    first = read("orders").df().groupby("customer_id")["ordered_at"].min()
    joined = read("customers").df().set_index("customer_id").join(first)
    assert (joined["signed_up_at"] <= joined["ordered_at"]).all()
    assert joined["birth_year"].isna().mean() == pytest.approx(0.1, abs=0.04)


def test_job__names_the_question(written):
    job = tomllib.loads(written[1].config_path.read_text(encoding="utf-8"))
    assert str(job["run"]["as_of"]) == "2025-01-01"
    assert job["run"]["horizon_days"] == 90
    assert set(job["tables"]) == set(TABLES) - {"orders"}


def test_simulate__writes_only_the_tables_asked_for(tmp_path):
    result = simulate(preset("tiny", customers=60), tmp_path, tables=["orders", "events"], expectations=False)
    assert {path.name for path in tmp_path.glob("*.parquet")} == {"orders.parquet", "events.parquet"}
    assert "truth/outlook" not in result.rows
    assert "truth/orders" in result.rows


def test_simulate__replaces_an_earlier_shop(tmp_path):
    small = preset("tiny", customers=60)
    simulate(small.model_copy(update={"block_customers": 20}), tmp_path, expectations=False)
    simulate(small.model_copy(update={"block_customers": 30}), tmp_path, expectations=False)
    parts = duckdb.sql(f"FROM read_parquet('{tmp_path}/customers/part-*.parquet')").df()
    assert len(parts) == 60


def test_simulate__refuses_unknown_tables(tmp_path):
    with pytest.raises(UsageError, match="no table 'basket'"):
        simulate(preset("tiny"), tmp_path, tables=["orders", "basket"])


def test_simulate__reports_progress(tmp_path):
    seen = []
    config = preset("tiny", customers=40).model_copy(update={"block_customers": 20})
    simulate(config, tmp_path, tables=["orders"], expectations=False, progress=lambda *now: seen.append(now))
    assert seen == [(1, 2), (2, 2)]


def test_truth__changes_are_dated(written):
    changes = pd.read_parquet(written[1].truth_path / "changes.parquet")
    price = changes[changes["kind"] == "price_change"]
    assert price["changed_at"].tolist() == [pd.Timestamp("2022-01-01") + pd.Timedelta(days=700)]
    assert {"campaign", "channel_change", "launch", "pause"} <= set(changes["kind"])


def test_truth__lifetime_value_is_net_of_acquisition(written):
    truth = pd.read_parquet(written[1].truth_path / "customers")
    assert np.allclose(truth["lifetime_value"], truth["lifetime_contribution"] - truth["acquisition_cost"])
    assert (truth["lifetime_orders"] >= 1).all()
    assert (truth.loc[truth["channel"] == "organic", "acquisition_cost"] == 0).all()
