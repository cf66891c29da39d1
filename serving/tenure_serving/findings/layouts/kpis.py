"""How customers fare: KPIs of the shop, of its segments, and what moved in any group."""

from __future__ import annotations

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Parts, View

_SHOWN = 15
_GROUPING = "segment"
_OF_GROUPS = ("nps", "promoters", "detractors", "ces", "csat", "review", "tickets_resolved", "days_to_resolve",
              "return_rate")  # fmt: skip


def experience_layout(findings: Findings) -> Parts:
    """Return the shop's KPIs beside the period before, those of segments side by side, and what moved elsewhere."""
    table = findings.frame("experience")
    parts = [
        View(
            table="experience",
            title="The shop in the last {days} days, with 95 % intervals, and the {days} days before",
            columns=("kpi", "unit", "rows", "value", "before", "change", "moved"),
            select=lambda rows: rows[rows["grouping"] == "shop"],
        )
    ]
    if (table["grouping"] == _GROUPING).any():
        parts.append(
            View(
                table="experience",
                title="By segment in the last {days} days; of fewer than 20 customers without an interval",
                columns=("group", *(name for name in _OF_GROUPS if name in set(_select_segments(table)["kpi"]))),
                select=_side_by_side,
            )
        )
    if len(_select_moves(table)):
        parts.append(
            View(
                table="experience",
                title="What moved in a group for certain",
                columns=("grouping", "group", "kpi", "value", "before", "change", "p_adjusted", "moved"),
                select=_select_moves,
                rows=_SHOWN,
            )
        )
    return parts


def _select_segments(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["grouping"] == _GROUPING]


def _side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """Turn rows of KPIs into columns, one row per segment."""
    mine = _select_segments(table)
    wide = {
        f"{name}{end}": mine[mine["kpi"] == name].set_index("group")[column]
        for name in mine["kpi"].unique()
        for column, end in (("value", ""), ("low", "_low"), ("high", "_high"))
    }
    return pd.DataFrame(wide).rename_axis("group").reset_index()


def _select_moves(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["grouping"] != "shop") & (table["moved"] != "")].sort_values("p_adjusted", kind="stable")
