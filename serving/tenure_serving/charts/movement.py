"""How customers moved between groups: two columns of bars, and a band for every flow between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.segments.movement import ABSENT, NEWCOMERS

CURVE_STEPS = 12
LEFT, RIGHT, BAR = 0.0, 1.0, 0.025
COLOURS = {N_("stayed"): GREY, N_("value gained"): BLUE, N_("value lost"): ORANGE}
_GAP = 0.02


def draw_movement(
    flows: pd.DataFrame,
    *,
    order: Sequence[str] = (),
    previous_as_of: pd.Timestamp,
    as_of: pd.Timestamp,
    currency: str = "",
    language: Language = ENGLISH,
    width: int = 760,
    height: int = 460,
) -> alt.LayerChart:
    """Draw flows of customers between groups as bands, as a Sankey diagram does.

    Parameters
    ----------
    flows
        ``from_group``, ``to_group``, ``customers``, ``gained``, ``lost``; see
        `tenure_serving.segments.movement.Movement`.
    order
        Groups from top to bottom; others follow by name.
    previous_as_of, as_of
        The moments on the left and on the right.
    currency
        Unit of the value.
    language
        Of every word on it.
    width, height
        Of the drawing, in pixels.
    """
    table = _rank_groups(flows, order)
    unit = 1.0 / max(float(table["customers"].sum()), 1.0)
    left, right = (_bars(table, column, unit) for column in ("from_group", "to_group"))
    bands = _bands(table, left, right, unit, language)
    y = alt.Y("top:Q", axis=None, scale=alt.Scale(domain=[0, _height(left, right)], reverse=True))
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.32, 1.32]))
    kinds = alt.Scale(domain=[language.gettext(kind) for kind in COLOURS], range=list(COLOURS.values()))
    colour = alt.Color("kind:N", title=None, scale=kinds, legend=alt.Legend(orient="top"))
    ribbons = style.chart(bands, width=width, height=height).mark_area(opacity=0.55, interpolate="monotone").encode(
        x=x,
        y=y,
        y2="bottom:Q",
        color=colour,
        detail="flow:N",
        tooltip=[
            *style.tips(language, flow="", customers=","),
            alt.Tooltip(
                "gained:Q", title=language.in_currency(language.gettext("value gained"), currency), format=",.0f"
            ),
            alt.Tooltip("lost:Q", title=language.in_currency(language.gettext("value lost"), currency), format=",.0f"),
        ],
    )  # fmt: skip
    ends = pd.concat(
        [left.assign(x=LEFT - BAR, x2=LEFT, at=LEFT - BAR), right.assign(x=RIGHT, x2=RIGHT + BAR, at=RIGHT + BAR)]
    )
    ends = ends.assign(
        label=[
            f"{language.translate(group)}: {language.count(customers)}"
            for group, customers in zip(ends["group"], ends["customers"], strict=True)
        ]
    )
    return style.layer_charts(
        ribbons,
        style.chart(ends, width=width, height=height).mark_rect(color=GREY).encode(x=x, x2="x2:Q", y=y, y2="bottom:Q"),
        _labels(ends[ends["x"] < LEFT], align="right", width=width, height=height),
        _labels(ends[ends["x"] >= RIGHT], align="left", width=width, height=height),
        title=style.title(*_words(table, previous_as_of, as_of, currency, language)),
    )


def _words(
    table: pd.DataFrame, previous_as_of: pd.Timestamp, as_of: pd.Timestamp, currency: str, language: Language
) -> tuple[str, str]:
    gained, lost = float(table["gained"].sum()), float(table["lost"].sum())
    both = table[(table["from_group"] != NEWCOMERS) & (table["to_group"] != ABSENT)]
    customers = float(both["customers"].sum())
    changed = float(both.loc[both["from_group"] != both["to_group"], "customers"].sum())
    more = N_("{share} of {customers} changed the group; {net} more is expected of everybody than before")
    less = N_("{share} of {customers} changed the group; {net} less is expected of everybody than before")
    return (
        language.gettext(
            more if gained >= lost else less,
            share=language.percent(changed / max(customers, 1.0)),
            customers=language.ngettext("{count} customer", "{count} customers", customers),
            net=language.money(abs(gained - lost), currency),
        ),
        language.gettext(
            "From {before} (left) to {now} (right). A band is as wide as the customers in it; its colour says whether "
            "they are now expected to bring more or less, together.",
            before=language.day(previous_as_of),
            now=language.day(as_of),
        ),
    )


def _rank_groups(flows: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    names = style.sort_by_order([*flows["from_group"], *flows["to_group"]], order)
    rank = {name: place for place, name in enumerate(names)}
    keys = pd.DataFrame({"one": flows["from_group"].map(rank), "two": flows["to_group"].map(rank)})
    return flows.loc[keys.sort_values(["one", "two"]).index].assign(**keys).reset_index(drop=True)


def _bars(table: pd.DataFrame, column: str, unit: float) -> pd.DataFrame:
    """Place the groups of one side under each other, in their order."""
    key = "one" if column == "from_group" else "two"
    sums = table.groupby(key).agg(group=(column, "first"), customers=("customers", "sum")).sort_index()
    heights = sums["customers"] * unit
    bottom = heights.cumsum() + _GAP * np.arange(len(sums))
    return sums.assign(top=bottom - heights, bottom=bottom).reset_index(drop=True)


def _height(left: pd.DataFrame, right: pd.DataFrame) -> float:
    return float(max(left["bottom"].max(), right["bottom"].max()))


def _bands(
    table: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame, unit: float, language: Language
) -> pd.DataFrame:
    """Edges of every band at a few places between the two sides."""
    starts, ends = _places(table, "from_group", left, unit), _places(table, "to_group", right, unit)
    x = np.linspace(LEFT, RIGHT, CURVE_STEPS + 1)
    ease = x * x * (3 - 2 * x)  # flat at both ends, as a band that leaves and meets its bar
    parts = []
    for row, start, end in zip(table.to_dict("records"), starts, ends, strict=True):
        top = start + (end - start) * ease
        parts.append(
            pd.DataFrame({"x": x, "top": top.round(4), "bottom": (top + row["customers"] * unit).round(4)}).assign(
                flow=f"{language.translate(row['from_group'])} → {language.translate(row['to_group'])}",
                kind=language.gettext(_kind(row["from_group"] == row["to_group"], row["gained"] >= row["lost"])),
                customers=int(row["customers"]),
                gained=round(float(row["gained"]), 2),
                lost=round(float(row["lost"]), 2),
            )
        )
    return pd.concat(parts, ignore_index=True)


def _kind(stayed: bool, gained: bool) -> str:
    return "stayed" if stayed else "value gained" if gained else "value lost"


def _places(table: pd.DataFrame, column: str, bars: pd.DataFrame, unit: float) -> list[float]:
    """Top of each flow at its bar: flows of one bar lie under each other in the order of the other side."""
    tops = dict(zip(bars["group"], bars["top"], strict=True))
    other = "two" if column == "from_group" else "one"
    places = {}
    for index, row in table.sort_values(other, kind="stable").iterrows():
        places[index] = tops[row[column]]
        tops[row[column]] += row["customers"] * unit
    return [float(places[index]) for index in table.index]


def _labels(ends: pd.DataFrame, *, align: Literal["left", "right"], width: int, height: int) -> alt.Chart:
    middle = ends.assign(top=(ends["top"] + ends["bottom"]) / 2)
    drawn: alt.Chart = (
        style.chart(middle, width=width, height=height)
        .mark_text(align=align, dx=-6 if align == "right" else 6, fontSize=11.5, baseline="middle")
        .encode(x=alt.X("at:Q", axis=None), y="top:Q", text="label:N", color=alt.value("currentColor"))
    )
    return drawn
