"""Channels: what customers bring and cost by channel, first and last touch side by side, and growth by month."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from tenure_decisions.economics.channels import ALL
from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH
from tenure_serving.language import ENGLISH, N_, Language

_RULE_LABELS = {"first_touch": N_("first touch"), "last_touch": N_("last touch")}


def channel_value(
    clv: pd.DataFrame, *, days: int, currency: str = "", rule: str = "first_touch", language: Language = ENGLISH
) -> alt.LayerChart:
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
    language
        Of every word on it.
    """
    labels = {name: language.gettext(label) for name, label in _RULE_LABELS.items()}
    rows = clv[(clv["days"] == days) & (clv["channel"] != ALL)]
    value = "predicted_net" if rows["predicted_net"].notna().any() else "predicted"
    rows = rows[rows[value].notna()].assign(
        rule=lambda t: t["rule"].map(labels), channel=lambda t: t["channel"].map(language.translate)
    )
    lead = rows[rows["rule"] == labels[rule]].sort_values(value, ascending=False, kind="stable")
    after = N_("Per customer, after the cost of acquisition, with intervals; channels sorted by {rule}.")
    before = N_("Per customer, before the cost of acquisition, with intervals; channels sorted by {rule}.")
    text = after if value == "predicted_net" else before
    conclusion = _name_best_and_worst(lead, value, currency=currency, language=language)
    order = style.sort_by_order(rows["channel"].tolist(), lead["channel"].tolist())
    base = style.chart(
        rows[["channel", "rule", value, f"{value}_low", f"{value}_high"]], width=WIDTH - 120, height=alt.Step(16)
    ).encode(
        y=alt.Y("channel:N", sort=order, title=None),
        yOffset=alt.YOffset("rule:N", sort=list(labels.values())),
        color=alt.Color(
            "rule:N",
            scale=alt.Scale(domain=list(labels.values()), range=[BLUE, ORANGE]),
            title=language.gettext("credit"),
        ),
        tooltip=style.tips(language, **{"channel": "", "rule": "", value: ",.1f"}),
    )
    axis = alt.Axis(format="~s", tickCount=6)
    title = language.in_currency(
        language.gettext("predicted value of a customer within {days} days", days=language.count(days)), currency
    )
    return style.layer_charts(
        base.mark_rule(strokeWidth=2).encode(x=alt.X(f"{value}_low:Q", title=title, axis=axis), x2=f"{value}_high:Q"),
        base.mark_point(filled=True, size=50, opacity=1).encode(x=alt.X(f"{value}:Q", title=title, axis=axis)),
        title=style.title(conclusion, language.gettext(text, rule=labels[rule])),
    )


def _name_best_and_worst(channels: pd.DataFrame, value: str, *, currency: str, language: Language) -> str:
    """Say which of the channels, the best first, bring most and least."""
    if channels.empty:
        return language.gettext("No channel has a predicted value")
    best, worst = channels.iloc[0], channels.iloc[-1]
    return language.gettext(
        "{best} brings the best customers, {most} each; {worst} the least, {least}",
        best=best["channel"],
        most=language.money(best[value], currency),
        worst=worst["channel"],
        least=language.money(worst[value], currency),
    )


def channel_costs(
    table: pd.DataFrame, *, currency: str = "", rule: str = "first_touch", language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw what the average and the next customer cost in each channel with spend.

    Parameters
    ----------
    table
        `tenure_decisions.economics.channels.Channels.table`.
    currency
        Unit of the money.
    rule
        Which rule is shown.
    language
        Of every word on it.
    """
    rows = table[(table["rule"] == rule) & (table["channel"] != ALL) & (table["paid_cac"] > 0)]
    rows = rows.sort_values("paid_cac", kind="stable").assign(channel=lambda t: t["channel"].map(language.translate))
    conclusion = _compare_next(rows, language)
    kinds = {
        "paid_cac": language.gettext("average customer"),
        "marginal_cac": language.gettext("next customer"),
    }
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
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=list(kinds.values()), range=[BLUE, ORANGE]), title=language.gettext("cost")
        ),
        tooltip=style.tips(language, channel="", kind="", cost=",.2f", low=",.2f", high=",.2f"),
    )
    axis_title = language.gettext("cost of a new customer (each step of the axis multiplies)")
    title, scale = language.in_currency(axis_title, currency), alt.Scale(type="log", nice=False)
    return style.layer_charts(
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, scale=scale), x2="high:Q"),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=alt.X("cost:Q", title=title, scale=scale)),
        title=style.title(
            conclusion,
            language.gettext(
                "Spend / new customers ({rule}) over the window, and what one more costs at the spend of the last "
                "13 weeks, with intervals.",
                rule=language.gettext(_RULE_LABELS[rule]),
            ),
        ),
    )


def _compare_next(channels: pd.DataFrame, language: Language) -> str:
    """Say how much more the next customer costs than the average one."""
    factor = float((channels["marginal_cac"] / channels["paid_cac"]).median())
    if not np.isfinite(factor):
        return language.gettext("What a customer costs by channel")
    return language.gettext("The next customer costs {factor} times the average one", factor=language.number(factor))


def growth_by_month(
    months: pd.DataFrame, *, days: int, net: bool = False, language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw G = C x CLV / CAC by month of acquisition.

    Parameters
    ----------
    months
        `tenure_decisions.economics.growth.Growth.months`; months that are not complete are left out.
    days
        Age at which value is stated, which stands for CLV where scores carry none.
    net
        Whether CLV is after the cost of acquisition (the CVO convention) or before it.
    language
        Of every word on it.
    """
    field = "g_net" if net else "g_before"
    rows = months[months["complete"] & months[field].notna()]
    conclusion = language.gettext("G is not known: there is no month with spend and customers")
    if len(rows) >= 2:
        half = len(rows) // 2
        before, after = (float(part[field].mean()) for part in (rows.iloc[:half], rows.iloc[half:]))
        grew = N_("G grew from {before} to {after} between the first and the second half")
        fell = N_("G fell from {before} to {after} between the first and the second half")
        conclusion = language.gettext(
            grew if after > before else fell, before=language.number(before), after=language.number(after)
        )
    gross = N_("C x CLV / CAC by month, CLV before the cost of acquisition; band: interval.")
    clear = N_("C x CLV / CAC by month, CLV after the cost of acquisition; band: interval.")
    source = language.gettext("CLV is that of the scores.")
    if "clv_net" not in months:
        source = language.gettext("CLV stands for value until {days} days.", days=language.count(days))
    rows = rows.assign(month=rows["month"].astype("str") + "-01")
    base = style.chart(rows[["month", field, f"{field}_low", f"{field}_high"]], width=WIDTH, height=220).encode(
        x=alt.X(
            "month:T",
            title=language.gettext("month of acquisition"),
            axis=alt.Axis(format="%Y-%m", labelAngle=0, tickCount=8),
        ),
        tooltip=[
            alt.Tooltip("month:T", title=language.column("month"), format="%Y-%m"),
            *style.tips(language, **{field: ",.0f"}),
        ],
    )
    y = alt.Axis(format=",.0f")
    return style.layer_charts(
        base.mark_area(opacity=0.25, color=GREY).encode(
            y=alt.Y(f"{field}_low:Q", title=language.gettext("G (customers)"), axis=y), y2=f"{field}_high:Q"
        ),
        base.mark_line(color=BLUE, point=True).encode(
            y=alt.Y(f"{field}:Q", title=language.gettext("G (customers)"), axis=y)
        ),
        title=style.title(conclusion, language.gettext(clear if net else gross), source),
    )
