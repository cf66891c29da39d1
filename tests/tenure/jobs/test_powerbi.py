"""The star of scores: keys that fit, numbers that stay, and the file that opens it."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tenure.cli import main
from tenure_connectors.power_bi import describe_source, make_star
from tenure_features.errors import DataContractError

SCORES = pd.DataFrame(
    {
        "customer_id": ["b", "a", "c", "a"],
        "as_of": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-01", "2024-02-01"]),
        "horizon_days": 90,
        "churn_probability": [0.5, 0.25, 0.75, 0.5],
        "expected_value": [10.0, 20.0, 0.0, 30.0],
        "next_order_at": pd.to_datetime(["2024-01-20", None, None, "2024-02-03"]),
        "segment": ["loyal", "leaving", None, "loyal"],
        "risk_tier": ["medium", "low", "high", "medium"],
    }
)


def test_star__has_keys_that_fit_and_every_number():
    star = make_star(SCORES)
    fact = star["fact_scores"]
    assert len(fact) == 4
    for dimension, key in (("dim_customer", "customer_key"), ("dim_segment", "segment_key"), ("dim_date", "date_key")):
        assert star[dimension][key].is_unique
        assert set(fact[key]) <= set(star[dimension][key])
    assert set(fact["next_order_key"].dropna()) <= set(star["dim_date"]["date_key"])
    joined = fact.merge(star["dim_customer"], on="customer_key").merge(star["dim_segment"], on="segment_key")
    value = joined.groupby("customer_id")["expected_value"].sum()
    assert value.to_dict() == {"a": 50.0, "b": 10.0, "c": 0.0}
    assert joined.groupby("segment")["expected_value"].sum().to_dict() == {"leaving": 20.0, "loyal": 40.0, "none": 0.0}
    assert star["dim_customer"].set_index("customer_id").loc["a", "risk_tier"] == "medium"  # the latest


def test_star__has_every_day_between_the_ends():
    days = make_star(SCORES)["dim_date"]
    assert days["date_key"].tolist()[::33] == [20240101, 20240203]
    assert days.iloc[0][["year", "quarter", "month", "week", "weekday"]].tolist() == [2024, 1, 1, 1, 1]


def test_star__refuses_what_is_no_score_table():
    with pytest.raises(DataContractError, match="no segment"):
        make_star(SCORES.drop(columns="segment"))
    with pytest.raises(DataContractError, match="two rows of one moment"):
        make_star(pd.concat([SCORES, SCORES]))


def test_source__is_one_connection_to_a_folder(tmp_path):
    assert json.loads(describe_source(tmp_path)) == {
        "version": "0.1",
        "connections": [
            {"details": {"protocol": "folder", "address": {"path": str(tmp_path)}}, "mode": "Import"},
        ],
    }


def test_powerbi__writes_a_folder_of_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    SCORES.iloc[:3].to_parquet("out/scores.parquet")
    with pytest.raises(SystemExit) as stop:
        main(["powerbi", "--scores", "out", "--out", "bi", "--json"])
    assert not stop.value.code
    assert json.loads(capsys.readouterr().out)["tables"]["fact_scores"] == 3
    assert {path.name for path in (tmp_path / "bi").iterdir()} == {
        "fact_scores.parquet", "dim_customer.parquet", "dim_segment.parquet", "dim_date.parquet", "tenure.pbids",
    }  # fmt: skip
    assert len(pd.read_parquet("bi/fact_scores.parquet")) == 3
    with pytest.raises(SystemExit) as stop:
        main(["powerbi", "--scores", "out", "--out", "out"])
    assert stop.value.code == 2
