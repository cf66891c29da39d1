"""Targeting: what the list is expected to bring, on what that rests, and what the budget does."""

from __future__ import annotations

from typing import Any

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language


def target_layout(findings: Findings) -> Parts:
    """Return the parts to show; an assumption is said with its break-even right after what rests on it."""
    assumed = Sentence(text="It pays where at least {break_even} of the would-be leavers among them stay for it.")
    columns = ("contacted", "caught", "wasted", "given_away", "cost", "profit")
    return [
        Sentence(
            text="Contacting {contacted} customers is expected to bring {profit} after costs of {cost}. {basis}.",
            only="terminal",
        ),
        *([assumed] if findings.value("assumed") else []),
        Sentence(text="{held_out} of them are left alone by lot; of {unknown} customers nothing was measured."),
        View(table="ways", title="Beside plainer ways to choose, by the same numbers{in_currency}",
             columns=("way", *columns)),
        View(table="offers", title="By offer{in_currency}", columns=("arm", *columns)),
        View(table="slide", title="As the budget slides{in_currency}", columns=("budget", *columns),
             select=lambda rows: rows.iloc[::4]),
        Drawing(name="target_budget", label="Expected profit as the budget slides", draw=_slide, wide=True),
    ]  # fmt: skip


def _slide(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.target import profit_by_budget

    return profit_by_budget(
        findings.frame("slide"), cost=findings.number("cost"), profit=findings.number("profit"),
        basis=findings.text("basis"), currency=findings.currency, language=language,
    )  # fmt: skip
