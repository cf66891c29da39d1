"""``tenure experiment run``, as a scheduler would call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.jobs.campaign_results import known_results
from tenure.jobs.standing_state import read_standing
from tenure_decisions.campaigns.results import list_what_works
from tenure_features.errors import DataContractError

SECTION = """
[experiments]
planned = 400
holdout = 0.05
[experiments.tactics.call]
contact_cost = 0.1
[experiments.tests.vip]
where = "segment = 'VIP'"
tactics = ["call"]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders of 300 customers in 2024, a configuration with a standing test, and scores of three days."""
    folder, rng = tmp_path_factory.mktemp("standing"), np.random.default_rng(3)
    ids = [f"c{number}" for number in range(300)]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 180, 1500), unit="D")
    orders = pd.DataFrame({"customer_id": rng.choice(ids, 1500), "ordered_at": days, "revenue": 20.0})
    orders.to_csv(folder / "orders.csv", index=False)
    (folder / "tenure.toml").write_text(f'[orders]\nuri = "orders.csv"\ntrust_customers = true\n{SECTION}')
    for day in ("2024-04-01", "2024-05-02", "2024-06-10"):
        table = pd.DataFrame({"customer_id": ids, "as_of": pd.Timestamp(day), "horizon_days": 30})
        table = table.assign(churn_probability=0.5, expected_value=20.0, segment=["VIP"] * 200 + ["Lost"] * 100)
        (folder / day).mkdir()
        table.to_parquet(folder / day / "scores.parquet")
    return folder


def called(call: Callable, shop: Path, day: str, out: Path, *more: str) -> dict:
    done = call(
        "experiment", "run", "--config", str(shop / "tenure.toml"), "--scores", str(shop / day), "--out", str(out),
        "--json", "-q", *more,
    )  # fmt: skip
    return {"code": done.code, "err": done.err, **json.loads(done.out)}


def test_run__assigns_once_measures_later_and_refuses_to_go_back(call: Callable, shop: Path, tmp_path: Path) -> None:
    first = called(call, shop, "2024-04-01", tmp_path)
    assert (first["code"], first["running"]) == (0, 1)
    drawn = pd.read_parquet(tmp_path / "assignments.parquet")
    assert first["assigned"] == (drawn["campaign"] == "vip: call 2024-04-01").sum()
    held = set(drawn.loc[drawn["arm"] == "holdout", "customer_id"])
    assert held
    assert not held & set(drawn.loc[drawn["campaign"] == "vip: call 2024-04-01", "customer_id"])
    again = called(call, shop, "2024-04-01", tmp_path)
    assert (again["assigned"], again["tests"]) == (0, first["tests"])
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "assignments.parquet"), drawn)
    later = called(call, shop, "2024-05-02", tmp_path)
    assert later["tests"][0]["measured"] == first["assigned"]
    back = called(call, shop, "2024-04-01", tmp_path)
    assert back["code"] == 2
    assert "last call was made for 2024-05-02" in back["err"]
    assert json.loads((tmp_path / "standing.json").read_text())["as_of"] == "2024-05-02T00:00:00"


def test_run__adds_what_a_closed_test_taught_to_the_results_once(call: Callable, shop: Path, tmp_path: Path) -> None:
    text = (shop / "tenure.toml").read_text().replace('"orders.csv"', f'"{shop / "orders.csv"}"')
    text = text.replace("[experiments]", '[experiments]\nlongest_days = 20\nresults = "results.json"')
    (tmp_path / "tenure.toml").write_text(text)
    out, file = tmp_path / "tests", tmp_path / "results.json"

    def run(day: str) -> int:
        return call(
            "experiment", "run", "--config", str(tmp_path / "tenure.toml"), "--scores", str(shop / day), "--out",
            str(out), "-q",
        ).code  # fmt: skip

    assert run("2024-04-01") == 0
    assert not file.exists()
    assert run("2024-05-02") == 0
    written = file.read_bytes()
    for day in ("2024-05-02", "2024-06-10", "2024-06-10"):
        assert run(day) == 0
        assert file.read_bytes() == written
    file.unlink()  # as if the call had been killed before it wrote the results
    assert run("2024-06-10") == 0
    assert file.read_bytes() == written
    (result,) = known_results(None, as_of=pd.Timestamp("2024-05-02"), named=file)
    (test,) = [test for test in read_standing(out).tests if test.closed_at == pd.Timestamp("2024-05-02")]
    assert (result.campaign, result.arm, result.outcome) == (test.campaign, "call", test.results[0].outcome)
    assert (result.difference, result.low, result.high) == (
        test.results[0].difference, test.results[0].low, test.results[0].high
    )  # fmt: skip
    assert (result.by, result.money, [group.group for group in result.groups]) == ("segment", "profit", ["VIP"])
    learnt = list_what_works([result])
    assert learnt["group"].tolist() == ["everybody", "VIP"]
    (tmp_path / "analyse.toml").write_text(
        f'[orders]\nuri = "{shop / "orders.csv"}"\ntrust_customers = true\n'
        f'[tables.assignments]\nuri = "{out / "assignments.parquet"}"\n'
    )
    done = call(
        "experiment", "analyse", test.campaign, "--config", str(tmp_path / "analyse.toml"), "--as-of", "2024-05-02",
        "--sequential", "--planned", "400", "--json", "-q",
    )  # fmt: skip
    rows = {row["metric"]: row for row in json.loads(done.out)["effects"]}
    assert result.difference == pytest.approx(rows["retention"]["difference"])
    assert result.low == pytest.approx(rows["retention"]["always_low"])
    assert result.money_difference == pytest.approx(rows["profit"]["difference"])
    assert result.money_error == pytest.approx(rows["profit"]["error"])


def test_run__with_a_state_of_another_version_says_so(tmp_path: Path) -> None:
    (tmp_path / "standing.json").write_text('{"version": 2, "as_of": "2024-05-02", "tests": []}')
    with pytest.raises(DataContractError, match="version 2 of the state"):
        read_standing(tmp_path)


def test_run__with_a_state_that_is_none_says_so(call: Callable, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "standing.json").write_text('{"as_of": 3}')
    broken = called(call, shop, "2024-04-01", tmp_path)
    assert broken["code"] == 3
    assert "standing tests" in broken["err"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('tactics = ["call"]', "names the tactic walk"),
        ("planned = 400", "planed"),
        ("[experiments.tests.vip]", "No standing test is named"),
    ],
)
def test_run__with_a_configuration_that_cannot_be_run_says_why(
    call: Callable, shop: Path, tmp_path: Path, wrong: str, words: str
) -> None:
    right = {"tactics": 'tactics = ["walk"]', "planned": "planed = 400"}
    text = (shop / "tenure.toml").read_text()
    key = wrong.partition(" ")[0]
    text = text.replace(wrong, right[key]) if key in right else text[: text.index(wrong)]
    text = text.replace('"orders.csv"', f'"{shop / "orders.csv"}"')
    (tmp_path / "tenure.toml").write_text(text)
    done = call(
        "experiment", "run", "--config", str(tmp_path / "tenure.toml"), "--scores", str(shop / "2024-04-01"), "--out",
        str(tmp_path / "out"), "-q",
    )  # fmt: skip
    assert done.code == 2
    assert words in done.err
