"""``tenure card`` on a score table, a small log and an identity map on disk."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure_serving.segments import load_map, load_playbook

ROWS = {
    "customer_id": ["17850", "13047"], "as_of": [dt.datetime(2011, 6, 11)] * 2, "horizon_days": [90, 90],
    "churn_probability": [0.75, 0.1], "expected_value": [25.0, 10.0], "value_if_buys": [100.0, 11.0],
    "value_if_buys_low": [40.0, None], "value_if_buys_high": [310.0, None], "value_low": [0.0, 5.0],
    "value_high": [120.0, None], "recency_score": [1, 5], "frequency_score": [5, 5], "monetary_score": [5, 5],
    "rfm_group": ["Cannot Lose Them", "Champions"], "rfm_relationship": ["Ex-Lovers", "Soulmates"],
    "segment": ["High value, leaving", "VIP"], "next_step": ["Send flowers", None],
    "churn_reasons": [["silent for 96 days"], []],
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run, with a model whose playbook was edited, beside a log and its configuration."""
    out = tmp_path / "out"
    (out / "model").mkdir(parents=True)
    carried = {"tenure": json.dumps({"currency": "GBP", "definitions": {"churn": "no order within 90 days"}})}
    pq.write_table(pa.table(ROWS).replace_schema_metadata(carried), out / "scores.parquet")
    book = load_playbook().to_dict()
    book["segments"][0] |= {"goal": "Make up with them", "next_steps": ["Send flowers", "Send more flowers"]}
    maps = {f"{name}_map": load_map(source).to_dict() for name, source in (("group", "common_eleven"),)}
    stored = {**maps, "relationship_map": load_map("relationship").to_dict(), "playbook": book}
    (out / "model" / "segments.json").write_text(json.dumps(stored), "utf-8")
    (tmp_path / "orders.csv").write_text(
        "customer_id,ordered_at,revenue,order_id\n17850,2011-01-05,30,1\n17850,2011-03-07,20,2\n"
        "13047,2011-05-01,5,3\n17850,2011-06-11,999,4\n"
    )
    (tmp_path / "feedback.csv").write_text("customer_id,answered_at,kind,score\n17850,2011-03-09,nps,3\n")
    (tmp_path / "tenure.toml").write_text(
        '[orders]\nuri = "orders.csv"\n[tables.feedback]\nuri = "feedback.csv"\n[report]\nlanguage = "ru"\n'
    )
    return out


def identity_map(folder: Path) -> Path:
    table = pd.DataFrame(
        {"source": ["shop", "app"], "source_id": ["1", "2"], "customer_id": ["17850", "17850"],
         "match_reason": ["email", "email"], "first_seen": pd.NaT, "last_seen": pd.NaT, "valid_to": pd.NaT}
    )  # fmt: skip
    table.to_parquet(folder / "identity_map.parquet")
    return folder / "identity_map.parquet"


def test_card__tells_scores_and_the_playbook_of_the_model(call: Callable[..., Any], run: Path) -> None:
    done = call("card", "17850", "--scores", run)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "Customer 17850 as of 2011-06-11, the next 90 days",
        "  churn probability 75 %: no order within 90 days",
        "  expected value 25.00 GBP; 75.00 GBP at risk",
        "  buys nothing with 75 %; if they buy, 40.00 to 310.00 GBP (80 %)",
        "  RFM 155: Cannot Lose Them; Ex-Lovers",
        "",
        "High value, leaving: Make up with them",
        "  - Send flowers",
        "  - Send more flowers",
        "",
        "Why they may leave or stay:",
        "  - silent for 96 days",
    ]


def test_card__with_a_configuration_tells_what_happened_before_the_scores(
    call: Callable[..., Any], run: Path, tmp_path: Path
) -> None:
    identity_map(run)
    page = tmp_path / "pages" / "card.html"
    done = call("card", "17850", "--scores", run, "--config", tmp_path / "tenure.toml", "--html", page, "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert (said["command"], said["group"]["label"]) == ("card", "Ценные, уходящие")
    assert [row["what"] for row in said["timeline"]] == ["NPS 3", "Заказ", "Заказ"]
    assert (said["rfm"]["orders"], said["rfm"]["revenue"], said["rfm"]["recency_days"]) == (2, 50.0, 96.0)
    assert said["experience"]["feedback"][0]["last"] == 3.0
    assert [one["source_id"] for one in said["identities"]] == ["2", "1"]
    assert "Send more flowers" in page.read_text("utf-8")


def test_card__speaks_the_language_asked_for_and_says_where_the_page_is(
    call: Callable[..., Any], run: Path, tmp_path: Path
) -> None:
    page = tmp_path / "card.html"
    done = call("card", "13047", "--scores", run / "scores.parquet", "--language", "ru", "--html", page)
    assert "  RFM 555: Чемпионы; Единомышленники" in done.out
    assert f"Страница: {page}" in done.out


def test_card__finds_an_identity_map_elsewhere(call: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    identity_map(tmp_path / "people")
    done = call("card", "17850", "--scores", run, "--identities", tmp_path / "people")
    assert "Merged identities:\n  - app 2 (email)\n  - shop 1 (email)\n" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "'nobody' is not among the scored customers"),
        (["17850", "--identities", "elsewhere"], "There is no identity map"),
    ],
)
def test_card__says_what_is_not_there(call: Callable[..., Any], run: Path, arguments: list[str], said: str) -> None:
    done = call("card", *arguments, "--scores", run)
    assert done.code == 2
    assert said in done.err
    missing = call("card", "17850", "--scores", run / "none")
    assert (missing.code, "There are no scores at" in missing.err) == (2, True)
