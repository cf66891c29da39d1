"""The commands of economics on a simulated shop, as a user would call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tenure.config import Config
from tenure.config_file import load_config
from tenure.jobs.opening import open_configured_shop
from tenure.jobs.studies import order_frame, read_score_table, read_shop, tables_beside
from tenure.progress import SilentProgress
from tenure.report.economics import economics_sections
from tenure_features import OrderSource, open_orders
from tenure_features.errors import UsageError
from tenure_serving.report.sections import lay_out
from tenure_simulator import preset, simulate

TABLES = ("orders", "customers", "spend", "service_costs", "events")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small simulated shop of 14 months."""
    folder = tmp_path_factory.mktemp("shop")
    simulate(preset("tiny", customers=400, seed=1), folder, tables=TABLES, expectations=False)
    return folder


@pytest.fixture(scope="module")
def scores(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of the shop that expect 9 of everybody."""
    orders = pd.read_parquet(shop / "orders.parquet")
    table = pd.DataFrame({"customer_id": orders["customer_id"].unique()})
    table = table.assign(as_of=pd.Timestamp("2023-02-25"), horizon_days=90, expected_value=9.0, churn_probability=0.25)
    path = tmp_path_factory.mktemp("scores") / "scores.parquet"
    table.to_parquet(path)
    return path


def test_cohorts__prints_tables_and_writes_files(call: Callable, shop: Path, tmp_path: Path) -> None:
    done = call("cohorts", "--config", str(shop / "tenure.toml"), "--out", str(tmp_path), "-q")
    assert done.code == 0
    assert "less cost of goods and cost to serve, before the cost of acquisition, in EUR." in done.out
    assert "(100)" in done.out  # the last month is still open
    assert {path.name for path in tmp_path.iterdir()} == {
        "cohorts_cells.csv", "cohorts_summary.csv", "cohorts_completion.csv", "cohort_retention.svg",
        "cohort_value.svg",
    }  # fmt: skip
    cells = pd.read_csv(tmp_path / "cohorts_cells.csv")
    assert cells.loc[cells["age"] == 0, "customers"].sum() == 400


def test_cohorts__by_a_column_of_customers(call: Callable, shop: Path) -> None:
    done = call("cohorts", "--config", str(shop / "tenure.toml"), "--by", "region", "--json", "-q")
    result = json.loads(done.out)
    assert {row["cohort"] for row in result["cells"]} == {"north", "east", "south", "west", "capital", "islands"}
    assert result["completion"] == []
    assert result["definitions"]["retention"]["unit"] == "share"


def test_channels__reads_every_table_and_the_scores(call: Callable, shop: Path, scores: Path) -> None:
    arguments = ("channels", "--config", str(shop / "tenure.toml"), "--scores", str(scores), "--json", "-q")
    result = json.loads(call(*arguments).out)
    rows = {(row["rule"], row["channel"]): row for row in result["channels"]}
    spend = pd.read_parquet(shop / "spend.parquet")
    assert rows["first_touch", "all"]["new_customers"] == 400
    assert rows["first_touch", "all"]["spend"] == pytest.approx(spend["cost"].sum())
    assert rows["first_touch", "all"]["churn"] == pytest.approx(0.25)
    assert rows["first_touch", "organic"]["paid_cac"] == 0.0
    assert rows["first_touch", "organic"]["payback"] == "no cost"
    assert rows["last_touch", "all"]["engagement"] > 0
    assert result["currency"] == "EUR"
    assert {row["days"] for row in result["clv"]} == {30, 90, 180, 365}


def test_growth__prints_both_conventions(call: Callable, shop: Path) -> None:
    done = call("growth", "--config", str(shop / "tenure.toml"), "-q")
    assert done.code == 0
    assert "g_before = C x clv_before_cac / CAC" in done.out
    assert "g_net = C x clv_net / CAC" in done.out
    assert "one more point of customers active" in done.out


def test_budget__tells_the_split_and_the_experiment(call: Callable, shop: Path, tmp_path: Path) -> None:
    done = call("budget", "--config", str(shop / "tenure.toml"), "--out", str(tmp_path), "-q")
    assert done.code == 0, done.err
    assert "Before believing it: Hold " in done.out
    assert "Nothing here is a promise before an experiment." in done.out
    assert (tmp_path / "response_curves.svg").stat().st_size > 1000
    # affiliates began 240 days ago: no amount, only where to go
    row = next(line for line in done.out.splitlines() if line.strip().startswith("affiliates"))
    assert "direction only" in row


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("budget", "--limit", "email:3"), 2, "not CHANNEL=FROM:TO"),
        (("budget", "--total", "1e9"), 2, "does not fit the bounds"),
        (("budget", "--least", "2", "--most", "1"), 2, "a least and a most"),
        (("cohorts", "--by", "colour"), 2, "no cohort by 'colour'"),
        (("channels", "--level", "2"), 2, "between 0 and 1"),
        (("channels", "--since", "2030-01-01"), 3, "Nobody was acquired"),
        (("channels", "--scores", "nowhere"), 2, "There are no scores"),
    ],
)
def test_economics__say_what_is_wrong(call: Callable, shop: Path, arguments, code: int, message: str) -> None:
    done = call(*arguments, "--config", str(shop / "tenure.toml"), "-q")
    assert done.code == code
    assert message in done.err


def test_budget__without_spend_says_where_to_name_it(call: Callable, shop: Path) -> None:
    done = call("budget", "--orders", str(shop / "orders.parquet"), "-q")
    assert done.code == 3
    assert "[tables.spend]" in done.err


def test_scores__of_another_moment_are_refused(scores: Path) -> None:
    with pytest.raises(UsageError, match="of 2023-02-25, the tables are read as of 2023-01-01"):
        read_score_table(scores, as_of=pd.Timestamp("2023-01-01"))
    assert read_score_table(None, as_of=pd.Timestamp("2023-01-01")) is None


def test_read_shop__reads_nothing_at_or_after_as_of(shop: Path) -> None:
    tree = {"orders": {"uri": str(shop / "orders.parquet")}, "run": {"as_of": "2022-06-01"}}
    tree["tables"] = {name: {"uri": str(shop / f"{name}.parquet")} for name in ("spend", "events")}
    found = read_shop(Config.model_validate(tree), progress=SilentProgress())
    beside = tables_beside(found)
    assert order_frame(found)["ordered_at"].max() < pd.Timestamp("2022-06-01")
    assert pd.to_datetime(beside["spend"]["date"]).max() < pd.Timestamp("2022-06-01")
    assert beside["events"]["occurred_at"].max() < pd.Timestamp("2022-06-01")


def test_order_frame__add_up_lines_and_do_not_invent_costs(tmp_path: Path) -> None:
    lines = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b", "b"],
            "order_id": ["1", "1", "2", "3", "3"],
            "ordered_at": pd.to_datetime(["2024-01-01"] * 2 + ["2024-01-02"] + ["2024-01-03"] * 2),
            "revenue": [10.0, 5.0, -3.0, 8.0, 1.0],
            "cost": [4.0, 1.0, -1.0, 2.0, None],
            "channel": ["web", "web", "web", "app", "app"],
        }
    )
    lines.to_parquet(tmp_path / "orders.parquet")
    found = order_frame(open_orders(OrderSource(str(tmp_path / "orders.parquet"))))
    assert found["revenue"].tolist() == [15.0, -3.0, 9.0]
    assert found["cost"].tolist()[:2] == [5.0, -1.0]
    assert pd.isna(found["cost"].iloc[2])
    assert found["channel"].tolist() == ["web", "web", "app"]
    assert (found["revenue"] >= 0).tolist() == [True, False, True]


def test_sections__of_the_report_hold_what_the_tables_allow(shop: Path, scores: Path) -> None:
    config = load_config(shop / "tenure.toml", overrides={})
    found = economics_sections(open_configured_shop(config), pd.read_parquet(scores), seed=0)
    titles = [section.title.partition(":")[0] for section in found]
    assert titles == ["Cohorts", "E-mail campaigns that bring repeat customers", "Channels", "Growth", "Budget"]
    layout = lay_out(found, currency="EUR")
    assert len(layout.specs) >= 7
    assert json.dumps(layout.specs, allow_nan=False)
    alone = config.model_copy(update={"tables": {}})
    alone = economics_sections(open_configured_shop(alone), pd.read_parquet(scores), seed=0)
    assert [section.title.partition(":")[0] for section in alone] == ["Cohorts"]


def test_sections__of_many_orders_follow_some_customers_and_say_so(
    shop: Path, scores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenure.report.economics._LARGEST", 400)
    monkeypatch.setattr("tenure.report.economics._SAMPLED", 300)
    opened = open_configured_shop(load_config(shop / "tenure.toml", overrides={}))
    found = economics_sections(opened, pd.read_parquet(scores), seed=0)
    everybody, rows = opened.log.figures.customers, opened.log.readiness.rows_used
    assert f"{everybody * 300 // rows:,} of {everybody:,} customers were studied." in str(found[0])
    assert [section.title for section in found[1:]] == [
        "E-mail campaigns that bring repeat customers", "Channels, growth and budget",
    ]  # fmt: skip
    assert all("So many orders are left to the commands." in section.lead for section in found[1:])


def test_sections__say_what_the_data_do_not_allow(shop: Path, scores: Path, tmp_path: Path) -> None:
    spend = pd.DataFrame({"date": [pd.Timestamp("2022-02-01")], "channel": ["email"], "cost": [5.0]})
    spend.to_parquet(tmp_path / "spend.parquet")
    tree = {"orders": {"uri": str(shop / "orders.parquet")}, "run": {"as_of": "2023-02-25"}}
    config = Config.model_validate(tree | {"tables": {"spend": {"uri": str(tmp_path / "spend.parquet")}}})
    found = economics_sections(open_configured_shop(config), pd.read_parquet(scores), seed=0)
    assert "A budget needs spend in the last 13 weeks." in found[-1].lead
