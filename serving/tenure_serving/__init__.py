"""Bundles and snapshots in, scores out: segments, reasons, the score table and the report."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported on first use: the libraries of models and charts take seconds
    from tenure_serving import charts
    from tenure_serving.card import CustomerCard, build_card, render_card
    from tenure_serving.reasons import churn_reasons, value_reasons
    from tenure_serving.report.summary import first_to_call, sum_by, with_money
    from tenure_serving.scorer import Scorer
    from tenure_serving.segments import Segmenter, load_map, load_playbook
    from tenure_serving.segments.movement import count_movement, stability
    from tenure_serving.spark import score_on_spark

__all__ = [
    "CustomerCard",
    "Scorer",
    "Segmenter",
    "build_card",
    "charts",
    "churn_reasons",
    "count_movement",
    "first_to_call",
    "load_map",
    "load_playbook",
    "render_card",
    "score_on_spark",
    "stability",
    "sum_by",
    "value_reasons",
    "with_money",
]

_HOME = {
    "CustomerCard": "card",
    "Scorer": "scorer",
    "Segmenter": "segments",
    "build_card": "card",
    "churn_reasons": "reasons",
    "count_movement": "segments.movement",
    "first_to_call": "report.summary",
    "load_map": "segments",
    "load_playbook": "segments",
    "render_card": "card",
    "score_on_spark": "spark",
    "stability": "segments.movement",
    "sum_by": "report.summary",
    "value_reasons": "reasons",
    "with_money": "report.summary",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
