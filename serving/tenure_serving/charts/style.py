"""How every chart looks: colours that survive colour blindness, titles that conclude, tooltips in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from tenure_serving.language import Language

# Okabe & Ito (2008): distinguishable with every common colour vision deficiency
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C"
TIER_COLOURS = {"low": BLUE, "medium": ORANGE, "high": RED}
SEQUENTIAL: Final = "blues"
WIDTH, HEIGHT = 460, 280

CONFIG: Mapping[str, Any] = {
    "background": None,
    "font": "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "style": {"guide-label": {"fill": "currentColor"}, "guide-title": {"fill": "currentColor"}},
    "axis": {
        "labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 11, "titleFontSize": 11,
        "titleFontWeight": "normal", "gridColor": "#8C8C8C", "gridOpacity": 0.25, "domainColor": "#8C8C8C",
        "tickColor": "#8C8C8C",
    },
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "titleFontWeight": "normal"},
    "title": {
        "anchor": "start", "color": "currentColor", "subtitleColor": "currentColor", "fontSize": 14, "offset": 12,
        "subtitleFontSize": 11.5, "subtitlePadding": 5,
    },
}  # fmt: skip
"""Vega-Lite configuration of a page; ``currentColor`` lets text follow light, dark and print styles."""


def title(conclusion: str, *detail: str) -> alt.TitleParams:
    """Return a chart title that states the conclusion, with what is shown under it, wrapped to the chart's width."""
    lines = [line for text in detail for line in wrap(text, 76)]
    return alt.TitleParams(text=wrap(conclusion, 58), subtitle=lines)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most ``width`` characters at spaces.

    Examples
    --------
    >>> wrap("money at risk by tier", 10)
    ['money at', 'risk by', 'tier']
    """
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def chart(
    table: pd.DataFrame,
    *,
    width: int = WIDTH,
    height: int | alt.Step = HEIGHT,
    title: alt.TitleParams | None = None,
) -> alt.Chart:
    """Return a chart over a small table whose rows travel inside it, whatever Altair's data settings are."""
    plain = table.astype(object).where(table.notna(), None)
    rows = [{str(name): value for name, value in row.items()} for row in plain.to_dict(orient="records")]
    drawn = alt.Chart(alt.InlineData(values=rows), width=width, height=height)
    return drawn if title is None else drawn.properties(title=title)


def layer_charts(*layers: alt.Chart, title: alt.TitleParams) -> alt.LayerChart:
    """Return charts drawn over each other under one title."""
    return alt.LayerChart(layer=list(layers), title=title)


def to_svg(spec: Mapping[str, Any], *, language: Language) -> str:
    """Draw a specification in the house style, numbers and dates in a language."""
    import vl_convert

    locales = language.chart_locales()
    return vl_convert.vegalite_to_svg(
        dict(spec), config=dict(CONFIG), format_locale=locales["format"], time_format_locale=locales["time"]
    )


def tips(language: Language, **formats: str) -> list[alt.Tooltip]:
    """Return tooltips of fields by name, each with its format; one without a format is a text."""
    return [
        alt.Tooltip(f"{field}:Q", title=language.column(field), format=how)
        if how
        else alt.Tooltip(f"{field}:N", title=language.column(field))
        for field, how in formats.items()
    ]


def heat_text(field: str, *, dark_from: float) -> alt.Color:
    """Colour the text of a heat map cell so that it can be read on its background."""
    return alt.Color(condition={"test": f"datum['{field}'] > {dark_from}", "value": "white"}, value="#1a1a1a")


def sort_by_order(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """Sort names by a known order, the unknown ones last by name.

    Examples
    --------
    >>> sort_by_order(["x", "low", "high"], ["low", "medium", "high"])
    ['low', 'high', 'x']
    """
    rank = {name: position for position, name in enumerate(order)}
    return sorted(set(names), key=lambda name: (rank.get(name, len(rank)), name))
