"""Budget: where weekly spend should move, and the response curves behind it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_decisions.economics.budget import DIRECTION
from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, RED, WIDTH, format_money


def reallocation(
    table: pd.DataFrame, *, reading: str, gain: tuple[float, float, float], days: int, currency: str = ""
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
    """
    table = table.sort_values("spend_now", ascending=False, kind="stable")
    names = table["channel"].tolist()
    if reading == DIRECTION:
        more = ", ".join(table.loc[table["direction"] == "more", "channel"]) or "nothing"
        less = ", ".join(table.loc[table["direction"] == "less", "channel"]) or "nothing"
        conclusion = f"Direction only: more {more}, less {less}"
    else:
        expected, low, high = (format_money(value, currency) for value in gain)
        conclusion = f"The same money is expected to bring {expected} a week more ({low} to {high})"
    base = style.chart(
        table[["channel", "spend_now", "spend_then", "direction", "reading", "extrapolated"]],
        width=WIDTH - 120,
        height=alt.Step(26),
    ).encode(y=alt.Y("channel:N", sort=names, title=None), tooltip=[
        "channel:N", "reading:N", *(alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("spend_now", "spend_then"))
    ])  # fmt: skip
    title = style.in_currency("spend per week", currency)
    colour = alt.Color(
        "direction:N",
        title="proposed",
        scale=alt.Scale(domain=["more", "less", "hold"], range=[BLUE, ORANGE, GREY]),
    )
    return style.layer_charts(
        base.mark_rule(strokeWidth=3).encode(x=alt.X("spend_now:Q", title=title), x2="spend_then:Q", color=colour),
        base.mark_tick(thickness=3, size=16, color=GREY).encode(x=alt.X("spend_now:Q", title=title)),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=alt.X("spend_then:Q", title=title), color=colour),
        title=style.title(
            conclusion,
            f"Bar: spend now (mean of 13 weeks); dot: proposed. Value at {days} days, before an experiment has "
            "shown it.",
        ),
    )


def response_curves(
    table: pd.DataFrame, curves: pd.DataFrame, weeks: pd.DataFrame, *, currency: str = "", columns: int = 3
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
    """
    returns = table.set_index("channel")["marginal_return"]
    best, worst = returns.idxmax(), returns.idxmin()
    base = style.chart(_rows(table, curves, weeks), width=150, height=120)
    x = alt.X("spend:Q", title=style.in_currency("spend per week", currency), axis=alt.Axis(format=",.0f", tickCount=4))
    y = alt.Y("customers:Q", title="new customers per week", axis=alt.Axis(tickCount=4))

    def only(what: str) -> alt.Chart:
        curves_of: alt.Chart = base.transform_filter(alt.datum.what == what)
        return curves_of

    lines = alt.Color(
        "what:N",
        title="spend",
        scale=alt.Scale(domain=["now", "proposed"], range=[GREY, RED]),
    )
    inner = alt.layer(
        only("week").mark_circle(size=9, color=GREY, opacity=0.5).encode(x=x, y=y),
        only("curve")
        .mark_area(opacity=0.3, color=BLUE)
        .encode(x=x, y=alt.Y("customers_low:Q", title="new customers per week"), y2="customers_high:Q"),
        only("curve").mark_line(color=BLUE).encode(x=x, y=y),
        base.transform_filter((alt.datum.what == "now") | (alt.datum.what == "proposed"))
        .mark_rule(strokeDash=[4, 2], strokeWidth=1.5)
        .encode(x=x, color=lines),
    )
    drawn: alt.FacetChart = (
        inner.facet(facet=alt.Facet("channel:N", title=None), columns=columns)
        .resolve_scale(x="independent", y="independent")
        .properties(
            title=style.title(
                f"The next unit of money earns most in {best}, least in {worst}",
                "New customers by weekly spend: weeks seen, fitted curve with its interval (season averaged out).",
            )
        )
    )
    return drawn


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
