"""The commands that need no model: check, features, simulate, on small files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Call = Callable[..., Any]

ORDERS = """client,created,number,quantity,price
anna,2024-01-05,1,1,10.00
anna,2024-02-04,2,2,10.00
anna,2024-03-05,3,1,15.00
ben,2024-01-20,4,3,5.00
ben,2024-03-01,5,1,5.00
ben,2024-03-02,6,-1,5.00
cleo,2024-03-10,7,1,99.00
"""
COLUMNS = [
    "--column", "customer_id=client", "--column", "ordered_at=created", "--column", "order_id=number",
    "--column", "revenue=quantity * price",
]  # fmt: skip


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def test_check__tells_what_the_log_holds(call: Call, orders: Path) -> None:
    done = call("check", "--orders", orders, *COLUMNS, "--json")
    report = json.loads(done.out)
    assert done.code == 0
    assert (report["schema_version"], report["command"], report["ready"]) == (1, "check", True)
    account = report["tables"]["orders"]
    assert (account["name"], account["ready"], account["rows_used"]) == ("orders", True, 7)
    assert (account["customers"], account["orders"], account["returns"]) == (3, 6, 1)
    assert account["first_at"] == "2024-01-05T00:00:00"
    text = call("check", "--orders", orders, *COLUMNS).out
    assert "customers" in text
    assert "horizon" in text


def test_check__gives_the_account_of_the_other_tables_too(call: Call, orders: Path) -> None:
    folder = orders.parent
    (folder / "answers.csv").write_text("client,at,kind,score\nanna,2024-02-05,nps,9\nben,2024-02-05,nps,11\n")
    mapping = {"customer_id": "client", "ordered_at": "created", "order_id": "number", "revenue": "quantity * price"}
    columns = "".join(f'{name} = "{source}"\n' for name, source in mapping.items())
    table = '[tables.feedback]\nuri = "answers.csv"\ncolumns = { customer_id = "client", answered_at = "at" }\n'
    (folder / "tenure.toml").write_text(f'[orders]\nuri = "orders.csv"\n[orders.columns]\n{columns}{table}')
    done = call("check", "--config", folder / "tenure.toml", "--json")
    account = json.loads(done.out)["tables"]["feedback"]
    assert (done.code, account["rows_read"], account["rows_used"]) == (0, 2, 1)
    assert account["set_aside"][0]["problem"] == "score outside its scale"
    text = call("check", "--config", folder / "tenure.toml").out
    assert "customer_id=ben, answered_at=2024-02-05, kind=nps, score=11" in text
    (folder / "answers.csv").write_text("client,at,kind,score\nanna,soon,nps,9\n")
    broken = call("check", "--config", folder / "tenure.toml", "--json")
    assert (broken.code, json.loads(broken.out)["tables"]["feedback"]["ready"]) == (3, False)


def test_check__a_returns_policy_that_refuses_exits_with_3_after_the_report(call: Call, orders: Path) -> None:
    failed = call("check", "--orders", orders, *COLUMNS, "--returns", "raise", "--json")
    assert failed.code == 3
    assert json.loads(failed.out)["ready"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--orders", "nowhere.csv"], "nowhere.csv"),
        (["--orders", "orders.csv", *COLUMNS[2:], "--column", "customer_id=kunde"], "kunde"),
        (["--orders", "orders.csv", "--column", "customer_id=client"], "Column ordered_at is not in the file"),
        (["--orders", "."], "directory"),
    ],
)
def test_check__what_is_no_order_log_exits_with_3(
    call: Call, orders: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(orders.parent)
    failed = call("check", *arguments)
    assert (failed.code, failed.out) == (3, "")
    assert said in failed.err


def test_features__the_catalogue_says_family_unit_and_meaning(call: Call) -> None:
    text = call("features", "--list").out
    listed = json.loads(call("features", "--list", "--json").out)["features"]
    assert len(listed) >= 30
    assert {"recency", "frequency", "monetary", "adbt"} <= {feature["family"] for feature in listed}
    assert all(feature["unit"] and feature["meaning"] and feature["name"] in text for feature in listed)


def test_features__the_snapshot_is_written_as_parquet(call: Call, orders: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "features.parquet"
    done = call("features", "--orders", orders, *COLUMNS, "--as-of", "2024-03-10", "--out", out)
    assert done.code == 0
    assert done.out.startswith("Wrote 2 customers and ")
    table = pd.read_parquet(out).set_index("customer_id")
    assert table.loc[["anna", "ben"], ["orders_total", "tenure_days", "revenue_total"]].to_numpy().tolist() == [
        [3, 65, 45],
        [2, 50, 15],
    ]


def test_features__the_default_moment_is_said(call: Call, orders: Path, tmp_path: Path) -> None:
    done = call("features", "--orders", orders, *COLUMNS, "--out", tmp_path / "features.parquet", "--json")
    assert "as_of is 2024-03-11, the day after the last order; choose another with --as-of." in done.err
    assert json.loads(done.out)["as_of"] == "2024-03-11T00:00:00"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["features"], "No order log is named."),
        (["features", "--orders", "orders.csv", *COLUMNS], "No file for the features is named."),
        (["simulate", "--preset", "tiny"], "No folder for the results is named."),
        (["simulate", "--preset", "tinny", "--out", "shop"], "tiny"),
    ],
)
def test_commands__a_wrong_call_exits_with_2(
    call: Call, orders: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(orders.parent)
    failed = call(*arguments)
    assert (failed.code, failed.out) == (2, "")
    assert said in failed.err


def test_features__an_as_of_before_the_first_order_is_refused(call: Call, orders: Path, tmp_path: Path) -> None:
    failed = call(
        "features", "--orders", orders, *COLUMNS, "--as-of", "2024-01-01", "--out", tmp_path / "features.parquet"
    )
    assert failed.code == 2
    assert (
        "No order lies before 2024-01-01, so there is nothing to learn from. Found: 7 rows at or after it."
        in failed.err
    )


def test_simulate__writes_a_shop_that_can_be_checked_at_once(call: Call, tmp_path: Path) -> None:
    done = call(
        "simulate", "--preset", "tiny", "--customers", "120", "--seed", "3", "--out", tmp_path / "shop", "--json"
    )
    made = json.loads(done.out)
    assert (done.code, made["customers"]) == (0, 120)
    assert {"tenure.toml", "orders.parquet"} <= set(made["files"])
    assert call("check", "--config", tmp_path / "shop" / "tenure.toml").code == 0
