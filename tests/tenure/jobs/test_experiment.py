"""``tenure experiment analyse`` on a simulated shop whose campaigns are known, as a user would call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.jobs.campaign_results import known_results
from tenure_simulator import preset, simulate

HALVES = ("--share", "control=0.5", "--share")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated shop of three years and five campaigns."""
    folder = tmp_path_factory.mktemp("shop")
    tables = ("orders", "customers", "assignments")
    simulate(preset("shop", customers=3000, seed=2), folder, tables=tables, expectations=False)
    return folder


@pytest.fixture(scope="module")
def scores(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of the day of the A/A test."""
    orders = pd.read_parquet(shop / "orders.parquet")
    count = orders[orders["ordered_at"] < "2024-01-31"].groupby("customer_id").size()
    table = pd.DataFrame({"customer_id": count.index, "as_of": pd.Timestamp("2024-01-31"), "horizon_days": 30})
    table = table.assign(
        expected_value=count.to_numpy() * 5.0, expected_orders=count.to_numpy() / 10, churn_probability=0.5,
        segment=["loyal" if orders > 3 else "new" for orders in count],
    )  # fmt: skip
    path = tmp_path_factory.mktemp("scores") / "scores.parquet"
    table.to_parquet(path)
    return path


def analysed(call: Callable, shop: Path, *arguments: str) -> tuple[int, dict]:
    done = call("experiment", "analyse", *arguments, "--config", str(shop / "tenure.toml"), "--json", "-q")
    return done.code, json.loads(done.out)


def test_analyse__says_the_verdict_and_writes_tables_and_charts(call: Callable, shop: Path, tmp_path: Path) -> None:
    done = call(
        "experiment", "analyse", "aa_test", *HALVES, "same=0.5", "--config", str(shop / "tenure.toml"), "--out",
        str(tmp_path), "-q",
    )  # fmt: skip
    assert done.code == 0
    assert done.out.startswith("Not enough data on same: retention ")
    assert {path.name for path in tmp_path.iterdir()} == {
        "experiment_verdicts.csv", "experiment_checks.csv", "experiment_effects.csv", "experiment_money.csv",
        "experiment_groups.csv",
        "effects.svg",
    }  # fmt: skip


def test_analyse__stops_the_test_that_lost_rows(call: Callable, shop: Path) -> None:
    code, result = analysed(call, shop, "app_push", *HALVES, "push=0.5")
    assert code == 4
    assert result["broken"]
    assert "effects" not in result
    assert next(row["check"] for row in result["checks"] if row["stops"] == "yes") == "sample ratio"


def test_analyse__takes_predictions_and_groups_of_scores_made_before(call: Callable, shop: Path, scores: Path) -> None:
    code, result = analysed(call, shop, "aa_test", "--scores", str(scores), "--metric", "orders")
    assert code == 0
    assert {row["covariate"] for row in result["effects"]} == {"days before, prediction"}
    assert {row["group"] for row in result["groups"]} == {"loyal", "new"}


def test_analyse__refuses_scores_that_know_what_came_after(call: Callable, shop: Path, scores: Path) -> None:
    done = call(
        "experiment", "analyse", "win_back", "--scores", str(scores), "--config", str(shop / "tenure.toml"), "-q"
    )
    assert done.code == 2
    assert "know what came after the first assignment" in done.err


def test_analyse__before_a_window_has_closed_there_is_nothing_to_do(call: Callable, shop: Path) -> None:
    code, result = analysed(call, shop, "loyalty_call", "--as-of", "2024-08-01", "--horizon", "90")
    assert (code, result["kind"]) == (99, "NothingToDoError")


def test_analyse__without_assignments_says_where_to_name_them(call: Callable, shop: Path) -> None:
    done = call("experiment", "analyse", "x", "--orders", str(shop / "orders.parquet"), "-q")
    assert done.code == 2
    assert "[tables.assignments]" in done.err


@pytest.mark.parametrize("share", ["half", "control=half"])
def test_analyse__refuses_shares_that_are_none(call: Callable, shop: Path, share: str) -> None:
    done = call("experiment", "analyse", "aa_test", "--share", share, "--config", str(shop / "tenure.toml"), "-q")
    assert done.code == 2
    assert "ARM=SHARE" in done.err


def test_results__are_added_once_and_read_from_the_moment_they_were_known(
    call: Callable, shop: Path, tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    for _ in range(2):
        code, result = analysed(call, shop, "aa_test", "--results", str(file))
        assert code == 0
    written = json.loads(file.read_text())["results"]
    assert [(row["campaign"], row["arm"], row["by"]) for row in written] == [("aa_test", "same", "orders before")]
    assert result["campaign_results"]["winners"] == 0
    known_at = pd.Timestamp(written[0]["known_at"])
    assert [row.arm for row in known_results(None, as_of=known_at, named=file)] == ["same"]
    assert known_results(None, as_of=known_at - pd.Timedelta(seconds=1), named=file) == ()


def test_design__draws_arms_that_its_analysis_finds_fair(call: Callable, shop: Path, tmp_path: Path) -> None:
    config = str(shop / "tenure.toml")
    done = call(
        "experiment", "design", "summer", "--where", "recency_days <= 60", "--as-of", "2024-10-01", "--arm",
        "control=0.5", "--arm", "email=0.5", "--replays", "20", "--config", config, "--out", str(tmp_path), "-q",
    )  # fmt: skip
    assert done.code == 0
    assert done.out.startswith("Too few customers: a lift of 5.0% in retention takes ")
    drawn = pd.read_parquet(tmp_path / "assignments.parquet")
    apart = set(pd.read_csv(tmp_path / "without_email.csv")["customer_id"])
    assert apart == set(drawn.loc[drawn["arm"] == "control", "customer_id"])
    bought = pd.read_parquet(shop / "orders.parquet")
    before = bought[(bought["ordered_at"] < "2024-10-01") & (bought["revenue"] > 0)]
    last = before.groupby("customer_id")["ordered_at"].max()
    assert (last[drawn["customer_id"]] >= pd.Timestamp("2024-08-01")).all()
    mapped = (shop / "tenure.toml").read_text().replace('"orders.parquet"', f'"{shop / "orders.parquet"}"')
    mapped = mapped.replace('"customers.parquet"', f'"{shop / "customers.parquet"}"')
    (tmp_path / "tenure.toml").write_text(mapped)
    code, result = analysed(call, tmp_path, "summer", *HALVES, "email=0.5")
    assert code == 0
    assert {row["stops"] for row in result["checks"]} == {"no"}


def test_design__asks_for_scores_of_then_where_the_condition_does(call: Callable, shop: Path, scores: Path) -> None:
    arguments = ("design", "x", "--where", "segment = 'loyal'", "--scores", str(scores))
    done = call("experiment", *arguments, "--config", str(shop / "tenure.toml"), "-q")
    assert done.code == 2
    assert "--as-of 2024-01-01" in done.err
    again = call("experiment", *arguments, "--previous", str(scores), "--config", str(shop / "tenure.toml"), "-q")
    assert again.code == 2
    assert "know of the window" in again.err


@pytest.fixture(scope="module")
def scores_after(shop: Path, scores: Path) -> Path:
    """Scores of the day the windows of the A/A test had closed, of everybody but the first fifty customers."""
    table = pd.read_parquet(scores).iloc[50:]
    money = np.random.default_rng(6).lognormal(3, 1, len(table))
    path = scores.parent / "after.parquet"
    table.assign(as_of=pd.Timestamp("2024-03-01"), clv_to_come=money, model_version="3").to_parquet(path)
    return path


def test_analyse__with_later_scores_measures_clv(call: Callable, shop: Path, scores: Path, scores_after: Path) -> None:
    code, result = analysed(
        call, shop, "aa_test", "--as-of", "2024-03-01", "--metric", "clv", "--scores", str(scores), "--scores-after",
        str(scores_after),
    )  # fmt: skip
    assert code == 0
    assigned = pd.read_parquet(shop / "assignments.parquet").query("campaign == 'aa_test'").set_index("customer_id")
    rows = pd.read_parquet(shop / "orders.parquet").query("'2024-01-31' <= ordered_at < '2024-03-01'")
    since = rows[rows["ordered_at"] >= rows["customer_id"].map(assigned["assigned_at"])]
    earned = (since["revenue"] - since["cost"]).groupby(since["customer_id"]).sum()
    ahead = pd.read_parquet(scores_after).set_index("customer_id")["clv_to_come"]
    clv = earned.reindex(assigned.index).fillna(0.0) + ahead.reindex(assigned.index).fillna(0.0)
    means = clv.groupby(assigned["arm"]).mean()
    row = next(row for row in result["effects"] if row["metric"] == "clv")
    assert row["unadjusted"] == pytest.approx(means["same"] - means["control"], abs=1e-6)
    assert row["covariate"] == "days before, prediction"
    unknown = (~assigned.index.isin(ahead.index)).sum()
    assert f"{unknown} customers are not in the scores of 2024-03-01: nothing is to come of them." in result["notes"]
    assert any("must not know the arm" in note for note in result["notes"])


def test_analyse__without_later_scores_says_how_to_get_clv(call: Callable, shop: Path, scores: Path) -> None:
    code, result = analysed(call, shop, "aa_test", "--as-of", "2024-03-01")
    assert code == 0
    assert "clv" not in {row["metric"] for row in result["effects"]}
    assert "CLV is left out: score with --as-of 2024-03-01 and name the scores with --scores-after." in result["notes"]
    for arguments, words in (
        (("--metric", "clv"), "name the scores with --scores-after"),
        (("--scores-after", str(scores)), "before the last window had closed"),
    ):
        done = call(
            "experiment", "analyse", "aa_test", "--as-of", "2024-03-01", *arguments, "--config",
            str(shop / "tenure.toml"), "-q",
        )  # fmt: skip
        assert done.code == 2
        assert words in done.err


def test_design__plans_clv_on_the_scores_of_the_end_of_the_past(
    call: Callable, shop: Path, scores: Path, scores_after: Path
) -> None:
    arguments = ("design", "summer", "--metric", "clv", "--replays", "20", "--config", str(shop / "tenure.toml"), "-q")
    done = call("experiment", *arguments, "--scores", str(scores_after), "--previous", str(scores), "--json")
    assert done.code == 0
    result = json.loads(done.out)
    row = result["plan"][0]
    assert row["metric"] == "clv"
    assert 0 < row["needed"] <= row["needed_unadjusted"]
    assert any("scores of its end, 2024-03-01, expect after it (clv_to_come)" in note for note in result["notes"])
    without = call("experiment", *arguments, "--as-of", "2024-03-01")
    assert without.code == 2
    assert "name the scores with --scores" in without.err
