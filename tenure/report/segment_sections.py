"""Sections of the report about groups: where value sits, who moved, how steady groups are, who the best are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tenure.jobs.ageing import ageing
from tenure.jobs.segment_study import BEST, SIDE, SegmentStudy, study
from tenure_decisions.customers.encounters import CONFOUNDING
from tenure_decisions.customers.pareto import pareto, pareto_curve
from tenure_features import Shop
from tenure_features.families.catalogue import Catalogue
from tenure_serving.charts.movement import movement as movement_chart
from tenure_serving.charts.profiles import pareto as pareto_chart
from tenure_serving.charts.profiles import profile as profile_chart
from tenure_serving.charts.style import money, percent
from tenure_serving.report import ChartBlock, Paragraph, Section, TableBlock
from tenure_serving.report.sections import Block
from tenure_serving.score_tables import Scores
from tenure_serving.scorer import Scorer
from tenure_serving.segments.movement import Movement, movement

MOVES = 12


def segment_sections(
    shop: Shop, scorer: Scorer, scores: pd.DataFrame, previous: Scores | None, *, catalogue: Catalogue
) -> tuple[Section, ...]:
    """Build every section about groups that a run can show.

    Parameters
    ----------
    shop
        What the scores were made of; order lines and customers among its tables are profiled.
    scorer
        The model behind the scores.
    scores
        The score table of the run.
    previous
        Scores of an earlier moment, if any.
    catalogue
        The features that were computed.
    """
    segmenter, currency = scorer.segmenter, scorer.bundle.info.currency or ""
    order = segmenter.playbook.names
    moved = None if previous is None else movement(previous.table, scores, order=order)
    aged = ageing(shop, scorer, scores, catalogue=catalogue)
    sections = [
        value_section(scores, currency=currency),
        movement_section(moved, aged, order=order, currency=currency, margin=segmenter.margin),
    ]
    if set(SIDE) & set(shop.tables) and 0 < (scores[BEST[0]] == BEST[1]).sum() < len(scores):
        sections.append(profile_section(study(shop, scores)))
    return tuple(sections)


def value_section(scores: pd.DataFrame, *, currency: str) -> Section:
    """Say what share of expected value the best customers bring."""
    values = scores["expected_value"].to_numpy()
    table, curve = pareto(values), pareto_curve(values)
    fifth = table.loc[table["share_of_customers"] == 0.2].iloc[0]
    days = int(scores["horizon_days"].iloc[0])
    lead = (
        f"{fifth['customers']:,.0f} customers, the best 20 %, bring {percent(fifth['share_of_value'])} of the value "
        f"expected over {days} days: {money(fifth['value'], currency)}."
    )
    what = "expected value"
    units = TableBlock(
        table,
        caption=f"Customers by expected value over {days} days, the most valuable first; a share of what is predicted",
        units={"share_of_customers": "percent", "customers": "count", "value": "money", "share_of_value": "percent"},
    )
    chart = ChartBlock(pareto_chart(curve, what=what), "Share of value by share of customers")
    return Section("Where value sits", lead, (chart, units))


def movement_section(
    found: Movement | None, aged: pd.DataFrame | None, *, order: Sequence[str], currency: str, margin: float
) -> Section:
    """Say who moved since the previous scores, and how steady groups are when nothing happens."""
    blocks: list[Block] = []
    lead = "Groups change when customers do something, and when they do nothing for long."
    if found is not None:
        totals = found.totals
        lead = (
            f"Since {found.previous_as_of:%Y-%m-%d}, {percent(found.changed_share)} of the customers scored both times "
            f"changed the {found.column.replace('_', ' ')}. Expected value went from "
            f"{money(totals['value_before'], currency)} to {money(totals['value_after'], currency)}: "
            f"{money(totals['gained'], currency)} gained, {money(totals['lost'], currency)} lost."
        )
        drawn = movement_chart(
            found.flows, order=order, previous_as_of=found.previous_as_of, as_of=found.as_of, currency=currency
        )
        counts, sums = ("before", "stayed", "arrived", "left", "after"), ("value_before", "value_after")
        blocks += [
            ChartBlock(drawn, "Customers by group before and now, and the flows between", wide=True),
            TableBlock(
                found.groups,
                caption=f"Customers of each group, and their expected value over {found.horizon_days} days",
                units={**dict.fromkeys(counts, "count"), **dict.fromkeys(sums, "money")},
            ),
            TableBlock(
                found.moved.head(MOVES),
                caption=f"The {min(MOVES, len(found.moved))} largest of {len(found.moved)} moves; gained and lost add "
                "up the rises and the falls of their customers",
                units={"customers": "count", **dict.fromkeys((*sums, "gained", "lost"), "money")},
            ),
        ]
    if aged is not None:
        blocks += _steady(aged, margin)
    return Section("Who moved, and how steady the groups are", lead, tuple(blocks))


def _steady(aged: pd.DataFrame, margin: float) -> list[Block]:
    segment = aged[aged["column"] == "segment"].iloc[0]
    return [
        Paragraph(
            f"If a week passed without a single order, {percent(segment['share'])} of customers would change the "
            f"segment; {percent(segment['share_held'])} when the scores of now are given as the previous ones, so that "
            f"a border must be passed by {percent(margin)}."
        ),
        TableBlock(
            aged[["column", "customers", "changed", "share", "changed_held", "share_held"]],
            caption="Customers in another group after seven days without any order",
            units={
                "customers": "count", "changed": "count", "changed_held": "count",
                "share": "percent", "share_held": "percent",
            },
            headings={"column": "Groups by", "changed_held": "Changed, held", "share_held": "Share, held"},
        ),
    ]  # fmt: skip


def profile_section(found: SegmentStudy) -> Section:
    """Say what sets a group apart, what customers met early, and which rules find good customers."""
    marked = found.profile[found.profile["represented"] != ""]
    lead = (
        f"In {found.group}, {len(marked)} of {len(found.profile)} attributes are more or less common for certain than "
        f"outside it. {found.customers:,} customers were studied. What is common is no cause: "
        "who buys more has met more brands and categories."
    )
    blocks: list[Block] = []
    if len(found.profile):
        blocks += [
            ChartBlock(profile_chart(found.profile, group=found.group), "Lift of attributes in the group"),
            TableBlock(
                marked.head(20)[
                    ["attribute", "level", "group_share", "outside_share", "lift", "low", "high", "p_adjusted"]
                ],
                caption="Share of the group and of everybody else, lift with its 95 % interval, adjusted p",
                units={"group_share": "percent", "outside_share": "percent"},
            ),
        ]
    blocks += _early(found)
    blocks += _ideal(found)
    blocks += [Paragraph(note, "aside") for note in found.notes]
    return Section("Who the best customers are", lead, tuple(blocks))


def _early(found: SegmentStudy) -> list[Block]:
    blocks: list[Block] = []
    for by, table in found.met_early.items():
        if table.empty:
            continue
        toxic = table.loc[table["verdict"] == "toxic", "level"].tolist()
        told = f"worth less after meeting {', '.join(map(str, toxic))} early" if toxic else "no toxic one is certain"
        sums = ("value_met", "value_others", "difference", "adjusted", "low", "high")
        blocks.append(
            TableBlock(
                table[["level", "met", *sums, "p_adjusted", "verdict"]],
                caption=f"Later value of customers who met a {by} in their first 30 days: {told}",
                units={"met": "count", **dict.fromkeys(sums, "money")},
                headings={"level": by.capitalize()},
            )
        )
    return [*blocks, Paragraph(CONFOUNDING, "note")] if blocks else []


def _ideal(found: SegmentStudy) -> list[Block]:
    if found.ideal is None:
        return []
    holding = found.ideal.rules[found.ideal.rules["holds"].astype(bool)]
    if holding.empty:
        return [Paragraph("No rule over what is known after the first order finds high-value customers for certain.")]
    return [
        TableBlock(
            holding.drop(columns=["holds"]),
            caption="The ideal customer: rules over what is known after the first order that find the high value tier, "
            f"measured on {found.ideal.judged_on:,} customers they were not learned from",
            units={
                "customers": "count", "top": "count", "coverage": "percent", "top_share": "percent",
                "captured": "percent",
            },
        ),
        Paragraph(
            f"{len(found.ideal.seeds):,} high-value customers match them: a seed list for a look-alike audience "
            "(tenure segments --out DIR writes it)."
        ),
    ]  # fmt: skip
