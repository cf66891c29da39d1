"""A group studied: what sets it apart, what customers met early, and rules that find good customers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language

_ATTRIBUTES, _LEVELS = 20, 5


def study_layout(findings: Findings) -> Parts:
    """Return the parts on what sets the group apart."""
    if findings.frame("profile").empty:
        return ()
    return [
        Drawing(name="profile", label="Lift of attributes in the group", draw=_lifts),
        View(
            table="profile",
            title="What sets {group} apart from who is outside it for certain, {marked} attributes: share of the group "
            "and of everybody else, how many times as common with its 95 % interval, adjusted p",
            columns=("attribute", "level", "group_share", "outside_share", "lift", "p_adjusted"),
            select=lambda rows: rows[rows["represented"] != ""],
            rows=_ATTRIBUTES,
        ),
    ]


def met_early_layout(findings: Findings) -> Parts:
    """Return a table for brands and one for categories, in a terminal those worth least."""
    return [view for table in findings.tables if len(table.frame) for view in _levels(table)]


def _levels(table: FindingTable) -> list[View]:
    columns = ("level", "met", "value_met", "value_others", "difference", "adjusted", "p_adjusted", "verdict")
    headings = {"level": table.name.capitalize()}
    return [
        View(table=table.name, columns=columns, rows=_LEVELS, only="terminal"),
        View(table=table.name, columns=columns, headings=headings, only="section"),
    ]


def ideal_layout(findings: Findings) -> Parts:
    """Return the rules that hold, and how many customers match them."""
    if not findings.frame("rules")["holds"].astype(bool).any():
        text = "No rule over what is known after the first order finds high-value customers for certain."
        return [Sentence(text=text)]
    seeds = (
        "{seeds} high-value customers match them: a seed list for a look-alike audience (tenure segments --out DIR "
        "writes it)."
    )
    return [
        View(
            table="rules",
            title="The ideal customer: rules over what is known after the first order that find the high value tier, "
            "measured on {judged_on} customers they were not learned from",
            columns=("rule", "customers", "coverage", "top", "top_share", "lift", "captured"),
            select=_holding,
        ),
        Sentence(text=seeds, facts=(Fact("seeds", len(findings.frame("seeds")), "customers"),)),
    ]


def _holding(rules: pd.DataFrame) -> pd.DataFrame:
    return rules[rules["holds"].astype(bool)]


def _lifts(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.profiles import draw_profile

    return draw_profile(findings.frame("profile"), group=findings.text("group"), language=language)
