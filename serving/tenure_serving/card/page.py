"""The card as one self-contained page: style and drawings inside, no script, nothing loaded."""

from __future__ import annotations

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tenure_serving.card.card import CustomerCard
from tenure_serving.language import NO_CURRENCY, Language
from tenure_serving.report.cell import cell, heading, say_names
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
        _environment(card.language)
        .get_template("card.html.j2")
        .render(
            card=card,
            personal=card.personal.words(card.language, card.currency),
            no_currency=NO_CURRENCY,
            language=card.language,
            timeline=_draw(_timeline_chart(card), card.language),
            listed=card.timeline.head(LINES).to_dict("records"),
        )
    )


def _timeline_chart(card: CustomerCard) -> Drawable | None:
    """Orders and returns as bars, what else happened as marks above them."""
    import altair as alt

    from tenure_serving.charts import style

    language = card.language
    if card.timeline.empty:
        return None
    table = card.timeline.assign(at=card.timeline["at"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    money, marks = table[table["kind"].isin(["order", "return"])], table[~table["kind"].isin(["order", "return"])]
    first = min(card.timeline["at"].min(), card.as_of - pd.Timedelta(days=30))
    domain = [f"{first:%Y-%m-%dT%H:%M:%S}", f"{card.as_of:%Y-%m-%dT%H:%M:%S}"]
    x = alt.X("at:T", title=None, scale=alt.Scale(domain=domain), axis=alt.Axis(format="%b %Y", tickCount=8))
    top = float(money["amount"].max()) if len(money) else 1.0
    y = alt.Y("amount:Q", title=language.in_currency(language.gettext("revenue"), card.currency))
    red = alt.condition("datum.amount < 0", alt.value(style.RED), alt.value(style.BLUE))
    complaint = language.gettext("Complaint")
    grey = alt.condition(f"datum.what == '{complaint}'", alt.value(style.RED), alt.value(style.GREY))
    shape = alt.Shape("kind:N", legend=alt.Legend(title=None, orient="top"))
    bars = style.chart(money, width=_WIDTH, height=_HEIGHT).mark_bar(width=4).encode(x=x, y=y, color=red)
    marks = marks.assign(amount=top * 1.12, kind=marks["kind"].map(language.translate))  # in a row above the bars
    points = (
        style.chart(marks, width=_WIDTH, height=_HEIGHT)
        .mark_point(filled=True, size=55)
        .encode(x=x, y=y, shape=shape, color=grey)
    )
    count = int((money["amount"] >= 0).sum())
    conclusion = language.ngettext(
        "{count} order, {first} to {last}",
        "{count} orders, {first} to {last}",
        count,
        first=language.month(first),
        last=language.month(card.as_of),
    )
    detail = language.gettext(
        "Bars are orders (red: returns); marks are feedback, campaigns, tickets and complaints (red)."
    )
    return style.layer_charts(*([bars, points] if len(marks) else [bars]), title=style.title(conclusion, detail))


def _draw(chart: Drawable | None, language: Language) -> Markup:
    from tenure_serving.charts.style import to_svg

    if chart is None:
        return Markup()
    return Markup(to_svg(chart.to_dict(), language=language))  # noqa: S704  # escaped by Vega


def _environment(language: Language) -> Environment:
    """Give the template a language; the filters are its methods, so nothing is shared between two."""
    environment = Environment(
        loader=PackageLoader("tenure_serving.card", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"gettext": language.gettext, "ngettext": language.ngettext}
    environment.filters |= {
        "money": language.money,
        "number": language.number,
        "percent": language.percent,
        "count": language.count,
        "day": language.day,
        "said": language.translate,
        "words": lambda name: heading(name, language),
        "cell": lambda value: cell(value, language),
        "plainly": lambda text: say_names(text, language),
        "capital": lambda text: text[:1].upper() + text[1:],
    }
    return environment
