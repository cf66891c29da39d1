"""How every chart and page looks and words its numbers: colours that survive colour blindness, short numbers, units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

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


def number(value: float) -> str:
    """Write a number the way people say it: three digits that count, thousands separated.

    Examples
    --------
    >>> number(1234567), number(56123), number(1234), number(12.34), number(0.5), number(-20500)
    ('1.23 million', '56,100', '1,230', '12.3', '0.5', '-20,500')
    """
    size = abs(value)
    if size >= 999_500:
        word, unit = ("billion", 1e9) if size >= 999.5e6 else ("million", 1e6)
        return f"{value / unit:.3g} {word}"
    if size >= 1000:
        return f"{round(value, -1 if size < 1e4 else -2 if size < 1e5 else -3):,.0f}"
    return f"{value:.0f}" if size >= 100 or value == round(value) else f"{value:.3g}"


def format_money(value: float, currency: str) -> str:
    """Write an amount with its currency, where there is one.

    Examples
    --------
    >>> format_money(56123, "GBP"), format_money(12.3456, "")
    ('56,100 GBP', '12.3')
    """
    return f"{number(value)} {currency}".strip()


def percent(share: float) -> str:
    """Write a share as a percentage, with a decimal where it is small.

    Examples
    --------
    >>> percent(0.473), percent(0.031), percent(0), percent(1)
    ('47 %', '3.1 %', '0 %', '100 %')
    """
    size = abs(share)
    return f"{share:.1%}".replace("%", " %") if 0 < size < 0.095 else f"{share:.0%}".replace("%", " %")


def in_currency(axis: str, currency: str) -> str:
    """Name an axis with its currency as the unit."""
    return f"{axis} ({currency})" if currency else axis


def plural(count: float, noun: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "customer"), plural(4321, "customer")
    ('1 customer', '4,321 customers')
    """
    return f"{count:,.0f} {noun}{'' if count == 1 else 's'}"


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
