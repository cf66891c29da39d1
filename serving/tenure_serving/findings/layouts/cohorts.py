"""Cohorts: the averages, the youngest cohorts, what they will have brought."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language

_SHOWN = 13
"""Rows and ages in a terminal."""


def cohort_layout(findings: Findings) -> Parts:
    """Return the parts to show."""
    return [
        Sentence(text="Cohorts by {by}, age in periods of {period_days} days, as of {as_of}.", only="terminal"),
        Sentence(text="Value is {value}, before the cost of acquisition{in_currency}.", only="terminal"),
        View(
            table="summary",
            title="Mean of mature cohorts",
            columns=("age", "cohorts", "customers", "retention", "orders_per_customer", "value_per_customer",
                     "cumulative_value"),
            rows=_SHOWN,
            only="terminal",
        ),
        View(
            table="cells",
            title="Retention, percent of the cohort (in brackets: still open, never averaged in)",
            select=_triangle,
            only="terminal",
        ),
        *_completion(findings),
        *_lifetime(findings),
        Drawing(
            name="cohort_retention", label="Share of each cohort with an order, by age", draw=_retention, wide=True
        ),
        Drawing(
            name="cohort_value", label="Cumulative value per customer of each cohort, by age", draw=_value, wide=True
        ),
    ]  # fmt: skip


def _lifetime(findings: Findings) -> Parts:
    if "clv" not in {table.name for table in findings.tables}:
        return ()
    return [
        View(
            table="clv",
            title="Lifetime value per customer of the latest cohorts, as their scores state it",
            select=lambda rows: rows.tail(_SHOWN),
        )
    ]


def _completion(findings: Findings) -> Parts:
    ahead = findings.frame("completion")
    if ahead.empty:
        return ()
    last = ahead["age"].max()
    title = "Predicted value per customer {until} days after the first order, {level} interval"
    until = (int(last) + 1) * int(findings.number("period_days"))
    return [
        View(
            table="completion",
            title=title,
            values={"until": str(until)},
            columns=("cohort", "customers", "predicted"),
            select=lambda rows: rows[rows["age"] == last],
            only="terminal",
        )
    ]


def _triangle(cells: pd.DataFrame) -> pd.DataFrame:
    cells = cells[cells["age"] < _SHOWN]
    text = [
        f"{100 * share:.0f}" if mature else f"({100 * share:.0f})"
        for share, mature in zip(cells["retention"], cells["mature"], strict=True)
    ]
    wide = cells.assign(text=text).pivot_table(index="cohort", columns="age", values="text", aggfunc="first")
    wide.insert(0, "customers", cells.groupby("cohort")["customers"].first().reindex(wide.index))
    return wide.fillna("").tail(_SHOWN).reset_index().rename(columns=str)


def _retention(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.cohorts import retention

    return retention(
        findings.frame("cells"),
        findings.frame("summary"),
        by=findings.text("by"),
        period_days=int(findings.number("period_days")),
        ages=int(findings.number("until_age")) + 1,
        language=language,
    )


def _value(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.cohorts import cumulative_value

    return cumulative_value(
        findings.frame("cells"),
        findings.frame("summary"),
        findings.frame("completion"),
        by=findings.text("by"),
        period_days=int(findings.number("period_days")),
        measure=findings.text("value"),
        currency=findings.currency,
        ages=int(findings.number("until_age")) + 1,
        language=language,
    )
