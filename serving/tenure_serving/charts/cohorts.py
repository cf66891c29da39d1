"""Cohorts by age as heat maps; periods that are still open, and what is predicted, can be told apart at a glance."""

from __future__ import annotations

import math
from typing import Any, Literal

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import SEQUENTIAL, format_money, percent

CELL = 34
_CLOSED, OPEN, PREDICTED = "closed", "still open", "predicted"


def retention(
    cells: pd.DataFrame, summary: pd.DataFrame, *, by: str, period_days: int, ages: int = 13, cohorts: int = 24
) -> alt.LayerChart:
    """Draw the share of each cohort that ordered in each period of age.

    Parameters
    ----------
    cells, summary, by, period_days
        See `tenure_decisions.economics.cohorts.Cohorts`.
    ages
        Periods of age shown, the first one included.
    cohorts
        Youngest cohorts shown.
    """
    shown = _recent(cells, ages, cohorts).assign(state=lambda t: t["mature"].map({True: _CLOSED, False: OPEN}))
    shown["label"] = [f"{100 * share:.0f}" for share in shown["retention"]]
    means = summary.set_index("age")["retention"]
    last = min(ages - 1, int(means.index.max())) if len(means) else 0
    conclusion = (
        f"{percent(means[1])} of customers order in the second period, {percent(means[last])} in period {last + 1}"
        if last >= 2
        else "No cohort is old enough to tell how many customers stay"
    )
    return _heat_map(
        shown, "retention", by=by, period_days=period_days, conclusion=conclusion,
        legend=("share with an order", ".0%"),
        detail="Percent of the cohort with an order in each period, mature cohorts averaged in the title.",
    )  # fmt: skip


def cumulative_value(
    cells: pd.DataFrame,
    summary: pd.DataFrame,
    completion: pd.DataFrame,
    *,
    by: str,
    period_days: int,
    measure: str,
    currency: str = "",
    ages: int = 13,
    cohorts: int = 24,
) -> alt.LayerChart:
    """Draw what a customer of each cohort has brought by each age, and is predicted to.

    Parameters
    ----------
    cells, summary, by, period_days, measure
        See `tenure_decisions.economics.cohorts.Cohorts`.
    completion
        From `tenure_decisions.economics.completion.complete`; may be empty.
    currency
        Unit of the money.
    ages, cohorts
        How many are shown.
    """
    closed = cells[cells["mature"]].assign(state=_CLOSED)
    if len(completion):
        ahead = completion.rename(columns={"predicted": "cumulative_value"}).assign(state=PREDICTED)
    else:
        ahead = cells[~cells["mature"]].assign(state=OPEN)
    shown = _recent(pd.concat([closed, ahead], ignore_index=True), ages, cohorts)
    shown["label"] = ["" if math.isnan(value) else style.number(value) for value in shown["cumulative_value"].round()]
    means = summary[summary["age"] < ages]
    conclusion = "No period has closed for a whole cohort yet"
    if len(means):
        age, worth = int(means["age"].iloc[-1]), float(means["cumulative_value"].iloc[-1])
        days = (age + 1) * period_days
        conclusion = (
            f"A customer has brought {format_money(worth, currency)} {days} days after the first order, on average"
        )
    return _heat_map(
        shown, "cumulative_value", by=by, period_days=period_days, conclusion=conclusion,
        legend=(style.in_currency("per customer", currency), "~s"),
        detail=f"Cumulative value per customer by age: {measure}, before the cost of acquisition.",
    )  # fmt: skip


def _recent(cells: pd.DataFrame, ages: int, cohorts: int) -> pd.DataFrame:
    names = sorted(cells["cohort"].unique())[-cohorts:]
    return cells[cells["cohort"].isin(names) & (cells["age"] < ages)].copy()


def _heat_map(
    cells: pd.DataFrame,
    field: str,
    *,
    by: str,
    period_days: int,
    conclusion: str,
    legend: tuple[str, str],
    detail: str,
) -> alt.LayerChart:
    """Colour closed cells; open and predicted ones have no fill, a dashed border and text in italics."""
    closed, top = cells[cells["state"] == _CLOSED], float(cells[field].max())
    # the first period holds every customer's first order: it would wash out the colours of the others
    later = closed[closed["age"] > 0][field]
    limit = float(later.max()) if field == "retention" and len(later) else top
    if not limit > 0:  # no period has closed, or nothing was bought in any
        limit = 1.0
    width, height = CELL * max(1, cells["age"].nunique()), 20 * max(1, cells["cohort"].nunique())
    tips: list[Any] = [
        alt.Tooltip("cohort:N"), alt.Tooltip("age:O"), alt.Tooltip("customers:Q", format=","), alt.Tooltip("state:N"),
        alt.Tooltip(f"{field}:Q", format=",.3f"),
    ]  # fmt: skip
    columns = [name for name in ("cohort", "age", "customers", "state", "label", "low", "high", field) if name in cells]
    if "low" in columns:
        tips += [alt.Tooltip("low:Q", format=",.2f"), alt.Tooltip("high:Q", format=",.2f")]

    def layer(state: Literal["closed", "other"]) -> alt.Chart:
        in_state = cells[(cells["state"] == _CLOSED) == (state == "closed")][columns]
        drawn: alt.Chart = style.chart(in_state, width=width, height=height).encode(
            x=alt.X("age:O", title=f"age (periods of {period_days} days)", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("cohort:O", title=f"{by} of the first order" if by in PERIODS else by),
            tooltip=tips,
        )
        return drawn

    colour = alt.Color(
        f"{field}:Q",
        scale=alt.Scale(scheme=SEQUENTIAL, domain=[0, limit], clamp=True),
        legend=alt.Legend(title=style.wrap(legend[0], 14), format=legend[1]),
    )
    words = {"retention": "Dashed: still open for part of the cohort, left out of every average."}
    return style.layer_charts(
        layer("closed").mark_rect(stroke="white").encode(color=colour),
        layer("closed")
        .mark_text(fontSize=10)
        .encode(text="label:N", color=style.heat_text(field, dark_from=limit * 0.55)),
        layer("other").mark_rect(filled=False, stroke=style.GREY, strokeDash=[2, 2], strokeOpacity=0.8),
        layer("other").mark_text(fontSize=10, fontStyle="italic", color=style.GREY).encode(text="label:N"),
        title=style.title(conclusion, detail, words.get(field, "Dashed: not closed yet, predicted.")),
    )


PERIODS = ("week", "month", "quarter", "year")
