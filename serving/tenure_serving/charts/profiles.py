"""Who the best customers are: the Pareto curve, and what is more and less common in a group."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH
from tenure_serving.language import ENGLISH, Language


def draw_pareto(curve: pd.DataFrame, *, what: str, language: Language = ENGLISH) -> alt.LayerChart:
    """Draw the share of value that the best so many customers bring.

    Parameters
    ----------
    curve
        ``share_of_customers`` and ``share_of_value``, ascending; see `tenure_decisions.customers.pareto.pareto_curve`.
    what
        What value is, such as ``expected value``.
    language
        Of every word on it.
    """
    what = language.translate(what)
    nearest = int((curve["share_of_customers"] - 0.2).abs().to_numpy().argmin())
    fifth = float(curve["share_of_value"].iloc[nearest])
    start = pd.DataFrame({"share_of_customers": [0.0], "share_of_value": [0.0]})
    line = pd.concat([start, curve[["share_of_customers", "share_of_value"]]], ignore_index=True)
    x = alt.X(
        "share_of_customers:Q",
        title=language.gettext("customers, the most valuable first (%)"),
        axis=alt.Axis(format=".0%"),
    )
    y = alt.Y("share_of_value:Q", title=f"{what} (%)", axis=alt.Axis(format=".0%"))
    mark = pd.DataFrame({"share_of_customers": [0.2], "share_of_value": [fifth]})
    even = pd.DataFrame({"share_of_customers": [0.0, 1.0], "share_of_value": [0.0, 1.0]})
    return style.layer_charts(
        style.chart(even).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y),
        style.chart(line).mark_line(color=BLUE).encode(x=x, y=y),
        style.chart(mark).mark_point(color=ORANGE, filled=True, size=70).encode(x=x, y=y),
        title=style.title(
            language.gettext(
                "The best 20 % of customers bring {share} of {what}", share=language.percent(fifth), what=what
            ),
            language.gettext("The dashed line is what it would be if all were worth the same."),
        ),
    )


def draw_profile(table: pd.DataFrame, *, group: str, rows: int = 16, language: Language = ENGLISH) -> alt.LayerChart:
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
    language
        Of every word on it.
    """
    group = language.translate(group)
    marked = table[table["represented"] != ""].head(rows)
    shown = (marked if len(marked) else table.head(rows)).sort_values("lift", ascending=False)
    shown = shown.assign(name=[_name(row.attribute, row.level, language) for row in shown.itertuples()])
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=240))
    limits = [min(float(shown["low"].min()), 1.0) * 0.95, max(float(shown["high"].max()), 1.0) * 1.05]
    scale = alt.Scale(type="log", domain=limits, nice=False)
    title = language.gettext("times as common in the group as outside it")
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
            tooltip=style.tips(language, name="", lift=".2f", p_adjusted=".2g"),
        ),
        title=style.title(*_words(marked, group, language)),
    )


def _words(marked: pd.DataFrame, group: str, language: Language) -> tuple[str, str]:
    if marked.empty:
        return (
            language.gettext("Nothing sets {group} apart for certain", group=group),
            language.gettext("Dots are how many times as common it is, bars 95 % intervals; none is certain."),
        )
    top = marked.iloc[int(marked["lift"].to_numpy().argmax())]
    conclusion = language.gettext(
        "In {group}, {attribute} {level} is {times} times as common as outside",
        attribute=_say(top["attribute"], language),
        level=_say(top["level"], language),
        times=language.digits(f"{top['lift']:.1f}"),
        group=group,
    )
    return conclusion, language.gettext(
        "Dots are how many times as common it is, bars 95 % intervals; what could be chance is left out."
    )


def _name(attribute: object, level: object, language: Language) -> str:
    return f"{_say(attribute, language)}: {_say(level, language)}"


def _say(name: object, language: Language) -> str:
    return language.translate(str(name).replace("_", " "))
