"""Budget: where weekly spend should move, and the response curves behind it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_decisions.economics.budget import DIRECTION
from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, RED, WIDTH
from tenure_serving.language import ENGLISH, N_, Language


def reallocation(
    table: pd.DataFrame,
    *,
    reading: str,
    gain: tuple[float, float, float],
    days: int,
    currency: str = "",
    language: Language = ENGLISH,
) -> alt.LayerChart:
    """Draw weekly spend now and as proposed for every channel.

    Parameters
    ----------
    table, reading, days
        See `tenure_decisions.economics.budget.Budget`.
    gain
        Expected gain a week, and its interval.
    currency
        Unit of the money.
    language
        Of every word on it.
    """
    table = table.sort_values("spend_now", ascending=False, kind="stable")
    names = table["channel"].tolist()
    ways = {way: language.gettext(way) for way in (N_("more"), N_("less"), N_("hold"))}
    shown = table[["channel", "spend_now", "spend_then", "direction", "reading"]]
    base = style.chart(
        shown.assign(direction=shown["direction"].map(ways), reading=shown["reading"].map(language.translate)),
        width=WIDTH - 120,
        height=alt.Step(26),
    ).encode(
        y=alt.Y("channel:N", sort=names, title=None),
        tooltip=style.tips(language, channel="", reading="", spend_now=",.0f", spend_then=",.0f"),
    )
    title = language.in_currency(language.gettext("spend per week"), currency)
    colour = alt.Color(
        "direction:N",
        title=language.gettext("proposed"),
        scale=alt.Scale(domain=list(ways.values()), range=[BLUE, ORANGE, GREY]),
    )
    return style.layer_charts(
        base.mark_rule(strokeWidth=3).encode(x=alt.X("spend_now:Q", title=title), x2="spend_then:Q", color=colour),
        base.mark_tick(thickness=3, size=16, color=GREY).encode(x=alt.X("spend_now:Q", title=title)),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=alt.X("spend_then:Q", title=title), color=colour),
        title=style.title(
            _conclude(table, gain, reading=reading, currency=currency, language=language),
            language.gettext(
                "Bar: spend now (mean of 13 weeks); dot: proposed. Value at {days} days, before an experiment has "
                "shown it.",
                days=language.count(days),
            ),
        ),
    )


def _conclude(
    table: pd.DataFrame, gain: tuple[float, float, float], *, reading: str, currency: str, language: Language
) -> str:
    """Say what the proposal is expected to bring, or which way to go where no amount is known."""
    if reading == DIRECTION:
        more, less = (
            ", ".join(table.loc[table["direction"] == way, "channel"]) or language.gettext("nothing")
            for way in ("more", "less")
        )
        return language.gettext("Direction only: more {more}, less {less}", more=more, less=less)
    expected, low, high = (language.money(value, currency) for value in gain)
    return language.gettext(
        "The same money is expected to bring {gain} a week more ({low} to {high})", gain=expected, low=low, high=high
    )


def response_curves(
    table: pd.DataFrame,
    curves: pd.DataFrame,
    weeks: pd.DataFrame,
    *,
    currency: str = "",
    columns: int = 3,
    language: Language = ENGLISH,
) -> alt.FacetChart:
    """Draw new customers by weekly spend: weeks seen, the fitted curve with its interval, spend now and proposed.

    Parameters
    ----------
    table, curves, weeks
        See `tenure_decisions.economics.budget.Budget`.
    currency
        Unit of the money.
    columns
        Charts in a row.
    language
        Of every word on it.
    """
    returns = table.set_index("channel")["marginal_return"]
    base = style.chart(_rows(table, curves, weeks), width=150, height=120)
    x = alt.X(
        "spend:Q",
        title=language.in_currency(language.gettext("spend per week"), currency),
        axis=alt.Axis(format=",.0f", tickCount=4),
    )
    y = alt.Y("customers:Q", title=language.gettext("new customers per week"), axis=alt.Axis(tickCount=4))

    def only(what: str) -> alt.Chart:
        curves_of: alt.Chart = base.transform_filter(alt.datum.what == what)
        return curves_of

    lines = _spend_colour(language)
    inner = alt.layer(
        only("week").mark_circle(size=9, color=GREY, opacity=0.5).encode(x=x, y=y),
        only("curve")
        .mark_area(opacity=0.3, color=BLUE)
        .encode(
            x=x, y=alt.Y("customers_low:Q", title=language.gettext("new customers per week")), y2="customers_high:Q"
        ),
        only("curve").mark_line(color=BLUE).encode(x=x, y=y),
        base.transform_filter((alt.datum.what == "now") | (alt.datum.what == "proposed"))
        .mark_rule(strokeDash=[4, 2], strokeWidth=1.5)
        .encode(x=x, color=lines),
    )
    detail = language.gettext(
        "New customers by weekly spend: weeks seen, fitted curve with its interval (season averaged out)."
    )
    drawn: alt.FacetChart = (
        inner.facet(facet=alt.Facet("channel:N", title=None), columns=columns)
        .resolve_scale(x="independent", y="independent")
        .properties(title=style.title(_say_where_to_spend(returns, language), detail))
    )
    return drawn


def _say_where_to_spend(returns: pd.Series, language: Language) -> str:
    """Name the channels whose next unit of money earns most and least; a short history may tell of none."""
    if not returns.notna().any():
        return language.gettext("What the next unit of money earns cannot be told yet")
    return language.gettext(
        "The next unit of money earns most in {best}, least in {worst}", best=returns.idxmax(), worst=returns.idxmin()
    )


def _spend_colour(language: Language) -> alt.Color:
    now, proposed = language.gettext("now"), language.gettext("proposed")
    legend = alt.Legend(labelExpr=f"datum.value === 'now' ? '{now}' : '{proposed}'")
    scale = alt.Scale(domain=["now", "proposed"], range=[GREY, RED])
    return alt.Color("what:N", title=language.gettext("spend"), scale=scale, legend=legend)


def _rows(table: pd.DataFrame, curves: pd.DataFrame, weeks: pd.DataFrame) -> pd.DataFrame:
    """Lay curves, weeks and the two spends of every channel out in one table, told apart by ``what``."""
    return pd.concat(
        [
            curves.assign(what="curve"),
            weeks.assign(what="week"),
            table[["channel", "spend_now"]].rename(columns={"spend_now": "spend"}).assign(what="now"),
            table[["channel", "spend_then"]].rename(columns={"spend_then": "spend"}).assign(what="proposed"),
        ],
        ignore_index=True,
    )
