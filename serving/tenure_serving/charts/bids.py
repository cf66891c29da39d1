"""Bids: what to multiply a bid by, level by level, with intervals."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREEN, GREY, ORANGE, RED, WIDTH
from tenure_serving.language import ENGLISH, N_, Language

_COLOURS = {"channel": BLUE, "campaign": ORANGE, "device": GREEN, "region": RED}
_MOST_LEVELS = 8
"""Levels of a dimension that are drawn, those with most customers."""


def draw_bids(table: pd.DataFrame, *, language: Language = ENGLISH) -> alt.LayerChart:
    """Draw multipliers of bids with their intervals beside 1, the average customer.

    Parameters
    ----------
    table
        `tenure_decisions.economics.bids.Bids.table`; levels without an interval are left out.
    language
        Of every word on it.
    """
    rows = table[table["multiplier_low"].notna()].groupby("dimension", sort=False).head(_MOST_LEVELS)
    rows = rows.assign(
        kind=[language.column(kind) for kind in rows["dimension"]],
        name=lambda t: t["kind"] + ": " + t["level"],
    )
    columns = ["name", "kind", "multiplier", "multiplier_low", "multiplier_high"]
    kinds = list(dict.fromkeys(zip(rows["dimension"], rows["kind"], strict=True)))
    base = style.chart(rows[columns], width=WIDTH - 140, height=alt.Step(20)).encode(
        y=alt.Y("name:N", sort=rows["name"].tolist(), title=None, axis=alt.Axis(labelLimit=220)),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=[word for _, word in kinds], range=[_COLOURS[kind] for kind, _ in kinds]),
            legend=None,
        ),
        tooltip=style.tips(language, name="", multiplier=",.2f", multiplier_low=",.2f", multiplier_high=",.2f"),
    )
    scale = alt.Scale(type="log", nice=False)
    title = language.gettext("multiple of the bid for the average customer (each step of the axis multiplies)")
    average = style.chart(pd.DataFrame({"average": [1.0]}), width=WIDTH - 140, height=alt.Step(20))
    return style.layer_charts(
        average.mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=alt.X("average:Q", title=title, scale=scale)),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("multiplier_low:Q", title=title, scale=scale), x2="multiplier_high:Q"
        ),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=alt.X("multiplier:Q", title=title, scale=scale)),
        title=style.title(
            _conclude(rows, language),
            language.gettext("Predicted value of new customers, drawn together as far as chance explains it, bounded."),
        ),
    )


def _conclude(rows: pd.DataFrame, language: Language) -> str:
    """Name what deserves the highest and the lowest bid, where anything does."""
    apart = rows[rows["verdict"] != "no clear difference"].sort_values("multiplier", kind="stable")
    if apart.empty:
        return language.gettext("No bid should differ: chance explains what new customers are worth")
    best, worst = apart.iloc[-1], apart.iloc[0]
    if best["multiplier"] <= 1:
        text = N_("Bid least for {worst}: {least} times the average")
    elif worst["multiplier"] >= 1:
        text = N_("Bid most for {best}: {most} times the average")
    else:
        text = N_("Bid most for {best}, {most} times the average, and least for {worst}, {least} times")
    return language.gettext(
        text,
        best=best["name"],
        most=language.number(best["multiplier"]),
        worst=worst["name"],
        least=language.number(worst["multiplier"]),
    )
