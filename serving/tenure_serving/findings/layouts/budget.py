"""Budget: the proposal, how sure it is, and the experiment to run before believing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.economics.budget import DIRECTION
from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language


def budget_layout(findings: Findings) -> Parts:
    """Return the parts to show."""
    test = findings.value("test")
    experiment = [] if test is None else [_experiment(test)]
    return [
        View(
            table="channels",
            title="{total} a week, value of new customers at {days} days, {level} intervals{in_currency}",
            columns=("channel", "spend_now", "proposed", "value", "average_return", "marginal_return", "marginal_then",
                     "reading"),
            select=_proposal,
            headings={"marginal_return": "The next unit returns", "marginal_then": "And then"},
        ),
        *_conclusions(findings),
        Drawing(name="budget", label="Spend now and proposed", draw=_reallocation),
        Drawing(name="response_curves", label="Response curves", draw=_curves, wide=True),
        *experiment,
    ]  # fmt: skip


def _experiment(test: object) -> Sentence:
    return Sentence(text="Before believing it: {test}", values={"test": str(getattr(test, "text", test))})


def _conclusions(findings: Findings) -> list[Sentence]:
    gain = (
        "Expected gain over the present split: {gain} a week ({gain_low} to {gain_high}); it brings more in {chance} "
        "of the draws."
    )
    if findings.value("reading") == DIRECTION:
        gain = "Direction only: there is no amount to promise, see the notes."
    open_end = np.isinf(findings.number("best_total"))
    last = (
        "The last unit of money returns {marginal_total}; it pays for itself up to {best_total} a week within the "
        "bounds."
    )
    if open_end:
        last = "The last unit of money returns {marginal_total}; it pays for itself at the upper bounds, too."
    return [Sentence(text=gain), Sentence(text=last)]


def _proposal(channels: pd.DataFrame) -> pd.DataFrame:
    """Add what is proposed: an amount, or where to go where only the direction is known."""
    amounts = [f"{amount:,.0f}" for amount in channels["spend_then"]]
    beyond = [" (beyond what was seen)" if flag else "" for flag in channels["extrapolated"]]
    rows = zip(channels["reading"], channels["direction"], amounts, beyond, strict=True)
    return channels.assign(
        proposed=[direction if reading == DIRECTION else amount + far for reading, direction, amount, far in rows]
    )


def _reallocation(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.budget import reallocation

    return reallocation(
        findings.frame("channels"),
        reading=findings.text("reading"),
        gain=(findings.number("gain"), findings.number("gain_low"), findings.number("gain_high")),
        days=int(findings.number("days")),
        currency=findings.currency,
        language=language,
    )


def _curves(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.budget import response_curves

    tables = (findings.frame(name) for name in ("channels", "curves", "weeks"))
    return response_curves(*tables, currency=findings.currency, language=language)
