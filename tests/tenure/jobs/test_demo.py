"""The demo on a small shop: the lines hold the numbers of the scores, and the truth is the simulator's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.jobs.demo import DemoResult, demo_job
from tenure.progress import SilentProgress
from tenure_serving.language.language import ENGLISH
from tenure_simulator import read_truth, truth_at
from tenure_training.metrics.known_truth import against_truth
from tests.openings import count_openings

KNOWN = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "buy_probability": [0.1, 0.3, 0.6, 0.8],
        "expected_value": [1.0, 2.0, 3.0, 6.0],
    }
)


def test_truth__a_perfect_prediction_is_off_by_nothing_in_any_order() -> None:
    row = against_truth(KNOWN, {"oracle": KNOWN.sample(frac=1.0, random_state=0)}).iloc[0]
    assert row.to_dict() == pytest.approx(
        {"candidate": "oracle", "probability_error": 0, "calibration_error": 0, "value_correlation": 1, "total_bias": 0}
    )


def test_truth__errors_are_means_over_customers() -> None:
    said = KNOWN.assign(buy_probability=[0.2, 0.2, 0.7, 0.7], expected_value=[2.0, 4.0, 6.0, 12.0])
    row = against_truth(KNOWN, {"said": said}).iloc[0]
    assert row["probability_error"] == pytest.approx(0.1)
    assert row["calibration_error"] == pytest.approx(0.0)  # each pair is right on average
    assert (row["value_correlation"], row["total_bias"]) == pytest.approx((1.0, 1.0))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the demo was started in."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture(scope="module")
def openings() -> Counter[str]:
    """How often the demo opened each table."""
    return Counter()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, here: Path, openings: Counter[str]) -> DemoResult:
    out = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch, count_openings(out / "shop") as counted:
        patch.chdir(here)
        result = demo_job(out, customers=200, seed=2, progress=SilentProgress())
    openings.update(counted)
    return result


@pytest.fixture(scope="module")
def scores(demo: DemoResult) -> pd.DataFrame:
    return pd.read_parquet(demo.out / "scores.parquet")


@pytest.mark.slow
def test_demo__the_lines_hold_the_numbers_of_the_scores(demo: DemoResult, scores: pd.DataFrame) -> None:
    leaves, worth, first, *_ = demo.lines
    assert f"{scores['churn_probability'].sum():,.0f} of {len(scores):,} customers" in leaves
    threatened = (scores["risk_tier"] == "high") | (scores["warnings"].str.len() > 0)
    risky = scores[threatened & (scores["lifecycle"] != "lost")]
    assert f"{len(risky):,} are at high risk, or give a warning sign, and not lost yet" in leaves
    active = risky["value_if_buys"]
    assert ENGLISH.exact_money((active - risky["expected_value"].clip(lower=0)).sum(), "EUR") in leaves
    assert ENGLISH.exact_money(scores["expected_value"].sum(), "EUR") in worth
    best = scores["expected_value"].nlargest(len(scores) // 5).sum() / scores["expected_value"].sum()
    assert f"{best * 100:.0f} %" in worth
    customer = demo.next_command.split()[demo.next_command.split().index("explain") + 1]
    assert customer in set(risky["customer_id"])
    assert first.endswith(f"Begin with {customer}.")
    segment = risky[risky["segment"] == scores.set_index("customer_id").loc[customer, "segment"]]
    group = scores[scores["segment"] == segment["segment"].iloc[0]]
    assert f'{len(segment):,} of the {len(group):,} customers of "{segment["segment"].iloc[0]}" are at risk' in first
    assert customer == pd.read_csv(demo.out / "call_list.csv")["customer_id"].iloc[0]
    assert ENGLISH.exact_money(active[segment.index].sub(segment["expected_value"].clip(lower=0)).sum(), "EUR") in first
    assert segment["next_step"].iloc[0] in first


@pytest.mark.slow
def test_demo__predictions_are_held_against_the_truth_of_the_simulator(demo: DemoResult, scores: pd.DataFrame) -> None:
    known = truth_at(read_truth(demo.out / "shop"), pd.Timestamp(demo.as_of), demo.horizon_days)
    both = scores.merge(known, on="customer_id", suffixes=("", "_true"))
    assert len(both) == len(scores)
    off = float(np.abs(1 - both["churn_probability"] - both["buy_probability"]).mean())
    correlation = float(np.corrcoef(both["expected_value"], both["expected_value_true"])[0, 1])
    assert f"off by {off * 100:.1f} points per customer" in demo.lines[3]
    assert f"correlates {correlation:.2f} with" in demo.lines[3]
    truth = demo.truth.set_index("candidate")
    assert truth.loc["tenure", "probability_error"] < truth.loc["status_quo", "probability_error"] / 2
    assert truth.loc["tenure", "value_correlation"] > truth.loc["status_quo", "value_correlation"]


@pytest.mark.slow
def test_demo__tells_the_backtest_beside_its_best_baseline(demo: DemoResult) -> None:
    table = demo.backtest.set_index("candidate")
    best = table[table["kind"] == "baseline"]["log_loss"].min()
    assert f"log-loss {table.loc[demo.champion, 'log_loss']:.3f}" in demo.lines[4]
    assert f"{best:.3f}; lower is better" in demo.lines[4]


@pytest.mark.slow
def test_demo__says_what_the_tables_beside_the_orders_added(demo: DemoResult) -> None:
    added = demo.added.set_index("candidate")
    assert added.index.tolist() == ["orders alone", "all tables"]
    assert added["features"].diff().iloc[1] > 80
    assert added.loc["all tables", "auroc"] > added.loc["orders alone", "auroc"]
    assert added.loc["all tables", "probability_error"] < added.loc["orders alone", "probability_error"]
    line, report = demo.lines[5], demo.report_path.read_text(encoding="utf-8")
    for name in added.index:
        assert f"{added.loc[name, 'auroc'] * 100:.1f} %" in line
        assert f"with {name}" in line
    assert "What the other tables added" in report
    assert "all tables" in report
    known = truth_at(read_truth(demo.out / "shop"), pd.Timestamp(demo.as_of), demo.horizon_days)
    assert set(known["customer_id"]) == set(pd.read_parquet(demo.out / "scores.parquet")["customer_id"])


@pytest.mark.slow
def test_demo__leaves_everything_in_its_folder(demo: DemoResult, here: Path) -> None:
    names = {path.name for path in demo.out.iterdir()}
    assert {"shop", "scores.parquet", "report.html", "manifest.json", "model", "mlruns"} <= names
    assert demo.report_path == demo.out / "report.html"
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_demo__opens_each_table_once(demo: DemoResult, openings: Counter[str]) -> None:
    assert {"orders", "events"} <= set(openings)
    assert set(openings.values()) == {1}
