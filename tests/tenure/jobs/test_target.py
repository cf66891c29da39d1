"""``tenure target`` as a user would call it: a list that audiences and the next analysis take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

AS_OF = pd.Timestamp("2024-06-01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of forty customers, and the uplift of a voucher for them."""
    place = tmp_path_factory.mktemp("out")
    ids = [f"c{number:02}" for number in range(40)]
    pd.DataFrame({
        "customer_id": ids, "as_of": AS_OF, "horizon_days": 90, "churn_probability": 0.5, "expected_value": 60.0,
        "expected_orders": 2.0, "value_if_buys": 120.0, "clv_to_come": 300.0, "segment": ["new", "loyal"] * 20,
    }).to_parquet(place / "scores.parquet")  # fmt: skip
    pd.DataFrame({
        "customer_id": ids, "as_of": AS_OF, "campaign": "spring", "arm": "voucher",
        "horizon_days": 45,
        "metric": "retention", "uplift": [0.2 if number < 30 else -0.1 for number in range(40)],
        "outcome_control": 0.4, "lift": 0.1, "extra": [0.0 if number < 30 else -20.0 for number in range(40)],
        "inside": True,
    }).to_parquet(place / "uplift.parquet")  # fmt: skip
    return place


def target(call: Callable, folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = call("target", "--scores", str(folder), *arguments)
    return done.code, done.out, done.err


def test_target__writes_a_list_its_assignments_and_whom_to_leave_alone(
    call: Callable, folder: Path, tmp_path: Path
) -> None:
    code, said, _ = target(
        call, folder, "--uplift", str(folder), "--offer", "voucher=1:10%", "--name", "june", "--out", str(tmp_path)
    )
    assert code == 0
    assert said.startswith("Contacting 30 customers is expected to bring ")
    assert "Measured in the campaign spring." in said
    chosen = pd.read_csv(tmp_path / "targets.csv")
    assert len(chosen) == 27
    # a lift of .1 of the 30 that half of the horizon brings, less the contact; the offer is in what was measured
    assert chosen["expected_profit"].round(6).eq(3 - 1).all()
    # the budget counts it: (.4 + .2) x 10 % of an order of 30
    assert chosen["cost"].round(6).eq(1 + 1.8).all()
    drawn = pd.read_parquet(tmp_path / "assignments.parquet")
    assert drawn["arm"].value_counts().to_dict() == {"voucher": 27, "control": 3}
    apart = set(pd.read_csv(tmp_path / "without_voucher.csv")["customer_id"])
    assert apart == {f"c{number:02}" for number in range(40)} - set(chosen["customer_id"])
    assert (tmp_path / "target_budget.svg").is_file()


def test_target__refuses_an_uplift_of_another_metric(call: Callable, folder: Path, tmp_path: Path) -> None:
    pd.read_parquet(folder / "uplift.parquet").assign(metric="orders").to_parquet(tmp_path / "uplift.parquet")
    code, _, said = target(call, folder, "--uplift", str(tmp_path), "--offer", "voucher=1")
    assert code == 2
    assert "who orders at all cannot be told from it" in said


def test_target__labels_an_assumption_wherever_it_shows(call: Callable, folder: Path, tmp_path: Path) -> None:
    code, said, _ = target(call, folder, "--saves", "0.1", "--offer", "mail=1", "--out", str(tmp_path))
    assert code == 0
    assert "ASSUMED, not measured: a contact keeps 10.0% of would-be leavers" in said.replace("10%", "10.0%")
    assert "It pays where at least " in said
    assert "ASSUMED" in (tmp_path / "target_budget.svg").read_text()
    assert pd.read_csv(tmp_path / "targets.csv")["basis"].str.startswith("ASSUMED").all()


def test_target__keeps_to_the_budget_and_to_who_stays_out(call: Callable, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("customer_id\nc00\n")
    _, said, _ = target(
        call, folder, "--uplift", str(folder), "--offer", "voucher=1", "--budget", "5", "--where", "segment = 'new'",
        "--without", str(tmp_path / "out.csv"), "--json",
    )  # fmt: skip
    result = json.loads(said)
    assert result["cost"] <= 5
    assert result["customers"] == 19


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--offer", "mail=1"), "What a contact does is not known"),
        (("--offer", "mail", "--saves", "0.1"), "is not ARM=CONTACT:OFFER"),
        (("--offer", "mail=-1", "--saves", "0.1"), "a cost below zero"),
        (("--offer", "mail=1", "--saves", "0.1", "--worth", "gold"), "cannot be valued by 'gold'"),
        (("--offer", "mail=1", "--uplift", "nowhere"), "There is no uplift at"),
    ],
)
def test_target__refuses(call: Callable, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, error = target(call, folder, *arguments)
    assert code == 2
    assert said in error


def test_target__speaks_russian_down_to_its_chart(call: Callable, folder: Path, tmp_path: Path) -> None:
    code, said, _ = target(
        call, folder, "--uplift", str(folder), "--offer", "voucher=1:10%", "--language", "ru", "--out", str(tmp_path)
    )
    assert code == 0
    assert "Измерено в кампании spring." in said
    assert "ожидаемая прибыль" in (tmp_path / "target_budget.svg").read_text("utf-8")
