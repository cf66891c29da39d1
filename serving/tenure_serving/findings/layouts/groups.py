"""Groups of customers: how many, where value sits, who moved, and how steady they are."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.findings import Fact, Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language

_MOVES = 12
_BEST = (0.01, 0.05, 0.2)
"""Shares of customers of the sentence in a terminal."""


def segments_layout(findings: Findings) -> Parts:
    """Return the parts of ``tenure segments``: the groups, and what share of value the best customers bring."""
    names = [str(name) for name in findings.frame("groups") if name not in {"group", "goal"}]
    by = findings.text("by").replace("_", " ")
    return [
        View(
            table="groups",
            title="Customers by {grouping} as of {as_of}, value over the next {horizon_days} days{in_currency}",
            values={"grouping": by},
            columns=names,
        ),
        *_shares(findings.frame("pareto")),
        *_sides(findings),
        Drawing(name="pareto", label="Share of value by share of customers", draw=_curve),
    ]


def pareto_layout(findings: Findings) -> Parts:
    """Return the parts of the section on where value sits."""
    title = "Customers by expected value over {days} days, the most valuable first; a share of what is predicted"
    return [
        Drawing(name="pareto", label="Share of value by share of customers", draw=_curve),
        View(table="pareto", title=title),
        *_sides(findings),
    ]


def movement_layout(findings: Findings) -> Parts:
    """Return the parts on who moved since the previous scores."""
    shown = min(_MOVES, int(findings.number("moves")))
    return [
        Sentence(text=findings.lead, only="terminal"),
        Drawing(
            name="movement", label="Customers by group before and now, and the flows between", draw=_flows, wide=True
        ),
        View(
            table="groups",
            title="Customers of each group, and their expected value over {horizon_days} days",
            only="section",
        ),
        View(
            table="flows",
            title="The {shown} largest of {moves} moves; gained and lost add up the rises and the falls of their "
            "customers",
            values={"shown": str(shown)},
            select=lambda rows: rows[rows["from_group"] != rows["to_group"]],
            rows=_MOVES,
        ),
    ]


def stability_layout(findings: Findings) -> Parts:
    """Return the sentence on how steady groups were."""
    del findings
    text = (
        "Without an order in these {days} days: {customers} customers, {changed} of them ({share}) in another group "
        "than before."
    )
    return [Sentence(text=text)]


def ageing_layout(findings: Findings) -> Parts:
    """Return the parts on what a week without orders does."""
    del findings
    text = (
        "If a week passed without a single order, {share} of customers would change the segment; {share_held} when the "
        "scores of now are given as the previous ones, so that a border must be passed by {margin}."
    )
    headings = {"column": "Groups by", "changed_held": "Changed, held", "share_held": "Share, held"}
    return [Sentence(text=text), View(table="ageing", headings=headings)]


def _shares(table: pd.DataFrame) -> list[Sentence]:
    """Say what the best hundredth, twentieth and fifth bring, where there are so many customers."""
    shares = table.set_index("share_of_customers")["share_of_value"]
    if not set(_BEST) <= set(shares.index):
        return []
    parts = {"first": shares[_BEST[0]], "second": shares[_BEST[1]], "third": shares[_BEST[2]]}
    text = "Of expected value, the best 1 % bring {first}, 5 % bring {second}, 20 % bring {third}."
    return [Sentence(text=text, facts=tuple(Fact(name, float(part), "share") for name, part in parts.items()))]


def _sides(findings: Findings) -> list[View]:
    """Set revenue and profit side by side, so far and expected, where there is more than one of them."""
    if "pareto_sides" not in {table.name for table in findings.tables}:
        return []
    return [
        View(
            table="pareto_sides",
            title="What share the best customers bring, ranked by each column itself: so far, and expected",
        )
    ]


def _curve(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.profiles import draw_pareto as draw

    return draw(findings.frame("curve"), what="expected value", language=language)


def _flows(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.movement import draw_movement as draw

    return draw(
        findings.frame("flows"),
        order=findings.frame("groups")["group"].tolist(),
        previous_as_of=findings.moment("previous_as_of"),
        as_of=findings.moment("as_of"),
        currency=findings.currency,
        language=language,
    )
