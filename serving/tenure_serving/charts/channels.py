"""Channels: what customers bring and cost by channel, first and last touch side by side, and growth by month."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from tenure_decisions.economics.channels import ALL
from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH, format_money, number

_RULE_LABELS = {"first_touch": "first touch", "last_touch": "last touch"}


def channel_value(clv: pd.DataFrame, *, days: int, currency: str = "", rule: str = "first_touch") -> alt.LayerChart:
    """Draw predicted value per customer after the cost of acquisition, by channel and rule, with intervals.

    Parameters
    ----------
    clv
        `tenure_decisions.economics.channels.Channels.clv`.
    days
        Age at which value is stated.
    currency
        Unit of the money.
    rule
        Whose order and conclusion lead.
    """
    rows = clv[(clv["days"] == days) & (clv["channel"] != ALL)]
    value = "predicted_net" if rows["predicted_net"].notna().any() else "predicted"
    rows = rows[rows[value].notna()].assign(rule=lambda t: t["rule"].map(_RULE_LABELS))
    lead = rows[rows["rule"] == _RULE_LABELS[rule]].sort_values(value, ascending=False, kind="stable")
    words = "after the cost of acquisition" if value == "predicted_net" else "before the cost of acquisition"
    conclusion = "No channel has a predicted value"
    if len(lead):
        best, worst = lead.iloc[0], lead.iloc[-1]
        conclusion = (
            f"{best['channel']} brings the best customers, {format_money(best[value], currency)} each; "
            f"{worst['channel']} the least, {format_money(worst[value], currency)}"
        )
    order = style.sort_by_order(rows["channel"].tolist(), lead["channel"].tolist())
    base = style.chart(
        rows[["channel", "rule", value, f"{value}_low", f"{value}_high"]], width=WIDTH - 120, height=alt.Step(16)
    ).encode(
        y=alt.Y("channel:N", sort=order, title=None),
        yOffset=alt.YOffset("rule:N", sort=list(_RULE_LABELS.values())),
        color=alt.Color(
            "rule:N", scale=alt.Scale(domain=list(_RULE_LABELS.values()), range=[BLUE, ORANGE]), title="credit"
        ),
        tooltip=["channel:N", "rule:N", alt.Tooltip(f"{value}:Q", format=",.1f")],
    )
    axis = alt.Axis(format="~s", tickCount=6)
    title = style.in_currency(f"predicted value of a customer within {days} days", currency)
    return style.layer_charts(
        base.mark_rule(strokeWidth=2).encode(x=alt.X(f"{value}_low:Q", title=title, axis=axis), x2=f"{value}_high:Q"),
        base.mark_point(filled=True, size=50, opacity=1).encode(x=alt.X(f"{value}:Q", title=title, axis=axis)),
        title=style.title(
            conclusion, f"Per customer, {words}, with intervals; channels sorted by {_RULE_LABELS[rule]}."
        ),
    )


def channel_costs(table: pd.DataFrame, *, currency: str = "", rule: str = "first_touch") -> alt.LayerChart:
    """Draw what the average and the next customer cost in each channel with spend.

    Parameters
    ----------
    table
        `tenure_decisions.economics.channels.Channels.table`.
    currency
        Unit of the money.
    rule
        Which rule is shown.
    """
    rows = table[(table["rule"] == rule) & (table["channel"] != ALL) & (table["paid_cac"] > 0)]
    rows = rows.sort_values("paid_cac", kind="stable")
    factor = (rows["marginal_cac"] / rows["paid_cac"]).median()
    conclusion = (
        f"The next customer costs {number(float(factor))} times the average one"
        if np.isfinite(factor)
        else "What a customer costs by channel"
    )
    kinds = {"paid_cac": "average customer", "marginal_cac": "next customer"}
    long = pd.concat(
        [
            pd.DataFrame(
                {"channel": rows["channel"], "kind": words, "cost": rows[name], "low": rows[f"{name}_low"],
                 "high": rows[f"{name}_high"]}
            )
            for name, words in kinds.items()
        ],
        ignore_index=True,
    ).dropna(subset=["cost"])  # fmt: skip
    base = style.chart(long, width=WIDTH - 120, height=alt.Step(26)).encode(
        y=alt.Y("channel:N", sort=rows["channel"].tolist(), title=None),
        color=alt.Color("kind:N", scale=alt.Scale(domain=list(kinds.values()), range=[BLUE, ORANGE]), title="cost"),
        tooltip=["channel:N", "kind:N", *(alt.Tooltip(f"{name}:Q", format=",.2f") for name in ("cost", "low", "high"))],
    )
    title, scale = style.in_currency("cost of a new customer, log scale", currency), alt.Scale(type="log", nice=False)
    return style.layer_charts(
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, scale=scale), x2="high:Q"),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=alt.X("cost:Q", title=title, scale=scale)),
        title=style.title(
            conclusion,
            f"Spend / new customers ({_RULE_LABELS[rule]}) over the window, and what one more costs at the spend "
            "of the last "
            "13 weeks, with intervals.",
        ),
    )


def growth_by_month(months: pd.DataFrame, *, days: int, net: bool = False) -> alt.LayerChart:
    """Draw G = C x CLV / CAC by month of acquisition.

    Parameters
    ----------
    months
        `tenure_decisions.economics.growth.Growth.months`; months that are not complete are left out.
    days
        Age at which value is stated, which stands for CLV where scores carry none.
    net
        Whether CLV is after the cost of acquisition (the CVO convention) or before it.
    """
    field = "g_net" if net else "g_before"
    rows = months[months["complete"] & months[field].notna()]
    conclusion = "G is not known: there is no month with spend and customers"
    if len(rows) >= 2:
        half = len(rows) // 2
        before, after = (float(part[field].mean()) for part in (rows.iloc[:half], rows.iloc[half:]))
        word = "grew" if after > before else "fell"
        conclusion = f"G {word} from {number(before)} to {number(after)} between the first and the second half"
    words = "CLV after CAC" if net else "CLV before CAC"
    source = "CLV of the scores" if "clv_net" in months else f"CLV stands for value until {days} days"
    rows = rows.assign(month=rows["month"].astype("str") + "-01")
    base = style.chart(rows[["month", field, f"{field}_low", f"{field}_high"]], width=WIDTH, height=220).encode(
        x=alt.X("month:T", title="month of acquisition", axis=alt.Axis(format="%Y-%m", labelAngle=0, tickCount=8)),
        tooltip=[alt.Tooltip("month:T", format="%Y-%m"), alt.Tooltip(f"{field}:Q", format=",.0f")],
    )
    y = alt.Axis(format=",.0f")
    return style.layer_charts(
        base.mark_area(opacity=0.25, color=GREY).encode(
            y=alt.Y(f"{field}_low:Q", title="G (customers)", axis=y), y2=f"{field}_high:Q"
        ),
        base.mark_line(color=BLUE, point=True).encode(y=alt.Y(f"{field}:Q", title="G (customers)", axis=y)),
        title=style.title(conclusion, f"C x {words} / CAC by month, {source}; band: interval."),
    )
