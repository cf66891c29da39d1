"""Bids: what to multiply bids by, per channel, campaign, device and region."""

from __future__ import annotations

from typing import Any

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language


def bid_layout(findings: Findings) -> Parts:
    """Return the parts to show."""
    whose = [Sentence(text="Only customers of the channel {channel} are compared.")] if findings.text("channel") else []
    return [
        Sentence(
            text="New customers from {since} until {as_of}{in_currency}; ranges are {level} intervals.", only="terminal"
        ),
        *whose,
        View(
            table="bids",
            columns=("dimension", "level", "customers", "value", "worth", "multiplier", "adjustment", "verdict"),
            headings={"adjustment": "Adjustment, %"},
        ),
        View(table="spread", columns=("dimension", "levels", "spread")),
        Drawing(name="bids", label="What to multiply bids by", draw=_multipliers),
    ]


def _multipliers(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.bids import draw_bids

    return draw_bids(findings.frame("bids"), language=language)
