"""Uplift: whether it could be learned, how well it ranks, and what that is worth."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language


def uplift_layout(findings: Findings) -> Parts:
    """Return the parts to show: the conclusion, then the lot, the ranking, the calibration and the money."""
    if findings.value("broken"):
        return [
            Sentence(text="Broken test, no uplift is learned: {reason}.", only="terminal"),
            View(table="checks", columns=("check", "reading", "p_value", "stops")),
        ]
    return [
        _conclude(findings),
        View(
            table="checks",
            title="Was it a fair test ({customers} customers, windows of {horizon_days} days)",
            columns=("check", "reading", "p_value", "stops"),
        ),
        View(
            table="rankings",
            title="How well customers are ranked by what moves their {metric}, {level} intervals",
            columns=("arm", "ranking", "qini", "auuc", "over_risk", "slope"),
        ),
        View(table="deciles", title="Predicted and measured uplift, by tenths of the prediction of {learner}",
             columns=("arm", "decile", "customers", "predicted", "measured")),
        View(table="kinds", columns=("arm", "kind", "customers", "predicted", "measured")),
        View(
            table="policies",
            title="What contacting the first so many brings, {worth_of} per customer after costs{in_currency}",
            columns=("arm", "ranking", "contacted", "value"),
            select=_some_tenths,
        ),
        View(table="money", columns=("arm", "money", "lift", "believed", "told_apart")),
        Drawing(name="qini", label="Qini curves beside rankings without uplift", draw=_qini, wide=True),
        Drawing(name="deciles", label="Predicted and measured uplift", draw=_deciles, wide=True),
    ]  # fmt: skip


def _conclude(findings: Findings) -> Sentence:
    if findings.value("tells"):
        return Sentence(
            text="Who is moved by {arm} can be told: Qini {qini} ({qini_low} to {qini_high}), a random order has 0.",
            only="terminal",
        )
    return Sentence(
        text="Who is moved by {arm} cannot be told apart: Qini {qini} ({qini_low} to {qini_high}), a random order has "
        "0. Everybody is taken to be moved by the average, {average}.",
        only="terminal",
    )


def _some_tenths(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["contacted"].round(1).isin([0.1, 0.3, 0.5, 1.0])]


def _qini(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.uplift import qini_curves

    arm = findings.text("arm")
    curves = findings.frame("curves")
    return qini_curves(
        curves[curves["arm"] == arm], arm=arm, tells=bool(findings.value("tells")), metric=findings.text("metric"),
        language=language,
    )  # fmt: skip


def _deciles(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.uplift import uplift_by_decile

    arm = findings.text("arm")
    deciles = findings.frame("deciles")
    return uplift_by_decile(deciles[deciles["arm"] == arm], arm=arm, metric=findings.text("metric"), language=language)
