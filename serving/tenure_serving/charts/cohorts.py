"""Cohorts by age as heat maps; periods that are still open, and what is predicted, can be told apart at a glance."""

from __future__ import annotations

import math
from typing import Literal

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import SEQUENTIAL
from tenure_serving.language import ENGLISH, N_, Language

CELL = 34
_AXES = {
    "week": N_("week of the first order"),
    "month": N_("month of the first order"),
    "quarter": N_("quarter of the first order"),
    "year": N_("year of the first order"),
}
_CLOSED, OPEN, PREDICTED = N_("closed"), N_("still open"), N_("predicted")


def retention(
    cells: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    by: str,
    period_days: int,
    ages: int = 13,
    cohorts: int = 24,
    language: Language = ENGLISH,
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
    language
        Of every word on it.
    """
    shown = _recent(cells, ages, cohorts).assign(state=lambda t: t["mature"].map({True: _CLOSED, False: OPEN}))
    shown["label"] = ["" if math.isnan(share) else f"{100 * share:.0f}" for share in shown["retention"]]
    means = summary.set_index("age")["retention"]
    last = min(ages - 1, int(means.index.max())) if len(means) else 0
    conclusion = (
        language.gettext(
            "{second} of customers order in the second period, {last} in period {period}",
            second=language.percent(means[1]),
            last=language.percent(means[last]),
            period=language.count(last + 1),
        )
        if last >= 2
        else language.gettext("No cohort is old enough to tell how many customers stay")
    )
    return _heat_map(
        shown, "retention", by=by, period_days=period_days, conclusion=conclusion,
        legend=(language.gettext("share with an order"), ".0%"), language=language,
        detail=language.gettext(
            "Percent of the cohort with an order in each period, mature cohorts averaged in the title."
        ),
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
    language: Language = ENGLISH,
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
    language
        Of every word on it.
    """
    closed = cells[cells["mature"]].assign(state=_CLOSED)
    if len(completion):
        ahead = completion.rename(columns={"predicted": "cumulative_value"}).assign(state=PREDICTED)
    else:
        ahead = cells[~cells["mature"]].assign(state=OPEN)
    shown = _recent(pd.concat([closed, ahead], ignore_index=True), ages, cohorts)
    shown["label"] = [
        "" if math.isnan(value) else language.number(value) for value in shown["cumulative_value"].round()
    ]
    means = summary[summary["age"] < ages]
    conclusion = language.gettext("No period has closed for a whole cohort yet")
    if len(means):
        age, worth = int(means["age"].iloc[-1]), float(means["cumulative_value"].iloc[-1])
        days = (age + 1) * period_days
        conclusion = language.gettext(
            "A customer has brought {value} {days} days after the first order, on average",
            value=language.money(worth, currency),
            days=language.count(days),
        )
    return _heat_map(
        shown, "cumulative_value", by=by, period_days=period_days, conclusion=conclusion,
        legend=(language.in_currency(language.gettext("per customer"), currency), "~s"), language=language,
        detail=language.gettext(
            "Cumulative value per customer by age: {measure}, before the cost of acquisition.",
            measure=language.translate(measure),
        ),
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
    language: Language,
) -> alt.LayerChart:
    """Colour closed cells; open and predicted ones have no fill, a dashed border and text in italics."""
    closed, top = cells[cells["state"] == _CLOSED], float(cells[field].max())
    # the first period holds every customer's first order: it would wash out the colours of the others
    later = closed[closed["age"] > 0][field]
    limit = float(later.max()) if field == "retention" and len(later) else top
    if not limit > 0:  # no period has closed, or nothing was bought in any
        limit = 1.0
    width, height = CELL * max(1, cells["age"].nunique()), 20 * max(1, cells["cohort"].nunique())
    formats = {"cohort": "", "age": "", "customers": ",", "state": "", field: ",.3f", "low": ",.2f", "high": ",.2f"}
    tips = style.tips(language, **{name: how for name, how in formats.items() if name in cells})
    columns = [name for name in ("cohort", "age", "customers", "state", "label", "low", "high", field) if name in cells]
    cohort = language.gettext(_AXES[by]) if by in _AXES else language.column(by)
    periods = language.gettext("age (periods of {days} days)", days=language.count(period_days))

    def layer(state: Literal["closed", "other"]) -> alt.Chart:
        in_state = cells[(cells["state"] == _CLOSED) == (state == "closed")][columns]
        in_state = in_state.assign(state=in_state["state"].map(language.gettext))
        drawn: alt.Chart = style.chart(in_state, width=width, height=height).encode(
            x=alt.X("age:O", title=periods, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("cohort:O", title=cohort),
            tooltip=tips,
        )
        return drawn

    colour = alt.Color(
        f"{field}:Q",
        scale=alt.Scale(scheme=SEQUENTIAL, domain=[0, limit], clamp=True),
        legend=alt.Legend(title=style.wrap(legend[0], 14), format=legend[1]),
    )
    still_open = N_("Dashed: still open for part of the cohort, left out of every average.")
    ahead = N_("Dashed: not closed yet, predicted.")
    return style.layer_charts(
        layer("closed").mark_rect(stroke="white").encode(color=colour),
        layer("closed")
        .mark_text(fontSize=10)
        .encode(text="label:N", color=style.heat_text(field, dark_from=limit * 0.55)),
        layer("other").mark_rect(filled=False, stroke=style.GREY, strokeDash=[2, 2], strokeOpacity=0.8),
        layer("other").mark_text(fontSize=10, fontStyle="italic", color=style.GREY).encode(text="label:N"),
        title=style.title(conclusion, detail, language.gettext(still_open if field == "retention" else ahead)),
    )
