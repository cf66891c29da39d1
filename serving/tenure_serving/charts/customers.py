"""Who the customers are: churn risk, value x risk, RFM cells and groups, and what drives the model."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, HEIGHT, SEQUENTIAL, TIER_COLOURS, WIDTH, format_money, percent, plural

_TIERS = ("low", "medium", "high")


def churn_bins(probability: pd.Series, *, tiers: pd.Series | None = None, bins: int = 20) -> pd.DataFrame:
    """Count customers by churn probability, for `draw_churn_risk`.

    Parameters
    ----------
    probability
        Churn probability of every customer.
    tiers
        Risk tier of every customer; "medium" for all if not given.
    bins
        Number of equal steps between 0 and 1.

    Returns
    -------
    DataFrame
        ``low``, ``high`` (limits of the bin), ``risk_tier``, ``customers``.
    """
    step = np.minimum((probability.to_numpy(dtype=np.float64) * bins).astype(int), bins - 1)
    tier = np.full(len(step), "medium") if tiers is None else tiers.to_numpy()
    table = pd.DataFrame({"step": step, "risk_tier": tier}).value_counts(sort=False).reset_index(name="customers")
    table = table.sort_values(["step", "risk_tier"], ignore_index=True)
    return table.assign(low=table["step"] / bins, high=(table["step"] + 1) / bins).drop(columns="step")


def draw_churn_risk(table: pd.DataFrame, *, horizon_days: int, mean: float) -> alt.Chart:
    """Draw how many customers have which churn probability.

    Parameters
    ----------
    table
        What `churn_bins` gives.
    horizon_days
        Days the probability is over.
    mean
        Mean churn probability, for the title.
    """
    customers = float(table["customers"].sum())
    base = style.chart(
        table,
        title=style.title(
            f"{percent(mean)} of {plural(customers, 'customer')} are expected not to order within {horizon_days} days",
            "Customers by churn probability; colours are risk tiers.",
        ),
    )
    drawn: alt.Chart = base.mark_bar(orient="vertical").encode(
        x=alt.X("low:Q", title="churn probability (%)", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1])),
        x2="high:Q",
        y=alt.Y("customers:Q", title="customers", axis=alt.Axis(format=",.0f"), stack="zero"),
        color=_tier_colour("risk_tier", "risk"),
        tooltip=[alt.Tooltip("low:Q", format=".0%"), "risk_tier:N", alt.Tooltip("customers:Q", format=",")],
    )
    return drawn


def draw_value_by_risk(table: pd.DataFrame, *, currency: str = "") -> alt.LayerChart:
    """Draw customers and money at risk by value tier and risk tier.

    Parameters
    ----------
    table
        ``value_tier``, ``risk_tier``, ``customers`` and ``money_at_risk``, one row per cell that has customers.
    currency
        Unit of the money.
    """
    rows = table.assign(
        label=[
            f"{plural(count, 'customer')}\n{format_money(amount, currency)}"
            for count, amount in zip(table["customers"], table["money_at_risk"], strict=True)
        ]
    )
    top = rows.iloc[int(rows["money_at_risk"].to_numpy().argmax())]
    share = top["money_at_risk"] / max(float(rows["money_at_risk"].sum()), 1e-12)
    half = float(rows["money_at_risk"].max()) / 2
    base = style.chart(rows).encode(
        x=alt.X("risk_tier:N", sort=list(_TIERS), title="risk of leaving", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value_tier:N", sort=list(_TIERS[::-1]), title="value if they stay"),
        tooltip=["value_tier:N", "risk_tier:N", "customers:Q", alt.Tooltip("money_at_risk:Q", format=",.0f")],
    )
    colour = alt.Color("money_at_risk:Q", scale=alt.Scale(scheme=SEQUENTIAL, domainMin=0), legend=None)
    return style.layer_charts(
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=colour),
        base.mark_text(lineBreak="\n", lineHeight=16, fontSize=12, dy=-7).encode(
            text="label:N", color=style.heat_text("money_at_risk", dark_from=half)
        ),
        title=style.title(
            f"{percent(share)} of the money at risk sits with {top['value_tier']} value, {top['risk_tier']} risk",
            "Customers and money at risk in each cell; the darker, the more money.",
        ),
    )


def draw_rfm_cells(table: pd.DataFrame, *, scale: int = 5, currency: str = "") -> alt.LayerChart:
    """Draw customers by recency and frequency score, coloured by mean expected value.

    Parameters
    ----------
    table
        ``recency_score``, ``frequency_score``, ``customers`` and ``expected_value`` (total), one row per cell.
    scale
        Number of scores.
    currency
        Unit of the value.
    """
    customers, value = float(table["customers"].sum()), float(table["expected_value"].sum())
    best = table[(table["recency_score"] == scale) & (table["frequency_score"] == scale)]
    rows = table.assign(
        mean=table["expected_value"] / table["customers"], label=table["customers"].map("{:,.0f}".format)
    )
    half = float(rows["mean"].max()) / 2
    base = style.chart(rows, width=WIDTH - 60, height=HEIGHT).encode(
        x=alt.X("frequency_score:O", title="frequency score (most orders right)", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("recency_score:O", sort="descending", title="recency score (latest on top)"),
        tooltip=[
            "recency_score:O",
            "frequency_score:O",
            alt.Tooltip("customers:Q", format=","),
            alt.Tooltip("mean:Q", title="expected value per customer", format=",.2f"),
        ],
    )
    legend = alt.Legend(title=style.wrap(style.in_currency("value per customer", currency), 14), format="~s")
    colour = alt.Color("mean:Q", scale=alt.Scale(scheme=SEQUENTIAL, domainMin=0), legend=legend)
    share = percent(float(best["expected_value"].sum()) / value) if value else "nothing"
    return style.layer_charts(
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=colour),
        base.mark_text(fontSize=12).encode(text="label:N", color=style.heat_text("mean", dark_from=half)),
        title=style.title(
            f"The best cell holds {percent(float(best['customers'].sum()) / customers)} of customers "
            f"and {share} of expected value",
            "Number of customers in each cell; the darker, the more value each is expected to bring.",
        ),
    )


def draw_groups(table: pd.DataFrame, *, order: Sequence[str], name: str, currency: str = "") -> alt.HConcatChart:
    """Draw customers and expected value by group of an RFM map.

    Parameters
    ----------
    table
        ``group``, ``customers`` and ``expected_value`` (total), one row per group.
    order
        Groups from best to least; those without customers are left out.
    name
        Title of the map.
    currency
        Unit of the value.
    """
    present = style.sort_by_order(table["group"].tolist(), order)
    top = table.iloc[int(table["expected_value"].to_numpy().argmax())]
    shares = (
        top["customers"] / table["customers"].sum(),
        top["expected_value"] / max(table["expected_value"].sum(), 1e-12),
    )
    y = alt.Y("group:N", sort=present, title=None)
    sides: list[alt.Chart] = []
    for field, words in (("customers", "customers"), ("expected_value", style.in_currency("expected value", currency))):
        bars = style.chart(table, width=(WIDTH - 130) // 2, height=alt.Step(22)).mark_bar(color=BLUE)
        shown = y if not sides else alt.Y("group:N", sort=present, title=None, axis=None)
        x = alt.X(
            f"{field}:Q", title=words, axis=alt.Axis(format="~s", tickCount=3, labelFlush=False, labelOverlap=True)
        )
        sides.append(bars.encode(x=x, y=shown, tooltip=["group:N", alt.Tooltip(f"{field}:Q", format=",.0f")]))
    return alt.hconcat(*sides, spacing=16).properties(
        title=style.title(
            f"{top['group']}: {percent(float(shares[0]))} of customers, {percent(float(shares[1]))} of expected value",
            name,
        )
    )


def draw_drivers(table: pd.DataFrame, *, top: int = 12) -> alt.Chart:
    """Draw which features move the odds of leaving most, over all customers.

    Parameters
    ----------
    table
        ``feature``, ``meaning`` and ``mean_abs_log_odds``.
    top
        How many to show.
    """
    rows = table.sort_values("mean_abs_log_odds", ascending=False, kind="stable").head(top)
    rows = rows.assign(
        factor=np.exp(rows["mean_abs_log_odds"]), words=[short_meaning(text) for text in rows["meaning"]]
    )
    first = rows.iloc[0]
    base = style.chart(
        rows,
        width=WIDTH - 240,
        height=alt.Step(22),
        title=style.title(
            f"{first['words']} moves the odds of leaving most: x {first['factor']:.1f} either way",
            "Typical factor on a customer's odds of leaving; 1 changes nothing.",
        ),
    )
    # log scale: half and double are equally far from 1
    drawn: alt.Chart = base.mark_bar(color=BLUE).encode(
        x=alt.X(
            "factor:Q",
            title="typical factor on the odds of leaving",
            scale=alt.Scale(type="log", domainMin=1),
            axis=alt.Axis(tickCount=5),
        ),
        x2=alt.X2Datum(1),
        y=alt.Y("words:N", sort=None, title=None, axis=alt.Axis(labelLimit=320)),
        tooltip=["feature:N", "meaning:N", alt.Tooltip("factor:Q", format=".2f")],
    )
    return drawn


def _tier_colour(field: str, name: str) -> alt.Color:
    scale = alt.Scale(domain=list(TIER_COLOURS), range=list(TIER_COLOURS.values()))
    return alt.Color(f"{field}:N", scale=scale, title=name, legend=alt.Legend(orient="top"))


def short_meaning(meaning: str, limit: int = 52) -> str:
    """Cut a meaning at its first aside or at the limit."""
    text = meaning.rstrip(".").split(" (")[0].split(";")[0].split(":")[0]
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"
