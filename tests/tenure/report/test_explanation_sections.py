"""The report shows how one prediction comes about and what moves everybody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure.report.explanation_sections import explanation_sections
from tenure_features import Catalogue
from tenure_training.models.contract import Contributions

PRESENT = pd.DataFrame({"customer_id": ["a", "b"], "recency_days": [9.0, 3.0], "value_mean": [5.0, 7.0]})
SCORES = pd.DataFrame(
    {
        "customer_id": ["b", "a"],
        "churn_probability": [0.4, 0.6],
        "expected_value": [5.0, 5.0],
        "value_if_buys": [8.0, 12.0],
        "risk_tier": ["low", "high"],
        "lifecycle": ["active", "late"],
        "churn_reasons": [[], []],
    }
)
TERMS = np.array([[1.0, 0.5], [-1.0, 0.25]])
PARTS = Contributions(features=["recency_days", "value_mean"], churn=TERMS, churn_base=0.0, value=TERMS, value_base=0.0)


def test_section__shows_the_customer_to_call_first_and_everybody() -> None:
    (section,) = explanation_sections(PARTS, PRESENT, SCORES, catalogue=tuple(Catalogue()), currency="EUR")
    waterfall, swarm = (block.chart.to_dict() for block in section.blocks)
    assert " ".join(waterfall["title"]["text"]) == "Why customer a leaves with probability 82 %"
    (rows,) = waterfall["datasets"].values()
    (dots,) = swarm["datasets"].values()
    labels = {row["label"] for row in rows}
    assert any(label.endswith(": 9") for label in labels)
    assert any(label.endswith(": 5 EUR") for label in labels)
    assert len(dots) == 4  # two terms, two customers


def test_section__shows_everybody_where_nobody_is_to_be_called() -> None:
    (section,) = explanation_sections(
        PARTS, PRESENT, SCORES.assign(risk_tier="low"), catalogue=tuple(Catalogue()), currency="EUR"
    )
    assert len(section.blocks) == 1


def test_section__is_left_out_without_an_additive_form() -> None:
    assert explanation_sections(None, PRESENT, SCORES, catalogue=tuple(Catalogue()), currency="EUR") == ()
