"""``tenure survey design`` and ``tenure survey read``: from scores to a sample, from answers to what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd


def test_survey__asks_a_sample_and_reads_its_answers(call: Callable, tmp_path: Path) -> None:
    scores = pd.DataFrame({"customer_id": [f"c{n}" for n in range(900)], "as_of": pd.Timestamp("2024-04-01")})
    scores = scores.assign(
        horizon_days=30, churn_probability=0.5, expected_value=20.0, segment="VIP", value_tier=["high", "low"] * 450,
        rfm_group=["Loyal"] * 600 + ["At Risk"] * 300,
    )  # fmt: skip
    (tmp_path / "scores").mkdir()
    scores.to_parquet(tmp_path / "scores" / "scores.parquet")
    pd.DataFrame({"customer_id": ["c1", "c2"]}).to_csv(tmp_path / "held.csv", index=False)
    place = str(tmp_path / "survey")
    designed = call(
        "survey", "design", "--scores", str(tmp_path / "scores"), "--without", str(tmp_path / "held.csv"),
        "--mail-response", "0.3", "--out", place,
    )  # fmt: skip
    assert designed.code == 0
    asked = pd.read_csv(tmp_path / "survey" / "survey_sample.csv")
    assert not {"c1", "c2"} & set(asked["customer_id"])
    assert f"{len(asked)} customers are asked" in designed.out
    answers = asked[["customer_id"]].assign(question="obstacles", answer="none")[::2]
    late = asked["group"].eq("At Risk").to_numpy()[::2]
    answers.loc[late, "answer"] = "delivery_time"
    answers.to_csv(tmp_path / "answers.csv", index=False)
    read = call(
        "survey", "read", str(tmp_path / "answers.csv"), "--sample", place, "--scores", str(tmp_path / "scores"),
        "--out", str(tmp_path / "results"), "--json",
    )  # fmt: skip
    assert read.code == 0
    result = json.loads(read.out)
    assert (
        result["obstacles"][0] | {"group": "At Risk", "answer": "delivery_time", "share": 1.0} == result["obstacles"][0]
    )
    assert (tmp_path / "results" / "obstacles.svg").is_file()
    russian = call("survey", "read", str(tmp_path / "answers.csv"), "--sample", place, "--language", "ru")
    assert "ответили" in russian.out
    lost = call("survey", "read", str(tmp_path / "answers.csv"), "--sample", str(tmp_path / "scores"))
    assert lost.code == 2
    assert "survey design" in lost.err
