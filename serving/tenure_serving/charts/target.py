"""Targeting: expected profit as the budget slides."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH
from tenure_serving.language import ENGLISH, Language


def profit_by_budget(
    slide: pd.DataFrame, *, cost: float, profit: float, basis: str, currency: str = "", language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw expected profit over the money spent, and where the list stands.

    Parameters
    ----------
    slide
        See `tenure_decisions.campaigns.targeting.slide_budget`.
    cost, profit
        Of the list.
    basis
        What it rests on: a measurement or an assumption, in words.
    currency
        Unit of the money.
    language
        Of every word on it.
    """
    columns = ["cost", "profit", "contacted", "caught", "wasted"]
    x = alt.X("cost:Q", title=language.in_currency(language.gettext("expected spend"), currency))
    earned = language.in_currency(language.gettext("expected profit"), currency)
    y = alt.Y("profit:Q", title=earned)
    tooltip = style.tips(language, cost=",.0f", profit=",.0f", contacted=",.0f", caught=",.1f", wasted=",.1f")
    base = style.chart(slide[columns], width=WIDTH - 40).encode(x=x, y=y, tooltip=tooltip)
    here = style.chart(pd.DataFrame({"cost": [cost], "profit": [profit], "zero": [0.0]}), width=WIDTH - 40)
    return style.layer_charts(
        here.mark_rule(color=GREY).encode(y=alt.Y("zero:Q", title=earned)),
        base.mark_line(color=BLUE, point=True),
        here.mark_point(color=ORANGE, filled=True, size=120, opacity=1).encode(x=x, y=y),
        title=style.title(
            language.gettext(
                "Spending {cost} is expected to bring {profit}",
                cost=language.money(cost, currency), profit=language.money(profit, currency),
            ),
            language.gettext("Dot: the list. {basis}.", basis=language.translate(basis)),
        ),
    )  # fmt: skip
