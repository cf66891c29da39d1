"""Why: how the prediction of one customer comes about, and what moves all of them."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.customers import short_meaning
from tenure_serving.charts.style import BLUE, GREY, RED, WIDTH
from tenure_serving.language import ENGLISH, Language

_PROBABILITY = "format(1 / (1 + exp(-datum.value)), '.0%')"
_LANE = 3.0  # pixels between two dots of one row
_ROW = 26
_FARTHEST = np.log(20)


def waterfall(
    steps: pd.DataFrame, *, customer: str, currency: str = "", language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw how the churn probability of one customer comes about, term by term.

    Parameters
    ----------
    steps
        What `tenure_serving.shap_explanation.waterfall_steps` gives.
    customer
        Whose it is, for the title.
    currency
        Unit of amounts.
    language
        Of every word on it.
    """
    end = float(steps["end"].iloc[-1])
    rows = steps.assign(
        label=[
            _label(str(term), float(value), str(unit), currency, language)
            for term, value, unit in steps[["term", "value", "unit"]].to_numpy()
        ],
        factor=["× " + language.digits(f"{np.exp(np.clip(part, -20, 20)):.3g}") for part in steps["contribution"]],
        right=np.maximum(steps["start"], steps["end"]),
        raises=steps["contribution"] > 0,
    )
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=320))
    base = style.chart(rows, width=WIDTH - 60, height=alt.Step(22)).encode(y=y)
    title, axis = language.gettext("churn probability after each step"), alt.Axis(labelExpr=_PROBABILITY, tickCount=7)
    x = alt.X("start:Q", title=title, scale=alt.Scale(zero=False, nice=True), axis=axis)
    bars = base.mark_bar().encode(
        x=x,
        x2="end:Q",
        color=alt.condition("datum.raises", alt.value(RED), alt.value(BLUE)),
        tooltip=[
            alt.Tooltip("label:N", title=language.gettext("step")),
            alt.Tooltip("factor:N", title=language.gettext("factor on the odds of leaving")),
        ],
    )
    words = base.mark_text(align="left", dx=4, fontSize=10).encode(x="right:Q", text="factor:N")
    return style.layer_charts(
        bars,
        words,
        title=style.title(
            language.gettext(
                "Why customer {customer} leaves with probability {share}",
                customer=customer,
                share=language.percent(float(1 / (1 + np.exp(-end)))),
            ),
            language.gettext(
                "From a customer about whom the model is undecided, largest step first: red steps raise the risk of "
                "leaving, blue ones lower it. The figures are factors on the odds of leaving."
            ),
        ),
    )


def beeswarm(dots: pd.DataFrame, *, language: Language = ENGLISH) -> alt.Chart:
    """Draw what the strongest terms add to the odds of leaving, one dot per customer.

    Parameters
    ----------
    dots
        What `tenure_serving.shap_explanation.swarm_dots` gives.
    language
        Of every word on it.
    """
    first = short_meaning(language.translate(str(dots["term"].iloc[0])))
    widest = max(float(dots["lane"].abs().max()), _ROW / 2 / _LANE)
    rows = pd.DataFrame(
        {
            "words": [short_meaning(language.translate(term)) for term in dots["term"]],
            "factor": np.exp(dots["contribution"].clip(-_FARTHEST, _FARTHEST)).round(3),
            "level": dots["level"].round(2),
            "lane": dots["lane"],
        }
    )
    base = style.chart(
        rows,
        width=WIDTH - 60,
        height=alt.Step(_ROW),
        title=style.title(
            language.gettext("{what} moves customers most, each their own way", what=first),
            language.gettext(
                "One dot is one customer; red is a high value of the feature, blue a low one, grey none. Right of 1 it "
                "raises the odds of leaving; factors beyond 20 stand at the edge."
            ),
        ),
    )
    drawn: alt.Chart = base.mark_circle(size=14, opacity=0.8).encode(
        x=alt.X(
            "factor:Q",
            title=language.gettext("factor on the odds of leaving"),
            scale=alt.Scale(type="log"),
            axis=alt.Axis(tickCount=5),
        ),
        y=alt.Y("words:N", sort=None, title=None, axis=alt.Axis(labelLimit=320, grid=True)),
        yOffset=alt.YOffset("lane:Q", scale=alt.Scale(domain=[-widest, widest])),
        color=alt.condition(
            "isValid(datum.level)",
            alt.Color("level:Q", scale=alt.Scale(range=[BLUE, RED], domain=[0, 1]), legend=None),
            alt.value(GREY),
        ),
        tooltip=style.tips(language, words="", factor=".2f"),
    )
    return drawn


def _label(term: str, value: float, unit: str, currency: str, language: Language) -> str:
    words = short_meaning(language.translate(term))
    if np.isnan(value):
        return words
    if unit == "money":
        return f"{words}: {language.money(value, currency)}"
    return f"{words}: {language.number(value)}"  # what is counted stands in the words
