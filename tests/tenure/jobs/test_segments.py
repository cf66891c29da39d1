"""``tenure segments`` on two score tables, a log and its tables on disk; sections of the report built from the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.jobs.campaign_results import add_results
from tenure.jobs.segments import segments_job
from tenure.report.segments import steadiness
from tenure_decisions.campaigns.results import CampaignResult, GroupResult
from tenure_decisions.customers.findings import pareto_findings, study_findings
from tenure_serving.findings import section
from tenure_serving.report import ReportData, render_report
from tenure_serving.segments import load_playbook
from tenure_serving.segments.movement import count_movement
from tenure_simulator import preset, simulate

THEN, NOW = pd.Timestamp("2022-10-01"), pd.Timestamp("2022-10-08")
SEGMENTS = load_playbook()


def score_table(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Scores by a rule: value is what was spent so far, churn rises with silence."""
    past = orders[(orders["ordered_at"] < as_of) & (orders["revenue"] >= 0)]
    by = past.groupby("customer_id").agg(spent=("revenue", "sum"), last=("ordered_at", "max"))
    silent = (as_of - by["last"]) / pd.Timedelta(days=1)
    churn = (silent / (silent + 60)).to_numpy()
    value = (by["spent"] * (1 - churn) / 4).to_numpy()
    high = by["spent"].to_numpy() >= by["spent"].quantile(0.75)
    names = np.where(silent > 150, "Lost", np.where(high, "VIP", "Active"))
    return pd.DataFrame(
        {
            "customer_id": by.index.astype(str), "as_of": as_of, "horizon_days": 60, "churn_probability": churn,
            "expected_value": value, "value_if_buys": by["spent"].to_numpy() / 4,
            "recency_score": 3, "frequency_score": 3, "monetary_score": 3,
            "rfm_group": "Loyal", "rfm_relationship": "Lovers", "value_tier": np.where(high, "high", "low"),
            "risk_tier": np.where(churn > 0.7, "high", "low"), "lifecycle": np.where(silent > 150, "lost", "active"),
            "segment": names, "next_step": [SEGMENTS.play(name).next_steps[0] for name in names],
        }
    )  # fmt: skip


def write(table: pd.DataFrame, folder: Path) -> None:
    folder.mkdir()
    carried = {"tenure": json.dumps({"currency": "EUR", "definitions": {"churn": "no order"}})}
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata(carried), folder / "scores.parquet")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    simulate(
        preset("tiny", customers=600, seed=5), folder / "shop", tables=("orders", "order_lines", "customers"),
        expectations=False,
    )  # fmt: skip
    orders = pd.read_parquet(folder / "shop" / "orders.parquet")
    for name, moment in (("then", THEN), ("now", NOW)):
        write(score_table(orders, moment), folder / name)
    return folder


def test_segments__count_customers_and_value_by_group(call: Callable[..., Any], shop: Path) -> None:
    done = call("segments", "--scores", shop / "now", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    table = pd.read_parquet(shop / "now" / "scores.parquet")
    rows = {row["group"]: row for row in said["groups"]}
    assert [row["group"] for row in said["groups"]] == [name for name in SEGMENTS.names if name in rows]
    for name, part in table.groupby("segment"):
        assert rows[name]["customers"] == len(part)
        assert rows[name]["expected_value"] == pytest.approx(part["expected_value"].sum())
        assert rows[name]["next_step"] == SEGMENTS.play(name).next_steps[0]
    ranked = np.sort(table["expected_value"])[::-1]
    fifth = next(row for row in said["pareto"] if row["share_of_customers"] == 0.2)
    assert fifth["share_of_value"] == pytest.approx(ranked[: -(-len(ranked) // 5)].sum() / ranked.sum())
    assert said["movement"] is said["stability"] is said["study"] is None


def test_segments__say_which_arm_works_where_campaigns_taught_it(
    call: Callable[..., Any], shop: Path, tmp_path: Path
) -> None:
    vip = GroupResult(group="VIP", difference=0.06, low=0.02, high=0.1)
    mail = CampaignResult(
        campaign="summer", arm="mail", metric="retention", horizon_days=30, known_at=NOW, outcome="win", sentence="",
        customers=500, level=0.95, always=False, by="segment", control=0.2, difference=0.05, low=0.02, high=0.08,
        error=0.015, money="margin", money_control=4.0, money_difference=1.0, money_error=0.4, groups=(vip,),
    )  # fmt: skip
    later = replace(mail, arm="call", known_at=NOW + pd.Timedelta(days=1), difference=0.5)
    file = tmp_path / "results.json"
    add_results(file, (mail, later))
    done = call("segments", "--scores", shop / "now", "--results", file, "--json")
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert {row["group"]: row["works"] for row in answer["groups"]} == {"VIP": "mail", "Active": "", "Lost": ""}
    assert [row["arm"] for row in answer["campaign_results"]["learnt"]] == ["mail", "mail"]
    missing = call("segments", "--scores", shop / "now", "--results", tmp_path / "no.json")
    assert missing.code == 2
    assert "tenure experiment analyse CAMPAIGN --results FILE writes it" in missing.err


def test_segments__speak_the_language_asked_for(call: Callable[..., Any], shop: Path) -> None:
    assert "Потерянные" in call("segments", "--scores", shop / "now", "--language", "ru").out
    done = call("segments", "--scores", shop / "now", "--by", "rfm_relationship", "--language", "ru")
    assert "Истинно любящие" in done.out


def test_segments__take_a_group_of_ones_own_over_scores_features_and_customers(
    call: Callable[..., Any], shop: Path
) -> None:
    config = ["--scores", shop / "now", "--config", shop / "shop" / "tenure.toml", "--json"]
    where = "region = 'west' and age_band <> '65+' and value_tier = 'high' and orders_total >= 2"
    found = json.loads(call("segments", *config, "--where", where).out)
    scores = pd.read_parquet(shop / "now" / "scores.parquet").set_index("customer_id")
    orders = pd.read_parquet(shop / "shop" / "orders.parquet")
    past = orders[(orders["ordered_at"] < NOW) & (orders["revenue"] >= 0)]
    people = pd.read_parquet(shop / "shop" / "customers.parquet").set_index("customer_id").reindex(scores.index)
    often = past.groupby("customer_id")["order_id"].nunique().reindex(scores.index) >= 2
    mine = (people["region"] == "west") & ~(NOW.year - people["birth_year"] >= 65) & often
    mine &= scores["value_tier"] == "high"
    groups = {row["group"]: row["customers"] for row in found["groups"]}
    assert groups == {"in the group": mine.sum(), "everybody else": (~mine).sum()}
    assert 0 < mine.sum() < len(mine)
    for wrong, said in (("regoin = 'west'", "Did you mean 'region'"), ("region = 'wst'", "Did you mean 'west'")):
        refused = call("segments", *config, "--where", wrong)
        assert (refused.code, said in refused.err) == (2, True)


def test_segments__tell_who_moved_and_leave_out_who_ordered(call: Callable[..., Any], shop: Path) -> None:
    previous = ["--previous", shop / "then", "--json"]
    alone = json.loads(call("segments", "--scores", shop / "now", *previous).out)
    totals = alone["movement"]["totals"]
    assert totals["value_before"] + totals["gained"] - totals["lost"] == pytest.approx(totals["value_after"])
    then, now = (pd.read_parquet(shop / name / "scores.parquet").set_index("customer_id") for name in ("then", "now"))
    assert alone["stability"]["customers"] == len(then.index.intersection(now.index))
    config = ["--config", shop / "shop" / "tenure.toml"]
    known = json.loads(call("segments", "--scores", shop / "now", *previous, *config).out)["stability"]
    orders = pd.read_parquet(shop / "shop" / "orders.parquet")
    between = orders[(orders["ordered_at"] >= THEN) & (orders["ordered_at"] < NOW) & (orders["revenue"] >= 0)]
    quiet = then.index.intersection(now.index).difference(between["customer_id"].unique())
    changed = (then.loc[quiet, "segment"] != now.loc[quiet, "segment"]).sum()
    assert (known["days"], known["customers"], known["changed"]) == (7.0, len(quiet), changed)
    assert 0 < known["customers"] < alone["stability"]["customers"]


def test_segments__write_tables_and_charts(call: Callable[..., Any], shop: Path, tmp_path: Path) -> None:
    done = call(
        "segments", "--scores", shop / "now", "--previous", shop / "then", "--config", shop / "shop" / "tenure.toml",
        "--out", tmp_path / "tables", "--by", "lifecycle", "--group", "lost",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "What sets the lost lifecycle apart" in done.out
    assert "A comparison of customers, not an experiment" in done.out
    files = {path.name for path in (tmp_path / "tables").iterdir()}
    assert files == {
        "segments.csv", "pareto.csv", "pareto_sides.csv", "pareto.svg",
        "movement.csv", "movement.svg", "movement_groups.csv",
        "experience.csv", "matrix.csv", "profile.csv", "profile.svg",
        "met_early_category.csv", "met_early_brand.csv", "ideal_rules.csv",
        "lookalike_seeds.csv",
    }  # fmt: skip
    assert (tmp_path / "tables" / "movement.svg").read_text().startswith("<svg")


def test_segments__read_nothing_at_or_after_the_scores(shop: Path) -> None:
    from tenure.config_file import load_config

    config = load_config(shop / "shop" / "tenure.toml", overrides={})
    found = segments_job(shop / "then", config=config, by="value_tier", group="high").parts["study"]
    assert found is not None
    earlier = pd.read_parquet(shop / "shop" / "orders.parquet")
    cut = shop / "cut.parquet"
    earlier[earlier["ordered_at"] < THEN].to_parquet(cut)
    again = config.model_copy(update={"orders": config.orders.model_copy(update={"uri": str(cut)})})
    same = segments_job(shop / "then", config=again, by="value_tier", group="high").parts["study"]
    assert same is not None
    pd.testing.assert_frame_equal(found.frame("profile"), same.frame("profile"))
    early, again = found.parts["met_early"], same.parts["met_early"]
    assert early.tables
    for table in early.tables:
        pd.testing.assert_frame_equal(table.frame, again.frame(table.name))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "mood"], "cannot be grouped by 'mood'"),
        (["--previous", "now"], "must be of an earlier moment"),
        (["--group", "Kings", "--config", "shop/tenure.toml"], "customers outside it"),
    ],
)
def test_segments__say_what_cannot_be_done(
    call: Callable[..., Any], shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(shop)
    done = call("segments", "--scores", "now", *arguments)
    assert done.code == 2
    assert said in done.err


def test_sections__render_in_the_report(shop: Path) -> None:
    then, now = (pd.read_parquet(shop / name / "scores.parquet") for name in ("then", "now"))
    aged = pd.DataFrame(
        [("segment", 500, 20, 0.04, 5, 0.01)],
        columns=["column", "customers", "changed", "share", "changed_held", "share_held"],
    )
    nothing = pd.DataFrame(
        columns=[
            "attribute",
            "level",
            "group_share",
            "outside_share",
            "lift",
            "low",
            "high",
            "p_adjusted",
            "represented",
        ]
    )
    subjects = (
        pareto_findings(now["expected_value"], days=60, currency="EUR"),
        steadiness(count_movement(then, now, order=SEGMENTS.names), aged, currency="EUR", margin=0.1),
        steadiness(None, None, currency="EUR", margin=0.1),
        study_findings(
            nothing, group="the high value tier", customers=10, met_early={}, ideal=None,
            notes=["Half of them were studied."],
        ),
    )  # fmt: skip
    sections = tuple(section(subject) for subject in subjects)
    html = render_report(
        ReportData(scores=now, definitions={"currency": "EUR"}, champion="m", champion_reason="why", sections=sections)
    )
    for words in (
        "bring", "Since 2022-10-01,", "4.0 % of customers would change the segment; 1.0 % when",
        "In the high value tier, 0 of 0 attributes", "Half of them were studied.", "after seven days without any order",
    ):  # fmt: skip
        assert words in html
