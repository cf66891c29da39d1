"""One customer's card, from a score table."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure_features.errors import UsageError
from tenure_serving.explanation import explanation_lines, read_explanation

ROWS = {
    "customer_id": ["17850", "13047"],
    "as_of": [dt.datetime(2011, 6, 11)] * 2,
    "horizon_days": [90, 90],
    "churn_probability": [0.912, 0.1],
    "expected_value": [1234.5, 10.0],
    "value_low": [0.0, 5.0],
    "value_high": [4321.0, None],
    "value_if_buys_low": [600.0, 8.0],
    "value_if_buys_high": [9000.0, None],
    "segment": ["At risk", "Loyal"],
    "next_step": ["Call them", None],
    "churn_reasons": [["silent for 96 days, usual gap 21: odds of leaving x 2.4", "one order: odds x 1.3"], []],
}


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    carried = {"tenure": json.dumps({"currency": "GBP", "definitions": {"churn": "no order within 90 days"}})}
    pq.write_table(pa.table(ROWS).replace_schema_metadata(carried), tmp_path / "scores.parquet")
    return tmp_path


def test_explanation__tells_the_question_the_answers_and_the_reasons(scores: Path) -> None:
    assert explanation_lines(read_explanation(scores, "17850")) == [
        "Customer 17850 as of 2011-06-11, the next 90 days",
        "  leaves with probability 91%",
        "  is worth 1,234.50 GBP on average",
        "  buys nothing with 91 %; if they buy, 600.00 to 9,000.00 GBP (80 %)",
        "  segment: At risk",
        "  next step: Call them",
        "",
        "Why they may leave or stay:",
        "  - silent for 96 days, usual gap 21: odds of leaving x 2.4",
        "  - one order: odds x 1.3",
    ]


def test_explanation__carries_the_definitions(scores: Path) -> None:
    assert read_explanation(scores, "17850")["definitions"] == {"churn": "no order within 90 days"}


def test_explanation__leaves_out_what_is_not_known(scores: Path) -> None:
    assert explanation_lines(read_explanation(scores / "scores.parquet", "13047")) == [
        "Customer 13047 as of 2011-06-11, the next 90 days",
        "  leaves with probability 10%",
        "  is worth 10.00 GBP",
        "  segment: Loyal",
    ]


def test_explanation__says_what_is_missing(scores: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Customer '1' is not among the scored customers"):
        read_explanation(scores, "1")
    with pytest.raises(UsageError, match="There are no scores at"):
        read_explanation(tmp_path / "elsewhere", "1")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(UsageError, match="is not a score table"):
        read_explanation(tmp_path / "other.parquet", "1")
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(UsageError, match="is not a score table"):
        read_explanation(tmp_path / "text.parquet", "1")
