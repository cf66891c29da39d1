"""Who the customers are: churn risk, value x risk, RFM cells and groups, and what drives the model."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, HEIGHT, SEQUENTIAL, TIER_COLOURS, WIDTH
from tenure_serving.language import ENGLISH, Language

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


def draw_churn_risk(table: pd.DataFrame, *, horizon_days: int, mean: float, language: Language = ENGLISH) -> alt.Chart:
    """Draw how many customers have which churn probability.

    Parameters
    ----------
    table
        What `churn_bins` gives.
    horizon_days
        Days the probability is over.
    mean
        Mean churn probability, for the title.
    language
        Of every word on it.
    """
    customers = float(table["customers"].sum())
    base = style.chart(
        table.assign(risk_tier=table["risk_tier"].map(language.translate)),
        title=style.title(
            language.ngettext(
                "{share} of {count} customer are expected not to order within {days} days",
                "{share} of {count} customers are expected not to order within {days} days",
                customers,
                share=language.percent(mean),
                days=language.count(horizon_days),
            ),
            language.gettext("Customers by churn probability; colours are risk tiers."),
        ),
    )
    drawn: alt.Chart = base.mark_bar(orient="vertical").encode(
        x=alt.X(
            "low:Q",
            title=language.gettext("churn probability (%)"),
            axis=alt.Axis(format=".0%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
        x2="high:Q",
        y=alt.Y("customers:Q", title=language.gettext("customers"), axis=alt.Axis(format=",.0f"), stack="zero"),
        color=_tier_colour("risk_tier", language.gettext("risk"), language),
        tooltip=style.tips(language, low=".0%", risk_tier="", customers=","),
    )
    return drawn


def draw_value_by_risk(table: pd.DataFrame, *, currency: str = "", language: Language = ENGLISH) -> alt.LayerChart:
    """Draw customers and money at risk by value tier and risk tier.

    Parameters
    ----------
    table
        ``value_tier``, ``risk_tier``, ``customers`` and ``money_at_risk``, one row per cell that has customers.
    currency
        Unit of the money.
    language
        Of every word on it.
    """
    rows = table.assign(
        label=[
            f"{language.count(count)}\n{language.money(amount, currency)}"
            for count, amount in zip(table["customers"], table["money_at_risk"], strict=True)
        ],
        **{name: table[name].map(language.translate) for name in ("value_tier", "risk_tier")},
    )
    tiers = [language.translate(tier) for tier in _TIERS]
    top = rows.iloc[int(rows["money_at_risk"].to_numpy().argmax())]
    share = top["money_at_risk"] / max(float(rows["money_at_risk"].sum()), 1e-12)
    half = float(rows["money_at_risk"].max()) / 2
    base = style.chart(rows).encode(
        x=alt.X("risk_tier:N", sort=tiers, title=language.gettext("risk of leaving"), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value_tier:N", sort=tiers[::-1], title=language.gettext("value tier, if they stay")),
        tooltip=style.tips(language, value_tier="", risk_tier="", customers=",", money_at_risk=",.0f"),
    )
    colour = alt.Color("money_at_risk:Q", scale=alt.Scale(scheme=SEQUENTIAL, domainMin=0), legend=None)
    return style.layer_charts(
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=colour),
        base.mark_text(lineBreak="\n", lineHeight=16, fontSize=12, dy=-7).encode(
            text="label:N", color=style.heat_text("money_at_risk", dark_from=half)
        ),
        title=style.title(
            language.gettext(
                "{share} of the money at risk sits with {value} value, {risk} risk",
                share=language.percent(share),
                value=top["value_tier"],
                risk=top["risk_tier"],
            ),
            language.gettext("Customers and money at risk in each cell; the darker, the more money."),
        ),
    )


def draw_rfm_cells(
    table: pd.DataFrame, *, scale: int = 5, currency: str = "", language: Language = ENGLISH
) -> alt.LayerChart:
    """Draw customers by recency and frequency score, coloured by mean expected value.

    Parameters
    ----------
    table
        ``recency_score``, ``frequency_score``, ``customers`` and ``expected_value`` (total), one row per cell.
    scale
        Number of scores.
    currency
        Unit of the value.
    language
        Of every word on it.
    """
    customers, value = float(table["customers"].sum()), float(table["expected_value"].sum())
    best = table[(table["recency_score"] == scale) & (table["frequency_score"] == scale)]
    rows = table.assign(mean=table["expected_value"] / table["customers"], label=table["customers"].map(language.count))
    half = float(rows["mean"].max()) / 2
    base = style.chart(rows, width=WIDTH - 60, height=HEIGHT).encode(
        x=alt.X(
            "frequency_score:O",
            title=language.gettext("frequency score (most orders right)"),
            axis=alt.Axis(labelAngle=0),
        ),
        y=alt.Y("recency_score:O", sort="descending", title=language.gettext("recency score (latest on top)")),
        tooltip=style.tips(language, recency_score="", frequency_score="", customers=",", mean=",.2f"),
    )
    legend = alt.Legend(
        title=style.wrap(language.in_currency(language.gettext("value per customer"), currency), 14), format="~s"
    )
    colour = alt.Color("mean:Q", scale=alt.Scale(scheme=SEQUENTIAL, domainMin=0), legend=legend)
    share = float(best["expected_value"].sum()) / value if value else 0.0
    return style.layer_charts(
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=colour),
        base.mark_text(fontSize=12).encode(text="label:N", color=style.heat_text("mean", dark_from=half)),
        title=style.title(
            language.gettext(
                "The best cell holds {customers} of customers and {value} of expected value",
                customers=language.percent(float(best["customers"].sum()) / customers),
                value=language.percent(share),
            ),
            language.gettext("Number of customers in each cell; the darker, the more value each is expected to bring."),
        ),
    )


def draw_groups(
    table: pd.DataFrame, *, order: Sequence[str], name: str, currency: str = "", language: Language = ENGLISH
) -> alt.HConcatChart:
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
    language
        Of every word on it.
    """
    table = table.assign(group=table["group"].map(language.translate))
    order = [language.translate(group) for group in order]
    present = style.sort_by_order(table["group"].tolist(), order)
    top = table.iloc[int(table["expected_value"].to_numpy().argmax())]
    shares = (
        top["customers"] / table["customers"].sum(),
        top["expected_value"] / max(table["expected_value"].sum(), 1e-12),
    )
    y = alt.Y("group:N", sort=present, title=None)
    sides: list[alt.Chart] = []
    value = language.in_currency(language.gettext("expected value"), currency)
    for field, words in (("customers", language.gettext("customers")), ("expected_value", value)):
        bars = style.chart(table, width=(WIDTH - 130) // 2, height=alt.Step(22)).mark_bar(color=BLUE)
        shown = y if not sides else alt.Y("group:N", sort=present, title=None, axis=None)
        x = alt.X(
            f"{field}:Q", title=words, axis=alt.Axis(format="~s", tickCount=3, labelFlush=False, labelOverlap=True)
        )
        sides.append(bars.encode(x=x, y=shown, tooltip=style.tips(language, **{"group": "", field: ",.0f"})))
    return alt.hconcat(*sides, spacing=16).properties(
        title=style.title(
            language.gettext(
                "{group}: {customers} of customers, {value} of expected value",
                group=top["group"],
                customers=language.percent(float(shares[0])),
                value=language.percent(float(shares[1])),
            ),
            name,
        )
    )


def draw_drivers(table: pd.DataFrame, *, top: int = 12, language: Language = ENGLISH) -> alt.Chart:
    """Draw which features move the odds of leaving most, over all customers.

    Parameters
    ----------
    table
        ``feature``, ``meaning`` and ``mean_abs_log_odds``.
    top
        How many to show.
    language
        Of every word on it.
    """
    rows = table.sort_values("mean_abs_log_odds", ascending=False, kind="stable").head(top)
    rows = rows.assign(
        factor=np.exp(rows["mean_abs_log_odds"]),
        meaning=rows["meaning"].map(language.translate),
        words=[short_meaning(language.translate(text)) for text in rows["meaning"]],
    )
    first = rows.iloc[0]
    base = style.chart(
        rows,
        width=WIDTH - 240,
        height=alt.Step(22),
        title=style.title(
            language.gettext(
                "{what} moves the odds of leaving most: x {factor} either way",
                what=first["words"],
                factor=language.digits(f"{first['factor']:.1f}"),
            ),
            language.gettext("Typical factor on a customer's odds of leaving; 1 changes nothing."),
        ),
    )
    # log scale: half and double are equally far from 1
    drawn: alt.Chart = base.mark_bar(color=BLUE).encode(
        x=alt.X(
            "factor:Q",
            title=language.gettext("typical factor on the odds of leaving"),
            scale=alt.Scale(type="log", domainMin=1),
            axis=alt.Axis(tickCount=5),
        ),
        x2=alt.X2Datum(1),
        y=alt.Y("words:N", sort=None, title=None, axis=alt.Axis(labelLimit=320)),
        tooltip=style.tips(language, meaning="", factor=".2f"),
    )
    return drawn


def _tier_colour(field: str, name: str, language: Language) -> alt.Color:
    domain = [language.translate(tier) for tier in TIER_COLOURS]
    scale = alt.Scale(domain=domain, range=list(TIER_COLOURS.values()))
    return alt.Color(f"{field}:N", scale=scale, title=name, legend=alt.Legend(orient="top"))


def short_meaning(meaning: str, limit: int = 52) -> str:
    """Cut a meaning at its first aside or at the limit."""
    text = meaning.rstrip(".").split(" (")[0].split(";")[0].split(":")[0]
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"
