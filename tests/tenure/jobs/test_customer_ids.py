"""Source ids become customers on the way into every job, and `tenure identity` says how."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tenure.config import IdentityConfig
from tenure.config_file import load_config
from tenure.jobs.customer_ids import effects, identity_notes
from tenure.jobs.opening import open_configured_shop, settings_of
from tenure.report.identity import identity_findings
from tenure_features import snapshots
from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_serving.findings import section

Call = Callable[..., Any]

ORDERS = """customer_id,ordered_at,revenue,order_id
S1,2024-01-05 10:00:00,10.00,1
A7,2024-02-04 10:00:00,20.00,2
S2,2024-03-05 10:00:00,15.00,3
S2,2024-03-06 10:00:00,15.00,4
G9,2024-03-07 10:00:00,5.00,5
"""
IDENTIFIERS = """source,source_id,kind,value,seen_at
shop,S1,email,Ada@Example.com,2024-01-05
app,A7,email,ada@example.com ,2024-02-01
shop,S2,email,bob@example.com,2024-03-05
shop,S2,phone,0151 07654321,2024-03-05
app,A7,phone,+49 151 07654321,2024-03-20
"""
TOML = """[orders]
uri = "orders.csv"
[tables.identifiers]
uri = "identifiers.csv"
[identity]
enabled = true
default_region = "DE"
[run]
as_of = 2024-03-10
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "identifiers.csv").write_text(IDENTIFIERS)
    (tmp_path / "tenure.toml").write_text(TOML)
    return tmp_path / "tenure.toml"


def test_open_configured_shop__counts_customers_not_accounts(shop: Path) -> None:
    opened = open_configured_shop(load_config(shop, overrides={}))
    assert opened.log.figures.customers == 3  # ada, bob, and G9 of whom nothing is known
    assert effects(opened).round(4).to_numpy().tolist() == [
        ["customers", 4, 3],
        ["orders_per_customer", 1.25, 1.6667],
        ["one_time_share", 0.75, 0.3333],
    ]
    assert identity_notes(opened) == ("4 source ids with orders are 3 customers, by the identifiers they share.",)


def test_open_configured_shop__an_identifier_seen_later_does_not_link(shop: Path) -> None:
    """On 20 March Ada gives Bob's number: before, they are two, afterwards one."""
    later = load_config(shop, overrides={"run": {"as_of": "2024-03-21"}})
    assert open_configured_shop(later).log.figures.customers == 2
    on_the_day = load_config(shop, overrides={"run": {"as_of": "2024-03-20"}})
    assert open_configured_shop(on_the_day).log.figures.customers == 3


def test_open_configured_shop__earlier_origins_see_the_customers_of_then(shop: Path) -> None:
    """What 20 March tells must not regroup the 10th, which models learn from."""
    opened = open_configured_shop(load_config(shop, overrides={"run": {"as_of": "2024-03-21"}}))
    table = snapshots(opened, ["2024-03-10", "2024-03-21"], features=["orders_total"])
    found = table.groupby(table["as_of"].dt.day)[["customer_id", "orders_total"]].apply(
        lambda rows: dict(rows.to_numpy())
    )
    assert found.to_dict() == {10: {"G9": 1.0, "S1": 2.0, "S2": 2.0}, 21: {"G9": 1.0, "S1": 4.0}}


def test_open_configured_shop__is_off_unless_it_is_asked_for(shop: Path) -> None:
    config = load_config(shop, overrides={"identity": {"enabled": False}})
    assert open_configured_shop(config).log.figures.customers == 4
    shop.write_text(TOML.replace('[tables.identifiers]\nuri = "identifiers.csv"\n', ""))
    with pytest.raises(UsageError, match="no table of identifiers"):
        open_configured_shop(load_config(shop, overrides={}))


def test_report__shows_what_linking_did(shop: Path) -> None:
    opened = open_configured_shop(load_config(shop, overrides={}))
    scores = pd.DataFrame(
        {"customer_id": ["S1", "S2", "G9"], "expected_value": [30.0, 40.0, 10.0], "churn_probability": [0.2, 0.3, 0.9]}
    )
    part = section(identity_findings(opened, scores))
    assert part.lead.startswith("4 source ids with orders turned out to be 3 customers.")
    assert "75 %" in part.lead
    table = part.blocks[0].table.set_index("figure")  # type: ignore[union-attr]
    assert table.loc["expected value per customer"].tolist() == pytest.approx([20.0, 80 / 3])
    linked = part.blocks[2].table.set_index("ids")  # type: ignore[union-attr]
    assert linked.loc["several", ["customers", "expected_value"]].tolist() == [1, 30.0]
    bare = open_configured_shop(load_config(shop, overrides={"identity": {"enabled": False}}))
    assert identity_findings(bare, scores) is None


def test_check__speaks_of_customers(call: Call, shop: Path) -> None:
    tables = json.loads(call("check", "--config", shop, "--json").out)["tables"]
    assert (tables["orders"]["customers"], tables["identifiers"]["rows_used"]) == (3, 4)


def test_check__accounts_for_the_orders_where_the_identifiers_cannot_be_used(call: Call, shop: Path) -> None:
    (shop.parent / "identifiers.csv").write_text(IDENTIFIERS.replace(",email,", ",,"))
    done = call("check", "--config", shop, "--json")
    tables = json.loads(done.out)["tables"]
    assert (done.code, tables["identifiers"]["ready"], tables["orders"]["ready"]) == (3, False, True)
    assert tables["orders"]["customers"] == 4  # ids as they are


def test_features__are_those_of_customers(call: Call, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.parquet"
    assert call("features", "--config", shop, "--out", out, "-q").code == 0
    table = pd.read_parquet(out).set_index("customer_id")
    assert table["orders_total"].to_dict() == {"G9": 1.0, "S1": 2.0, "S2": 2.0}


def test_identity__writes_the_map_and_the_next_run_keeps_its_ids(call: Call, shop: Path, tmp_path: Path) -> None:
    first = call("identity", "--config", shop, "--out", tmp_path / "march", "--json")
    told = json.loads(first.out)
    assert (first.code, told["source_ids"], told["customers"]) == (0, 3, 2)
    assert told["match_reasons"] == {"email": 2, "alone": 1}
    then = ["--as-of", "2024-04-01", "--previous", tmp_path / "march", "--out", tmp_path / "april"]
    merged = json.loads(call("identity", "--config", shop, *then, "--json").out)
    assert [(row["event"], row["customer_id"], row["other_id"], row["reason"]) for row in merged["events"]] == [
        ("merge", "S1", "S2", "phone")
    ]
    undo = ["--previous", tmp_path / "april", "--undo", "S1=S2", "--as-of", "2024-04-01", "--out", tmp_path / "april"]
    assert "undo: 1, such as S2 out of S1" in call("identity", *undo).out
    again = ["--as-of", "2024-05-01", "--previous", tmp_path / "april", "--out", tmp_path / "may"]
    kept = json.loads(call("identity", "--config", shop, *again, "--json").out)
    assert kept["customers"] == 2
    assert kept["guarded"][0]["guard"] == "told apart"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--undo", "S1=S2", "--as-of", "2024-04-01", "--out", "x"], "Say --previous MAP"),
        (["--undo", "S1=S2", "--previous", "nowhere", "--as-of", "2024-04-01", "--out", "x"], "no identity map"),
        (["--undo", "S1=S2", "--previous", "nowhere", "--out", "x"], "Say --as-of DATE"),
        (["--config", "tenure.toml"], "No folder for the results is named"),
        (["--config", "tenure.toml", "--previous", "nowhere", "--out", "x"], "no identity map"),
    ],
)
def test_identity__a_wrong_call_exits_with_2(
    call: Call, shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(shop.parent)
    failed = call("identity", *arguments)
    assert (failed.code, failed.out) == (2, "")
    assert said in failed.err


def test_identity__without_splink_exits_with_5(
    call: Call, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "splink", None)
    shop.write_text(TOML.replace("enabled = true", "enabled = true\nprobabilistic = 0.5"))
    failed = call("identity", "--config", shop, "--out", tmp_path / "ids")
    assert failed.code == 5
    assert "pip install 'tenure[identity]'" in failed.err


def test_settings_of__takes_every_key() -> None:
    rules = settings_of(
        IdentityConfig(limits={"phone": 3}, weak=("cookie",), priority=("phone",), blocked=("x",), largest=7)
    )
    assert rules.by_trust[0] == "phone"
    assert (rules.kinds["phone"].limit, rules.kinds["device"].strong, rules.kinds["cookie"].strong) == (3, True, False)
    assert (rules.blocked, rules.largest) == (("x",), 7)


def test_identity__runs_on_the_engine_that_is_asked_for(
    call: Call, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def no_java(**_: Any) -> None:
        asked.append("spark")
        raise DependencyUnavailableError("Spark could not be started.", fix="Install a JDK.")

    monkeypatch.setattr("tenure_features.reading.spark_session.connect_spark", no_java)
    failed = call("identity", "--config", shop, "--engine", "spark", "--out", tmp_path / "ids")
    assert (failed.code, asked) == (5, ["spark"])
    failed = call("check", "--config", shop, "--engine", "spark")
    assert (failed.code, asked) == (5, ["spark", "spark"])
