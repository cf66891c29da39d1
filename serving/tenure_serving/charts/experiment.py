"""A campaign: the lift of every arm with its interval, and the estimate as customers came in."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH
from tenure_serving.language import ENGLISH, N_, Language


def lifts(
    effects: pd.DataFrame, *, outcomes: Mapping[str, str], worth: float, language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw the lift of every arm on every metric with its interval, and the band that is not worth having.

    Parameters
    ----------
    effects
        See `tenure_decisions.campaigns.effects.estimate_effects`.
    outcomes
        The verdict in a word, by arm.
    worth
        Smallest lift worth having.
    language
        Of every word on it.
    """
    rows = effects[effects["lift"].notna()]
    names = {name: language.column(name).replace("_", " ") for name in rows["metric"].unique()}
    shown = rows[["metric", "arm", "lift", "lift_low", "lift_high"]]
    base = style.chart(shown.assign(metric=shown["metric"].map(names)), width=WIDTH - 60, height=alt.Step(18)).encode(
        y=alt.Y("metric:N", sort=list(names.values()), title=None),
        yOffset=alt.YOffset("arm:N"),
        tooltip=style.tips(language, metric="", arm="", lift="+.1%", lift_low="+.1%", lift_high="+.1%"),
    )
    title = language.gettext("lift over control")
    axis = alt.Axis(format="+.0%")
    colour = alt.Color("arm:N", title=language.gettext("arm"), scale=alt.Scale(range=[BLUE, ORANGE, "#009E73", GREY]))
    band = (
        style.chart(pd.DataFrame({"low": [-worth], "high": [worth]}), width=WIDTH - 60, height=alt.Step(18))
        .mark_rect(color=GREY, opacity=0.15)
        .encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q")
    )
    return style.layer_charts(
        band,
        base.mark_rule(strokeWidth=2.5).encode(
            x=alt.X("lift_low:Q", title=title, axis=axis), x2="lift_high:Q", color=colour
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x=alt.X("lift:Q", title=title, axis=axis), color=colour
        ),
        title=style.title(
            "; ".join(f"{arm}: {language.gettext(outcome)}" for arm, outcome in outcomes.items()),
            language.gettext(
                "Lift of a customer assigned over control, with its interval; the band is a lift of less than {worth}.",
                worth=language.percent(worth),
            ),
        ),
    )


def lifts_of_campaigns(tests: pd.DataFrame, *, language: Language = ENGLISH) -> alt.LayerChart:
    """Draw the lift of every arm that was measured, with the interval that counts.

    Parameters
    ----------
    tests
        See `tenure_decisions.campaigns.results.find_results`.
    language
        Of every word on it.
    """
    rows = tests[tests["lift"].notna()]
    names = [f"{row['campaign']}: {row['arm']}" for row in rows.to_dict("records")]
    shown = rows[["lift", "lift_low", "lift_high", "outcome", "known_at"]].assign(
        test=names, zero=0.0, outcome=rows["outcome"].map(language.gettext), known_at=rows["known_at"].map(language.day)
    )
    base = style.chart(shown, width=WIDTH - 140, height=alt.Step(22)).encode(
        y=alt.Y("test:N", sort=names, title=None),
        tooltip=style.tips(language, test="", outcome="", lift="+.1%", lift_low="+.1%", lift_high="+.1%", known_at=""),
    )
    title, axis = language.gettext("lift over control"), alt.Axis(format="+.0%")
    x = alt.X("lift_low:Q", title=title, axis=axis)
    words = [language.gettext(word) for word in VERDICT_WORDS]
    scale = alt.Scale(domain=words, range=["#009E73", ORANGE, BLUE, GREY, GREY])
    there = sorted(shown["outcome"].unique(), key=words.index)
    colour = alt.Color("outcome:N", title=None, scale=scale, legend=alt.Legend(orient="bottom", values=there))
    won = int((tests["outcome"] == "win").sum())
    return style.layer_charts(
        base.mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=alt.X("zero:Q", title=title, axis=axis)),
        base.mark_rule(strokeWidth=2.5).encode(x=x, x2="lift_high:Q", color=colour),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x=alt.X("lift:Q", title=title, axis=axis), color=colour
        ),
        title=style.title(
            language.gettext("{won} of {measured} arms won", won=str(won), measured=str(len(tests)))
            if won
            else language.gettext("No arm is known to work yet"),
            language.gettext("Lift in the metric each test was made for, with the interval that counts."),
        ),
    )


VERDICT_WORDS = (N_("win"), N_("loss"), N_("no difference worth having"), N_("not enough data"), N_("broken test"))
"""The words of a verdict."""


def estimates_over_time(looks: pd.DataFrame, *, metric: str, language: Language = ENGLISH) -> alt.FacetChart:
    """Draw the difference as windows closed: the interval of a single look inside the one that holds at every look.

    Parameters
    ----------
    looks
        See `tenure_decisions.campaigns.analysis.follow`.
    metric
        What was estimated.
    language
        Of every word on it.
    """
    # the first looks of a few customers are so wide that nothing else could be seen beside them
    fourth = looks.groupby("arm")[["always_low", "always_high"]].nth(3)
    reach = float((fourth if len(fourth) else looks[["always_low", "always_high"]]).abs().to_numpy().max())
    title = language.gettext("difference in {metric}", metric=language.column(metric))
    scale = alt.Scale(domain=[-reach, reach])

    def axis_of(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", title=title, scale=scale)

    x = alt.X("customers:Q", title=language.gettext("customers whose window has closed"), axis=alt.Axis(format=",.0f"))
    rows = looks.drop(columns="until").assign(zero=0.0)
    base = style.chart(rows, width=WIDTH - 120, height=220).encode(
        x=x,
        tooltip=style.tips(
            language, arm="", customers=",.0f", difference="+.3f", always_low="+.3f", always_high="+.3f"
        ),
    )
    inner = alt.layer(
        base.mark_area(color=BLUE, opacity=0.18, clip=True).encode(y=axis_of("always_low"), y2="always_high:Q"),
        base.mark_area(color=BLUE, opacity=0.35, clip=True).encode(y=axis_of("difference_low"), y2="difference_high:Q"),
        base.mark_line(color=BLUE, clip=True).encode(y=axis_of("difference")),
        base.mark_rule(color=GREY).encode(y="zero:Q"),
    )
    last = looks.groupby("arm").tail(1)
    sure = last.loc[(last["always_low"] > 0) | (last["always_high"] < 0), "arm"].tolist()
    conclusion = (
        language.gettext("{arms} can be told from control at every look", arms=", ".join(sure))
        if sure
        else language.gettext("No arm can be told from control yet, looking at every step")
    )
    drawn: alt.FacetChart = inner.facet(facet=alt.Facet("arm:N", title=None), columns=2).properties(
        title=style.title(
            conclusion,
            language.gettext("Dark: interval of a single look; light: interval that holds at every look at once."),
        )
    )
    return drawn
