"""Groups crossed with what customers are and buy, and new customers by e-mail campaign."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Parts, View

_CELLS, _WIDEST, _CAMPAIGNS = 15, 8, 20


def matrix_layout(findings: Findings) -> Parts:
    """Return the cells that are no chance, then the customers of every group by the most common levels."""
    table = findings.frame("matrix")
    certain = View(
        table="matrix",
        title="Cells that are no chance: share of the group with its 95 % interval, and what independence would give",
        columns=("attribute", "group", "level", "customers", "revenue", "share", "expected_share", "p_adjusted",
                 "represented"),
        select=_find_certain,
        rows=_CELLS,
    )  # fmt: skip
    return [
        *([certain] if len(_find_certain(table)) else []),
        *(
            View(
                table="matrix",
                title="Customers of each group by {attribute}, the most common first",
                values={"attribute": str(attribute)},
                select=_side_by_side(str(attribute)),
                only="section",
            )
            for attribute in table["attribute"].unique()
        ),
    ]


def attachment_layout(findings: Findings) -> Parts:
    """Return the campaigns, the surest first, and their cohorts."""
    del findings
    return [
        View(
            table="campaign_attachment",
            title="New customers by campaign whose {days} days after the first order have passed, the share with a "
            "second order in them, and the other new customers of the same months",
            columns=("campaign", "customers", "open", "repeat", "share", "others_share", "lift", "revenue_per_customer",
                     "p_adjusted", "verdict"),
            select=lambda rows: rows.sort_values(["p_value", "campaign"]),
            rows=_CAMPAIGNS,
        ),
        View(
            table="campaign_cohorts",
            title="The same by month of the first order",
            rows=_CAMPAIGNS,
            only="section",
        ),
    ]  # fmt: skip


def _find_certain(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["represented"].isin(["over", "under"])].sort_values("p_adjusted", kind="stable")


def _side_by_side(attribute: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def pivot(table: pd.DataFrame) -> pd.DataFrame:
        mine = table[table["attribute"] == attribute]
        levels = mine["level"].drop_duplicates().head(_WIDEST)
        wide = {level: mine[mine["level"] == level].set_index("group")["customers"] for level in levels}
        return pd.DataFrame(wide).rename_axis("group").reset_index()

    return pivot
