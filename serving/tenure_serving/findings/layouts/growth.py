"""Growth: G in both conventions, and what one more point of each lever would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure_decisions.economics.channels import ALL
from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language

BY_AGE = ("customers", "value_before_cac", "cac", "value_net", "g_before", "g_net")
BY_SCORES = (
    "customers",
    "contribution_to_date",
    "clv_to_come",
    "clv_before_cac",
    "cac",
    "clv_net",
    "g_before",
    "g_net",
)


def growth_layout(findings: Findings) -> Parts:
    """Return the parts to show."""
    header = "G = C x CLV / CAC, C customers, {level} intervals{in_currency}. {clv}. Value is stated at {days} days."
    columns = BY_SCORES if "clv_net" in findings.frame("channels") else BY_AGE
    return [
        Sentence(text=header, only="terminal"),
        *_list_entries(findings, "formulas", "{name} = {meaning}."),
        View(table="channels", title="By channel (first touch)", columns=("channel", *columns), only="terminal"),
        View(
            table="months",
            title="By month of acquisition, the last twelve complete ones",
            columns=("month", *columns),
            select=lambda rows: rows[rows["complete"]].tail(12) if len(rows) else rows,
            only="terminal",
        ),
        View(
            table="what_if",
            title="What one more point of a lever would do, all channels together, value at {days} days",
            columns=("lever", "change", "gain_per_customer", "gain", "g_before_gain", "g_net_gain"),
            select=lambda rows: rows[rows["channel"] == ALL],
            headings={"g_before_gain": "G before CAC", "g_net_gain": "G net of CAC"},
        ),
        *_list_entries(findings, "levers", "{name}: {meaning}."),
        Drawing(name="growth_before_cac", label="G by month, CLV before CAC", draw=_before),
        Drawing(name="growth_net", label="G by month, CLV net of CAC", draw=_net),
    ]


def _list_entries(findings: Findings, fact: str, text: str) -> list[Sentence]:
    entries = findings.value(fact)
    if not isinstance(entries, Mapping):
        return []
    return [
        Sentence(text=text, values={"name": name, "meaning": meaning}, only="terminal")
        for name, meaning in entries.items()
    ]


def _before(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.channels import growth_by_month

    return growth_by_month(findings.frame("months"), days=int(findings.number("days")), language=language)


def _net(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.channels import growth_by_month

    return growth_by_month(findings.frame("months"), days=int(findings.number("days")), net=True, language=language)
