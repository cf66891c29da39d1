"""A survey: what keeps the customers of every group from ordering."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, WIDTH
from tenure_serving.language import ENGLISH, Language


def obstacle_shares(obstacles: pd.DataFrame, *, language: Language = ENGLISH) -> alt.FacetChart:
    """Draw the most frequent obstacles of every group, each share with its interval.

    Parameters
    ----------
    obstacles
        See `tenure_decisions.surveys.insights.survey_findings`; not empty.
    language
        Of every word on it.
    """
    shown = obstacles[["group", "answer", "share", "share_low", "share_high"]]
    axis = alt.Axis(format=".0%")
    title = language.gettext("share of those who answered")
    base = style.chart(shown, width=WIDTH - 200, height=alt.Step(18)).encode(
        y=alt.Y("answer:N", sort="-x", title=None),
        tooltip=style.tips(language, answer="", share=".0%", share_low=".0%", share_high=".0%"),
    )
    bars = base.mark_bar(color=BLUE, opacity=0.6).encode(x=alt.X("share:Q", title=title, axis=axis))
    rules = base.mark_rule().encode(x=alt.X("share_low:Q", title=title, axis=axis), x2="share_high:Q")
    everybody = shown[shown["group"] == "everybody"]
    first = (everybody if len(everybody) else shown).iloc[0]
    drawn: alt.FacetChart = (
        alt.layer(bars, rules)
        .facet(row=alt.Row("group:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")))
        .resolve_scale(y="independent")
        .properties(
            title=style.title(
                language.gettext("What keeps customers from ordering most: {answer}", answer=str(first["answer"])),
                language.gettext("The three most frequent obstacles of every group, with 95 % intervals."),
            )
        )
    )
    return drawn
