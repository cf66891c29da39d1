"""Who the best customers are: the Pareto curve, and what is more and less common in a group."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH, percent


def draw_pareto(curve: pd.DataFrame, *, what: str) -> alt.LayerChart:
    """Draw the share of value that the best so many customers bring.

    Parameters
    ----------
    curve
        ``share_of_customers`` and ``share_of_value``, ascending; see `tenure_decisions.customers.pareto.pareto_curve`.
    what
        What value is, such as ``expected value``.
    """
    nearest = int((curve["share_of_customers"] - 0.2).abs().to_numpy().argmin())
    fifth = float(curve["share_of_value"].iloc[nearest])
    start = pd.DataFrame({"share_of_customers": [0.0], "share_of_value": [0.0]})
    line = pd.concat([start, curve[["share_of_customers", "share_of_value"]]], ignore_index=True)
    x = alt.X("share_of_customers:Q", title="customers, the most valuable first (%)", axis=alt.Axis(format=".0%"))
    y = alt.Y("share_of_value:Q", title=f"{what} (%)", axis=alt.Axis(format=".0%"))
    mark = pd.DataFrame({"share_of_customers": [0.2], "share_of_value": [fifth]})
    even = pd.DataFrame({"share_of_customers": [0.0, 1.0], "share_of_value": [0.0, 1.0]})
    return style.layer_charts(
        style.chart(even).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y),
        style.chart(line).mark_line(color=BLUE).encode(x=x, y=y),
        style.chart(mark).mark_point(color=ORANGE, filled=True, size=70).encode(x=x, y=y),
        title=style.title(
            f"The best 20 % of customers bring {percent(fifth)} of {what}",
            "The dashed line is what it would be if all were worth the same.",
        ),
    )


def draw_profile(table: pd.DataFrame, *, group: str, rows: int = 16) -> alt.LayerChart:
    """Draw the lifts that set a group apart from everybody outside it, with their intervals.

    Parameters
    ----------
    table
        ``attribute``, ``level``, ``lift``, ``low``, ``high``, ``represented``; see
        `tenure_decisions.customers.profiles.profile`.
    group
        Its name, for the title.
    rows
        The most to show: the most certain ones.
    """
    marked = table[table["represented"] != ""].head(rows)
    shown = (marked if len(marked) else table.head(rows)).sort_values("lift", ascending=False)
    shown = shown.assign(name=[f"{row.attribute}: {row.level}".replace("_", " ") for row in shown.itertuples()])
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=240))
    limits = [min(float(shown["low"].min()), 1.0) * 0.95, max(float(shown["high"].max()), 1.0) * 1.05]
    scale = alt.Scale(type="log", domain=limits, nice=False)
    title = f"times as common in {group} as outside it"
    colour = alt.condition("datum.lift >= 1", alt.value(BLUE), alt.value(ORANGE))
    base = style.chart(shown, width=WIDTH - 120, height=alt.Step(20))
    single = style.chart(pd.DataFrame({"at": [1.0]}), width=WIDTH - 120, height=alt.Step(20))
    return style.layer_charts(
        single.mark_rule(color=GREY, strokeDash=[4, 4]).encode(x=alt.X("at:Q", scale=scale)),
        base.mark_rule().encode(x=alt.X("low:Q", title=title, scale=scale), x2="high:Q", y=y, color=colour),
        base.mark_point(filled=True, size=55).encode(
            x=alt.X("lift:Q", scale=scale),
            y=y,
            color=colour,
            tooltip=["name:N", alt.Tooltip("lift:Q", format=".2f"), alt.Tooltip("p_adjusted:Q", format=".2g")],
        ),
        title=style.title(*_words(marked, group)),
    )


def _words(marked: pd.DataFrame, group: str) -> tuple[str, str]:
    detail = "Lift and its 95 % interval; adjusted p under .05 (Benjamini and Hochberg)."
    if marked.empty:
        return f"Nothing sets {group} apart for certain", "Lift and its 95 % interval; no adjusted p is under .05."
    top = marked.iloc[int(marked["lift"].to_numpy().argmax())]
    name = f"{top['attribute']} {top['level']}".replace("_", " ")
    return f"In {group}, {name} is {top['lift']:.1f} times as common as outside", detail
