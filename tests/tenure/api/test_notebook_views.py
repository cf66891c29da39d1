"""What `import tenure` returns shows itself in a notebook, and text of the data is never taken for markup."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tenure
from tenure.api.customers import CustomerExplanation
from tenure.api.result import Result
from tenure.api.scorer import ShopScorer
from tenure.jobs.feature_check import Checked
from tenure.jobs.results import BacktestResult, RunResult, ScoreResult
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_features import Shop
from tenure_features.html_view import render_view
from tenure_serving import CustomerCard, build_card

HOSTILE = "<script>alert(\"x\")</script>'=1+1<img src=x onerror='y'>"
MARKS = {"h3", "h4", "p", "em", "pre", "table", "thead", "tbody", "tr", "th", "td", "div", "style"}
"""Of our own."""


class Tags(HTMLParser):
    """What a browser would take for markup, and what it would show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(value: object) -> Tags:
    return Tags(value._repr_html_())  # type: ignore[attr-defined]


SCORES: dict[str, Any] = {
    "out": Path("out"),
    "scores_path": Path("scores.parquet"),
    "manifest_path": Path("manifest.json"),
    "customers": 1200,
    "at_risk": 7,
    "money_at_risk": 70.5,
    "expected_value": 12000.0,
    "currency": HOSTILE,
    "model_version": "1",
    "as_of": dt.datetime(2024, 1, 1),  # UTC-naive, as everywhere
    "horizon_days": 90,
    "notes": (HOSTILE,),
}
JUDGED: dict[str, Any] = {
    "champion": HOSTILE,
    "champion_reason": HOSTILE,
    "backtest": pd.DataFrame({"candidate": [HOSTILE], HOSTILE: [0.7]}),
    "audit": (),
    "dates": pd.DataFrame({"origin": [HOSTILE]}),
}


def hostile_card() -> CustomerCard:
    row = {
        "customer_id": HOSTILE,
        "as_of": pd.Timestamp("2024-01-01"),
        "horizon_days": 90,
        "churn_probability": 0.4,
        "expected_value": 30.0,
        "value_if_buys": 120.0,
        "segment": HOSTILE,
        "next_step": HOSTILE,
        "churn_reasons": [HOSTILE],
    }
    orders = pd.DataFrame(
        {"customer_id": [HOSTILE], "ordered_at": [pd.Timestamp("2023-12-01")], "revenue": [5.0], "channel": [HOSTILE]}
    )
    return build_card(row, currency=HOSTILE, definitions={"churn": HOSTILE}, tables={"orders": orders})


def hostile_result() -> Result:
    frame = pd.DataFrame({"channel": [HOSTILE]})
    table = FindingTable(name="rows", title="", frame=frame, terms={})
    return Result(Findings(subject="anything", title=HOSTILE, facts=(Fact("n", 1),), tables=(table,), notes=(HOSTILE,)))


VALUES = {
    "card": hostile_card(),
    "check of features": Checked((HOSTILE,), (HOSTILE,)),
    "findings": hostile_result(),
    "scores": ScoreResult(**SCORES, report_path=None),
    "run": RunResult(**SCORES, **JUDGED, report_path=Path("report.html"), tracking_uri=HOSTILE, scores=pd.DataFrame()),
    "backtest": BacktestResult(
        **JUDGED, as_of=SCORES["as_of"], horizon_days=SCORES["horizon_days"], notes=SCORES["notes"]
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_view__text_of_the_data_is_text(name: str) -> None:
    view = shown(VALUES[name])
    assert view.tags <= MARKS
    assert HOSTILE in view.text


def test_view__tells_the_numbers() -> None:
    assert "1,200" in shown(VALUES["run"]).text
    assert "40%" in shown(VALUES["card"]).text
    assert "0.7" in shown(VALUES["backtest"]).text
    assert "Latest of 1" in shown(VALUES["card"]).text


def test_view__of_a_shop_and_of_features(tmp_path: Path) -> None:
    orders = pd.DataFrame(
        {"customer_id": ["a", "a", "b"], "ordered_at": pd.to_datetime(["2023-01-01", "2023-02-01", "2023-03-01"])}
    ).assign(revenue=[1.0, 2.0, 3.0])
    view = shown(tenure.open_shop(orders, "2023-04-01", currency=HOSTILE))
    assert view.tags <= MARKS
    assert HOSTILE in view.text
    assert "customers2" in view.text
    assert "Days since the last order." in shown(tenure.Catalogue()).text


def test_view__everything_that_is_returned_has_one() -> None:
    returned = (
        Shop, tenure.Model, ShopScorer, BacktestResult, CustomerExplanation, Result, CustomerCard, tenure.Catalogue,
        RunResult, Checked,
    )  # fmt: skip
    assert [kind.__name__ for kind in returned if not hasattr(kind, "_repr_html_")] == []


def test_view__leaves_out_what_is_not_known() -> None:
    assert render_view("a", facts={"b": None, "c": ""}) == "<h3>a</h3>"
