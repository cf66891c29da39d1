"""CLV means the same in scores, metadata, channels, growth and cards of one run, and is that of the raw rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import tenure
from tenure.cli import main
from tenure.config_file import load_config
from tenure.jobs.costs import economics_of, with_past_money
from tenure.jobs.economics import follow_cohorts
from tenure.jobs.opening import open_configured_shop
from tenure.jobs.studies import StudySettings, read_study, take_named_costs
from tenure.progress import SilentProgress
from tenure_features.errors import UsageError
from tenure_serving.json_value import to_json_value
from tenure_serving.language.language import ENGLISH
from tenure_serving.scorer import Scorer
from tenure_simulator import preset, simulate
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MONEY_TO_DATE, MoneyToDate

PARTS = ("contribution_to_date", "clv_to_come", "clv_before_cac", "clv_net")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop and its scores, two years ahead and not discounted."""
    work = tmp_path_factory.mktemp("clv")
    simulate(
        preset("tiny", customers=300, seed=3),
        work,
        expectations=False,
        tables=("orders", "customers", "spend", "service_costs"),
    )
    with (work / "tenure.toml").open("a", encoding="utf-8") as config:
        config.write("\n[economics]\ndiscount_rate_per_year = 0.0\nlifetime_years = 2\n")
    words = ["run", "--config", str(work / "tenure.toml"), "--candidate", "paretonbd", "--horizon", "60", "-q"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--no-register", "--out", str(work / "out")])
    assert not end.value.code
    return work


@pytest.fixture(scope="module")
def scores(folder: Path) -> pd.DataFrame:
    """The score table, by customer."""
    return pd.read_parquet(folder / "out" / "scores.parquet").set_index("customer_id")


def test_clv__parts_add_up_to_the_raw_rows(folder: Path, scores: pd.DataFrame) -> None:
    orders, served = (pd.read_parquet(folder / f"{name}.parquet") for name in ("orders", "service_costs"))
    brought = (orders["revenue"] - orders["cost"]).groupby(orders["customer_id"]).sum()
    brought = brought.sub(served["amount"].groupby(served["customer_id"]).sum(), fill_value=0.0)
    assert scores["contribution_to_date"].to_numpy() == pytest.approx(brought.reindex(scores.index).to_numpy())
    assert scores["clv_before_cac"].to_numpy() == pytest.approx(
        (scores["contribution_to_date"] + scores["clv_to_come"]).to_numpy()
    )
    spend, customers = (pd.read_parquet(folder / f"{name}.parquet") for name in ("spend", "customers"))
    channel = customers.set_index("customer_id")["acquisition_channel"].reindex(scores.index)
    cost = spend.groupby("channel")["cost"].sum() / channel.value_counts()
    net = scores["clv_before_cac"] - channel.map(cost).fillna(0.0)
    assert scores["clv_net"].to_numpy() == pytest.approx(net.to_numpy())


def test_clv__of_a_loaded_model_and_a_file_of_features_with_money_is_that_of_the_run(
    folder: Path, scores: pd.DataFrame
) -> None:
    """Somebody else's program: a file that a command wrote, a model that was loaded, no other word about costs."""
    words = ["features", "--config", str(folder / "tenure.toml"), "--out", str(folder / "features.parquet"), "-q"]
    for money in ([], ["--money"]):
        with pytest.raises(SystemExit) as end:
            main([*words, *money])
        assert not end.value.code
        again = Scorer.load(folder / "out" / "model").score(pd.read_parquet(folder / "features.parquet"))
        again = again.set_index("customer_id").reindex(index=scores.index, columns=scores.columns)
        columns = [name for name in scores if name.startswith(("clv_", "contribution_"))]
        equal = [np.allclose(again[name], scores[name], rtol=1e-6, atol=1e-6, equal_nan=True) for name in columns]
        assert all(equal) == bool(money), dict(zip(columns, equal, strict=True))
        np.testing.assert_allclose(again["expected_value"], scores["expected_value"], rtol=1e-6)
    written = pq.read_schema(folder / "features.parquet").names
    assert {ACQUISITION_COST, *MONEY_TO_DATE} <= set(written)


def test_clv__means_the_same_in_metadata(folder: Path) -> None:
    metadata = pq.read_schema(folder / "out" / "scores.parquet").metadata
    said = json.loads(metadata[b"tenure"])["definitions"]
    assert said["clv_before_cac"].startswith("contribution_to_date + clv_to_come")
    assert said["clv_net"].startswith("clv_before_cac less the cost of acquisition")
    assert "2 years" in said["clv_to_come"]
    assert "margin of" in said["clv"]
    assert json.loads((folder / "out" / "manifest.json").read_text())["definitions"]["clv_net"] == said["clv_net"]


@pytest.mark.parametrize("command", ["channels", "growth"])
def test_clv__of_a_channel_is_the_sum_of_its_customers(
    call: Callable, folder: Path, scores: pd.DataFrame, command: str
) -> None:
    config = ("--config", str(folder / "tenure.toml"), "--scores", str(folder / "out"), "--json", "-q")
    found = pd.DataFrame(json.loads(call(command, *config).out)["channels"])
    if command == "channels":
        found = found[found["rule"] == "first_touch"].rename(columns={"new_customers": "customers"})
    customers = pd.read_parquet(folder / "customers.parquet").set_index("customer_id")["acquisition_channel"]
    sums = scores[list(PARTS)].groupby(customers.reindex(scores.index)).sum()
    sums.loc["all"] = scores[list(PARTS)].sum()
    found = found.set_index("channel")
    assert set(sums.index) == set(found.index)
    for name in PARTS:
        whole = (found[name] * found["customers"]).reindex(sums.index).to_numpy()
        np.testing.assert_allclose(whole, sums[name].to_numpy(), rtol=1e-6, atol=1e-6)
    if command == "growth":
        paid = found[found["cac"] > 0]
        assert paid["g_before"].to_numpy() == pytest.approx(
            (paid["customers"] * paid["clv_before_cac"] / paid["cac"]).to_numpy()
        )
        assert (paid["g_before"] - paid["g_net"]).to_numpy() == pytest.approx(paid["customers"].to_numpy())


def test_clv__of_a_cohort_is_the_sum_of_its_customers(call: Callable, folder: Path, scores: pd.DataFrame) -> None:
    config = ("--config", str(folder / "tenure.toml"), "--scores", str(folder / "out"), "--json", "-q")
    found = pd.DataFrame(json.loads(call("cohorts", "--by", "quarter", *config).out)["clv"]).set_index("cohort")
    orders = pd.read_parquet(folder / "orders.parquet")
    first = orders[orders["revenue"] >= 0].groupby("customer_id")["ordered_at"].min().dt.to_period("Q").astype("str")
    sums = scores[list(PARTS)].groupby(first.reindex(scores.index)).sum()
    assert set(found.index) == set(sums.index)
    for name in PARTS:
        whole = (found[name] * found["customers"]).reindex(sums.index).to_numpy()
        np.testing.assert_allclose(whole, sums[name].to_numpy(), rtol=1e-6, atol=1e-6)


def test_clv__costs_that_are_said_count_alike_in_scores_channels_and_cohorts(
    folder: Path, scores: pd.DataFrame
) -> None:
    said = load_config(folder / "tenure.toml", overrides={"economics": {"margin": 0.3, "service_cost_per_order": 2.0}})
    shop = open_configured_shop(said)
    table = pd.DataFrame({"customer_id": scores.index, "as_of": shop.as_of})
    priced = with_past_money(table, said.economics, shop)
    past = MoneyToDate.of(priced).contribution(economics_of(said.economics, shop))
    _, study = read_study(said, None, settings=StudySettings(since="2000-01-01"), progress=SilentProgress())
    orders = pd.read_parquet(folder / "orders.parquet")
    raw = (0.3 * orders["revenue"] - 2.0 * (orders["revenue"] >= 0)).groupby(orders["customer_id"]).sum()
    assert past == pytest.approx(raw.reindex(scores.index).to_numpy())
    assert study.ages.so_far == pytest.approx(raw.reindex(study.acquired["customer_id"]).to_numpy())
    followed = follow_cohorts(shop, by="year", costs=take_named_costs(said.economics))
    assert followed.value("value") == "net revenue less cost of goods and cost to serve"


@pytest.mark.parametrize("command", ["cohorts", "channels", "growth", "budget"])
def test_economics__say_the_same_from_python_and_from_the_command_line(
    call: Callable, folder: Path, command: str
) -> None:
    costs = {"margin": 0.3, "service_cost_per_order": 2.0}
    said = folder / "costs.toml"
    lines = [f"{name} = {cost}\n" for name, cost in costs.items()]  # the last section of the file is [economics]
    said.write_text((folder / "tenure.toml").read_text("utf-8") + "".join(lines), "utf-8")
    arguments = (command, "--config", str(said), "--scores", str(folder / "out"), "--json", "-q")
    printed = json.loads(call(*arguments).out)
    shop = open_configured_shop(load_config(said, overrides={}))
    scored = pd.read_parquet(folder / "out" / "scores.parquet")
    result = getattr(tenure, command)(shop, scores=scored, economics=costs)
    computed = json.loads(json.dumps(to_json_value(result.to_dict())))
    assert {name: printed[name] for name in computed} == computed
    assert "cost to serve" in computed["value"]
    with pytest.raises(UsageError, match=r"There is no key of \[economics\] called 'margins'"):
        getattr(tenure, command)(shop, economics={"margins": 0.3})


def test_clv__of_a_card_is_that_of_the_scores(call: Callable, folder: Path, scores: pd.DataFrame) -> None:
    best = scores["clv_net"].idxmax()
    done = call("card", best, "--scores", str(folder / "out"), "--json")
    value = json.loads(done.out)["value"]
    assert {name: value[name] for name in PARTS} == pytest.approx(scores.loc[best, list(PARTS)].to_dict())
    text = call("card", best, "--scores", str(folder / "out")).out
    for name in PARTS:
        assert ENGLISH.exact_money(float(scores.loc[best, name]), "") in text
