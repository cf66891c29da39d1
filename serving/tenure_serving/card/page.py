"""The card as one self-contained page: style and drawings inside, no script, nothing loaded."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tenure_serving.card.card import CustomerCard
from tenure_serving.report.cell import cell, words
from tenure_serving.report.sections import Drawable

_WIDTH, _HEIGHT = 980, 150
LINES = 15
"""Rows of the timeline that are listed; the drawing has them all."""


def render_card(card: CustomerCard) -> str:
    """Render a card as HTML; charts are drawn here, as SVG, so the page has no script at all.

    Parameters
    ----------
    card
        See `CustomerCard`.

    Returns
    -------
    str
        HTML of some tens of kilobytes.
    """
    return (
        _environment()
        .get_template("card.html.j2")
        .render(card=card, timeline=_draw(_timeline_chart(card)), listed=card.timeline.head(LINES).to_dict("records"))
    )


def _timeline_chart(card: CustomerCard) -> Drawable | None:
    """Orders and returns as bars, what else happened as marks above them."""
    import altair as alt

    from tenure_serving.charts import style

    if card.timeline.empty:
        return None
    table = card.timeline.assign(at=card.timeline["at"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    money, marks = table[table["kind"].isin(["order", "return"])], table[~table["kind"].isin(["order", "return"])]
    first = min(card.timeline["at"].min(), card.as_of - pd.Timedelta(days=30))
    domain = [f"{first:%Y-%m-%dT%H:%M:%S}", f"{card.as_of:%Y-%m-%dT%H:%M:%S}"]
    x = alt.X("at:T", title=None, scale=alt.Scale(domain=domain), axis=alt.Axis(format="%b %Y", tickCount=8))
    top = float(money["amount"].max()) if len(money) else 1.0
    y = alt.Y("amount:Q", title=style.in_currency("revenue", card.currency))
    red = alt.condition("datum.amount < 0", alt.value(style.RED), alt.value(style.BLUE))
    grey = alt.condition("datum.what == 'Complaint'", alt.value(style.RED), alt.value(style.GREY))
    shape = alt.Shape("kind:N", legend=alt.Legend(title=None, orient="top"))
    bars = style.chart(money, width=_WIDTH, height=_HEIGHT).mark_bar(width=4).encode(x=x, y=y, color=red)
    marks = marks.assign(amount=top * 1.12)  # in a row above the bars
    points = (
        style.chart(marks, width=_WIDTH, height=_HEIGHT)
        .mark_point(filled=True, size=55)
        .encode(x=x, y=y, shape=shape, color=grey)
    )
    count = int((money["amount"] >= 0).sum())
    conclusion = f"{style.plural(count, 'order')} from {first:%B %Y} to {card.as_of:%B %Y}"
    detail = "Bars are orders (red: returns); marks are feedback, campaigns, tickets and complaints (red)."
    return style.layer_charts(*([bars, points] if len(marks) else [bars]), title=style.title(conclusion, detail))


def _draw(chart: Drawable | None) -> Markup:
    import vl_convert

    from tenure_serving.charts.style import CONFIG

    if chart is None:
        return Markup()
    return Markup(vl_convert.vegalite_to_svg(chart.to_dict(), config=dict(CONFIG)))  # noqa: S704  # escaped by Vega


@cache
def _environment() -> Environment:
    from tenure_serving.charts import style

    environment = Environment(
        loader=PackageLoader("tenure_serving.card", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": style.format_money, "number": style.number, "percent": style.percent, "words": words, "cell": cell,
        "day": _day,
    }  # fmt: skip
    return environment


def _day(moment: Any) -> str:  # noqa: ANN401  # a timestamp or nothing
    return "–" if moment is None or pd.isna(moment) else f"{pd.Timestamp(moment):%Y-%m-%d}"
