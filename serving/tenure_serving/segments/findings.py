"""What groups of customers found: how many there are, who moved between them, and how steady they are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure_decisions import glossary
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_serving.segments.movement import Movement, Stability

TITLE = "Who moved, and how steady the groups are"


def movement_findings(
    movement: Movement, *, currency: str = "", parts: Mapping[str, Findings] | None = None
) -> Findings:
    """Say who moved between two score tables; ``parts`` are shown under it."""
    return Findings(
        subject="movement",
        title=TITLE,
        lead="Since {previous_as_of}, {changed_share} of the customers scored both times changed the {grouping}. "
        "Expected value went from {totals.value_before} to {totals.value_after}: {totals.gained} gained, {totals.lost} "
        "lost.",
        facts=(
            Fact("previous_as_of", movement.previous_as_of, "date"),
            Fact("as_of", movement.as_of, "date"),
            Fact("horizon_days", movement.horizon_days, "days"),
            Fact("grouping", movement.column.replace("_", " ")),
            Fact("changed_share", movement.changed_share, "share"),
            Fact("moves", len(movement.moved), "moves"),
            Fact("totals", movement.totals, "money"),
        ),
        tables=(
            FindingTable(
                name="flows", title="Flows between groups", frame=movement.flows, terms=glossary.MOVEMENT_TERMS
            ),
            FindingTable(
                name="groups", title="Groups then and now", frame=movement.groups, terms=glossary.MOVEMENT_TERMS
            ),
        ),
        parts=parts or {},
        currency=currency,
    )


def stability_findings(stability: Stability) -> Findings:
    """Say how many customers changed the group without an order."""
    return Findings(
        subject="stability",
        title="How steady the groups are",
        facts=(
            Fact("days", stability.days, "days"),
            Fact("customers", stability.customers, "customers", "scored both times and without an order in between"),
            Fact("changed", stability.changed, "customers", "of those, in another group than before"),
            Fact("share", stability.share, "share"),
        ),
    )


def ageing_findings(aged: pd.DataFrame, *, margin: float) -> Findings:
    """Say what a week without orders does to the groups.

    Parameters
    ----------
    aged
        One row per grouping: ``column``, ``customers``, ``changed``, ``share``, ``changed_held``, ``share_held``.
    margin
        By how much a border must be passed when scores are compared with previous ones.
    """
    segment = aged[aged["column"] == "segment"].iloc[0]
    return Findings(
        subject="ageing",
        title="How steady the groups are",
        facts=(
            Fact("share", float(segment["share"]), "share"),
            Fact("share_held", float(segment["share_held"]), "share"),
            Fact("margin", margin, "share"),
        ),
        tables=(
            FindingTable(
                name="ageing",
                title="Customers in another group after seven days without any order",
                frame=aged,
                terms=glossary.AGEING_TERMS,
            ),
        ),
    )
