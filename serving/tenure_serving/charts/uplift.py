"""Uplift: the Qini curves of rankings, and predicted beside measured uplift by tenths."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREEN, GREY, ORANGE, RED, WIDTH
from tenure_serving.language import ENGLISH, N_, Language

RANKING_WORDS = (N_("random"), N_("highest risk first"), N_("highest response first"))
"""Rankings that are no learner's."""


def qini_curves(
    curves: pd.DataFrame, *, arm: str, tells: bool, metric: str, language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw what contacting the first so many gains, by ranking, and the interval of the learner's.

    Parameters
    ----------
    curves
        ``ranking, share, gain`` and its interval, of one arm; the learner's rows first.
    arm, metric
        What was sent, and what it was to move.
    tells
        Whether the ranking beats a random one.
    language
        Of every word on it.
    """
    first = str(curves["ranking"].iloc[0])
    names = [language.translate(str(name)) for name in curves["ranking"].unique()]
    rows = curves[["ranking", "share", "gain", "gain_low", "gain_high"]]
    shown = rows.assign(ranking=rows["ranking"].map(language.translate))
    x = alt.X("share:Q", title=language.gettext("share of customers contacted"), axis=alt.Axis(format=".0%"))
    title = language.gettext("gain in {metric} per customer of the arm", metric=language.column(metric))
    colour = alt.Color(
        "ranking:N", title=None, scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREEN, GREY][: len(names)])
    )
    band = style.chart(shown[rows["ranking"] == first], width=WIDTH - 40).mark_area(color=BLUE, opacity=0.15)
    conclusion = (
        language.gettext("Who is moved by {arm} can be told", arm=arm)
        if tells
        else language.gettext("Who is moved by {arm} cannot be told apart", arm=arm)
    )
    return style.layer_charts(
        band.encode(x=x, y=alt.Y("gain_low:Q", title=title), y2="gain_high:Q"),
        style.chart(shown, width=WIDTH - 40)
        .mark_line()
        .encode(
            x=x,
            y=alt.Y("gain:Q", title=title),
            color=colour,
            tooltip=style.tips(language, ranking="", share=".0%", gain="+.4f"),
        ),
        title=style.title(
            conclusion,
            language.gettext(
                "Qini curves of customers the models had not seen; band: interval of {learner}.", learner=first
            ),
        ),
    )


def uplift_by_decile(deciles: pd.DataFrame, *, arm: str, metric: str, language: Language = ENGLISH) -> alt.LayerChart:
    """Draw predicted and measured uplift of every tenth of the prediction.

    Parameters
    ----------
    deciles
        ``decile, predicted, measured`` and its interval, of one arm.
    arm, metric
        What was sent, and what it was to move.
    language
        Of every word on it.
    """
    title = language.gettext("uplift of {metric} per customer", metric=language.column(metric))
    x = alt.X("decile:O", title=language.gettext("tenth of customers, highest prediction first"),
              axis=alt.Axis(labelAngle=0))  # fmt: skip
    rows = deciles[["decile", "predicted", "measured", "measured_low", "measured_high"]].assign(zero=0.0)
    base = style.chart(rows, width=WIDTH - 40).encode(
        x=x, tooltip=style.tips(language, decile=".0f", predicted="+.4f", measured="+.4f")
    )
    driven = int((deciles["measured_high"] < 0).sum())
    conclusion = (
        language.ngettext(
            "{arm} drives customers of {count} tenth away",
            "{arm} drives customers of {count} tenths away",
            driven,
            arm=arm,
        )
        if driven
        else language.gettext("No tenth of the customers is surely driven away by {arm}", arm=arm)
    )
    return style.layer_charts(
        base.mark_rule(color=GREY).encode(y=alt.Y("zero:Q", title=title)),
        base.mark_rule(color=BLUE, strokeWidth=2.5).encode(
            y=alt.Y("measured_low:Q", title=title), y2="measured_high:Q"
        ),
        base.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(y=alt.Y("measured:Q", title=title)),
        base.mark_tick(color=RED, thickness=3, size=16).encode(y=alt.Y("predicted:Q", title=title)),
        title=style.title(
            conclusion, language.gettext("Dot: measured, with its interval; tick: predicted before it was seen.")
        ),
    )
