"""A segmenter from a configuration: every key arrives, and files are found from the folder of the configuration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.config import SegmentsConfig
from tenure.config_file import load_config
from tenure.jobs.segmenter import fit_segmenter
from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments import Segmenter, load_map, load_playbook


@pytest.fixture(scope="module")
def people() -> tuple[pd.DataFrame, pd.DataFrame]:
    draw = np.random.default_rng(2)
    orders = draw.integers(1, 9, 60).astype(float)
    tenure = draw.integers(30, 500, 60).astype(float)
    snapshot = pd.DataFrame(
        {
            "recency_days": tenure * draw.random(60), "orders_total": orders, "tenure_days": tenure,
            "revenue_total": orders * 20.0, "adbt_days": np.where(orders > 1, tenure / orders, np.nan),
        }
    )  # fmt: skip
    churn = draw.random(60)
    return snapshot, pd.DataFrame({"churn_probability": churn, "expected_value": (1 - churn) * orders * 20})


def test_segmenter__is_the_default_one_without_a_word(people) -> None:
    assert fit_segmenter(SegmentsConfig(), *people, horizon_days=90) == Segmenter.fit(*people, horizon_days=90)


def test_segmenter__is_what_the_file_says(people, tmp_path: Path) -> None:
    ours = load_map("simple", scale=3).to_dict() | {"id": "ours"}
    (tmp_path / "ours.json").write_text(json.dumps(ours, ensure_ascii=False), "utf-8")
    book = load_playbook().to_dict() | {"id": "plays"}
    (tmp_path / "plays.json").write_text(json.dumps(book, ensure_ascii=False), "utf-8")
    file = tmp_path / "tenure.toml"
    file.write_text(
        """
        [orders]
        uri = "orders.csv"
        [segments]
        rfm_mode = "fixed"
        rfm_scale = 3
        rfm_thresholds = { recency = [30, 90], frequency = [1, 3], monetary = [20, 100] }
        rfm_map = "ours.json"
        value_shares = [0.4, 0.9]
        value_basis = "expected"
        risk_basis = "expected_loss"
        loss_shares = [0.3, 0.7]
        new_days = 14
        late = 1.5
        gone = 3
        playbook = "plays.json"
        margin = 0.25
        """
    )
    found = fit_segmenter(load_config(file, overrides={}).segments, *people, horizon_days=90)
    assert (found.rfm.recency, found.rfm.scale, found.rfm.mode) == ((30.0, 90.0), 3, "fixed")
    assert (found.group_map.id, found.relationship_map.id, found.playbook.id) == ("ours", "relationship", "plays")
    assert (found.value.high_share, found.value.medium_share, found.value.basis) == (0.4, 0.9, "expected")
    assert found.risk.basis == "expected_loss"
    assert (found.lifecycle.new_days, found.lifecycle.late, found.lifecycle.gone) == (14.0, 1.5, 3.0)
    assert found.margin == 0.25
    predictions = found.price(*people)
    worth = predictions["value_if_buys"].to_numpy() - predictions["expected_value"].to_numpy()
    high = worth[found.risk.assign(predictions).to_numpy() == "high"]
    assert high.sum() >= 0.3 * worth.sum() > high.sum() - high.min()


def test_segmenter__takes_risk_by_odds_or_by_fixed_limits(people) -> None:
    base = people[1]["churn_probability"].mean()
    odds = base / (1 - base)
    by_odds = fit_segmenter(SegmentsConfig(risk_odds_ratio=3.0), *people, horizon_days=90).risk
    assert by_odds.high_from == pytest.approx(3 * odds / (1 + 3 * odds))
    fixed = fit_segmenter(SegmentsConfig(risk_cuts=(0.4, 0.7)), *people, horizon_days=90).risk
    assert (fixed.medium_from, fixed.high_from) == (0.4, 0.7)


def test_segmenter__chooses_the_usual_scale_by_itself(people) -> None:
    found = fit_segmenter(SegmentsConfig(rfm_scale="auto"), *people, horizon_days=90)
    assert (found.rfm.scale, found.group_map.scale, len(found.group_map.cells)) == (3, 3, 27)


def test_segmenter__names_the_gap_in_a_map_of_the_users(people, tmp_path: Path) -> None:
    content = load_map("simple").to_dict()
    content["groups"][0]["cells"].remove("555")
    (tmp_path / "gap.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(DataContractError, match="no group has 555"):
        fit_segmenter(SegmentsConfig(rfm_map=str(tmp_path / "gap.json")), *people, horizon_days=90)
    with pytest.raises(UsageError, match="0 < late <= gone"):
        fit_segmenter(SegmentsConfig(late=5.0), *people, horizon_days=90)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rfm_mood = 1", "rfm_mode"),
        ("rfm_scale = 6", "segments.rfm_scale"),
        ("margin = 1.0", "less than 1"),
        ("value_shares = [0.5]", "segments.value_shares"),
        ('risk_basis = "fear"', "segments.risk_basis"),
    ],
)
def test_configuration__refuses_what_it_does_not_know(line: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "tenure.toml"
    file.write_text(f'[orders]\nuri = "orders.csv"\n[segments]\n{line}\n')
    with pytest.raises(UsageError, match=words):
        load_config(file, overrides={})
