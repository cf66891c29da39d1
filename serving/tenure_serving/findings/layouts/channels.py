"""Channels: what customers cost, bring and do, first and last touch side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.economics.acquisition import ATTRIBUTION_RULES
from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View, spreads
from tenure_serving.language import Language

FIRST = ATTRIBUTION_RULES[0]
CAC = ("paid_cac", "blended_cac", "loaded_cac")


def channel_layout(findings: Findings) -> Parts:
    """Return the parts to show."""
    parts: list[Sentence | View | Drawing] = [
        Sentence(text="Customers and money from {since} until {as_of}{in_currency}.", only="terminal"),
        Sentence(text="Value is {value}. Ranges are {level} intervals.", only="terminal"),
    ]
    for rule in ATTRIBUTION_RULES:
        parts += [_costs(rule), _worth(rule, findings), *_lifetime(rule, findings)]
    parts += [
        View(
            table="channels",
            title="What customers do (first touch)",
            columns=("channel", "retention", "repeat", "engagement", "churn"),
            plain=("retention", "repeat", "engagement", "churn"),
            select=lambda rows: rows[rows["rule"] == FIRST],
        ),
        View(
            table="clv",
            title="Predicted value per customer by age in days, before the cost of acquisition (first touch)",
            select=_ages,
            only="terminal",
        ),
        Sentence(text="ltv_cac = {formulas.ltv_cac}.", only="terminal"),
        Drawing(name="channel_value", label="Value by channel", draw=_value),
    ]
    if (findings.frame("channels")["paid_cac"] > 0).any():
        parts.append(Drawing(name="channel_costs", label="Cost of a customer by channel", draw=_cost))
    return parts


def _costs(rule: str) -> View:
    return View(
        table="channels",
        title="By {rule}, {since} until {as_of}: what customers cost",
        values={"rule": rule.replace("_", " ")},
        columns=("channel", "new_customers", "spend", *CAC, "marginal_cac", "payback"),
        plain=CAC,
        select=lambda rows: rows[rows["rule"] == rule],
        only=None if rule == FIRST else "terminal",
    )


def _worth(rule: str, findings: Findings) -> View:
    days = findings.number("days")
    return View(
        table="clv",
        title="By {rule}, what customers bring within {days} days, with {level} intervals",
        values={"rule": rule.replace("_", " ")},
        columns=("channel", "mature", "observed", "predicted", "predicted_net", "ltv_cac"),
        select=lambda rows: rows[(rows["rule"] == rule) & (rows["days"] == days)],
        headings={"predicted": "Predicted, before CAC", "predicted_net": "Predicted, after CAC"},
        only=None if rule == FIRST else "terminal",
    )


def _lifetime(rule: str, findings: Findings) -> list[View]:
    if findings.frame("channels")["clv_before_cac"].isna().all():
        return []
    return [
        View(
            table="channels",
            title=f"By {rule.replace('_', ' ')}: lifetime value per customer, as the scores state it",
            columns=("channel", "contribution_to_date", "clv_to_come", "clv_before_cac", "cac", "clv_net"),
            select=lambda rows: rows[rows["rule"] == rule],
            only=None if rule == FIRST else "terminal",
        )
    ]


def _ages(clv: pd.DataFrame) -> pd.DataFrame:
    rows = clv[clv["rule"] == FIRST]
    by_age = {str(days): spreads(part, "predicted") for days, part in rows.groupby("days")}
    return pd.DataFrame({"channel": rows["channel"].drop_duplicates().tolist(), **by_age})


def _value(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.channels import channel_value

    days = int(findings.number("days"))
    return channel_value(findings.frame("clv"), days=days, currency=findings.currency, language=language)


def _cost(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.channels import channel_costs

    return channel_costs(findings.frame("channels"), currency=findings.currency, language=language)
