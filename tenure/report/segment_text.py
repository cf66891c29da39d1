"""What ``tenure segments`` prints for people."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure.jobs.segment_study import SegmentStudy
from tenure.jobs.segments import Segments
from tenure.report.render import money
from tenure_decisions.customers.encounters import CONFOUNDING
from tenure_serving.charts.style import percent
from tenure_serving.segments.movement import Movement, Stability

MOVES, ROWS = 10, 12
SHARES = ("share_of_customers", "share_of_value")


def segment_lines(found: Segments) -> list[str]:
    """Tell the groups, and whatever else was asked for."""
    lines = [
        f"Customers by {found.by.replace('_', ' ')} as of {found.as_of:%Y-%m-%d}, value over the next "
        f"{found.horizon_days} days:",
        *_table(
            found.groups.drop(columns=["group", *(["goal"] if "goal" in found.groups else [])]),
            {"share": percent, "churn": percent, "expected_value": _money(found), "money_at_risk": _money(found)},
        ),
        "",
        *_pareto(found),
    ]
    if found.movement is not None:
        lines += ["", *_movement(found.movement, found)]
    if found.stability is not None:
        lines += ["", _stability(found.stability)]
    if found.study is not None:
        lines += ["", *_study(found.study, found)]
    return lines


def segment_payload(found: Segments) -> dict[str, Any]:
    """Return the same for programs."""
    out: dict[str, Any] = {
        name: getattr(found, name) for name in ("as_of", "horizon_days", "currency", "by", "groups", "pareto")
    }
    moved, steady = found.movement, found.stability
    out["movement"] = moved and {
        "previous_as_of": moved.previous_as_of, "changed_share": moved.changed_share, "totals": moved.totals,
        "flows": moved.flows, "groups": moved.groups,
    }  # fmt: skip
    out["stability"] = steady and {
        "days": steady.days, "customers": steady.customers, "changed": steady.changed, "share": steady.share,
    }  # fmt: skip
    out["study"] = found.study
    return out


def _money(found: Segments) -> Any:  # noqa: ANN401  # a function of one number
    return lambda amount: money(amount, found.currency)


def _pareto(found: Segments) -> list[str]:
    rows = found.pareto[found.pareto["share_of_customers"].isin([0.01, 0.05, 0.2])]
    told = [f"{share:.0%} bring {percent(part)}" for share, part in zip(*(rows[n] for n in SHARES), strict=True)]
    return [f"Of expected value, the best {', '.join(told)}."]


def _movement(moved: Movement, found: Segments) -> list[str]:
    totals = moved.totals
    return [
        f"Since {moved.previous_as_of:%Y-%m-%d}, {percent(moved.changed_share)} of the customers scored both times "
        f"changed the group. Value: {money(totals['value_before'], found.currency)} + "
        f"{money(totals['gained'], found.currency)} gained - {money(totals['lost'], found.currency)} lost = "
        f"{money(totals['value_after'], found.currency)}.",
        *_table(
            moved.moved.head(MOVES),
            dict.fromkeys(("value_before", "value_after", "gained", "lost"), _money(found)),
        ),
    ]


def _stability(steady: Stability) -> str:
    return (
        f"Without an order in these {steady.days:g} days: {steady.customers:,} customers, {steady.changed:,} of them "
        f"({percent(steady.share)}) in another group than before."
    )


def _study(study: SegmentStudy, found: Segments) -> list[str]:
    marked = study.profile[study.profile["represented"] != ""]
    shown = ["attribute", "level", "group_share", "outside_share", "lift", "low", "high", "p_adjusted"]
    lines = [f"What sets {study.group} apart from who is outside it for certain: {len(marked)} attributes."]
    lines += _table(marked[shown].head(ROWS), {"group_share": percent, "outside_share": percent})
    for by, table in study.met_early.items():
        toxic = table.loc[table["verdict"] == "toxic", "level"].tolist()
        told = ", ".join(map(str, toxic)) or "none for certain"
        lines += ["", f"Worth less later after meeting a {by} in the first 30 days: {told}."]
        sums = dict.fromkeys(("difference", "adjusted", "low", "high"), _money(found))
        lines += _table(table[["level", "met", *sums, "p_adjusted", "verdict"]].head(5), sums)
    if study.met_early:
        lines += [CONFOUNDING]
    if study.ideal is not None:
        holding = study.ideal.rules[study.ideal.rules["holds"].astype(bool)]
        lines += ["", f"The ideal customer, after the first order ({len(study.ideal.seeds):,} seeds for look-alikes):"]
        lines += [_rule(row) for row in holding.to_dict("records")] or ["  no rule holds on customers it did not see"]
    return [*lines, *(f"Note: {note}" for note in study.notes)]


def _table(table: pd.DataFrame, formats: dict[str, Any]) -> list[str]:
    written = {name: [write(value) for value in table[name]] for name, write in formats.items() if name in table}
    if table.empty:
        return ["  nothing"]
    return table.assign(**written).to_string(index=False, float_format="{:,.3g}".format).splitlines()


def _rule(row: dict[Any, Any]) -> str:
    return (
        f"  {row['rule']}: {percent(row['coverage'])} of customers, {percent(row['top_share'])} of them in the high "
        f"value tier, x {row['lift']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    )
