"""How far to trust a model: calibration, value by decile, the backtest against baselines, totals."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH
from tenure_serving.language import ENGLISH, N_, Language

METRIC_WORDS = {
    "auroc": N_("who leaves is ranked above who stays: share of pairs (AUROC)"),
    "average_precision": N_("leavers among those ranked riskiest (average precision)"),
    "log_loss": N_("error of the churn probabilities, lower is better (log-loss)"),
    "brier": N_("squared error of the churn probability (Brier score)"),
    "ece": N_("how far churn probabilities are off on average (calibration error)"),
    "top_decile_lift": N_("churn in the riskiest tenth over churn of everybody (lift)"),
    "normalised_gini": N_("ranking of customers by value (normalised Gini)"),
    "spearman": N_("rank correlation of predicted and actual value"),
    "decile_mape": N_("error of value by tenth of customers, as a share of it"),
    "total_bias": N_("total value predicted too high or too low (bias)"),
    "top20_captured": N_("share of the value that the predicted best 20 % brought"),
    "wape": N_("error of value over all value (WAPE)"),
    "rmse": N_("error of value, large ones weigh more (RMSE)"),
    "coverage_80": N_("share of customers inside their 80 % range of value"),
    "crps": N_("error of the whole range of value, lower is better (CRPS)"),
    "empc": N_("profit per customer of the best retention campaign (EMPC)"),
}
"""Metrics of a backtest table in words."""

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "ece", "decile_mape", "wape", "rmse", "crps"})
TARGETS = {"total_bias": 0.0, "coverage_80": 0.8}
_METRIC_SCALES = {
    "auroc": N_("0.5 is a coin toss, 1 is perfect."),
    "normalised_gini": N_("0 is chance, 1 is perfect."),
}


def distance(values: pd.Series, metric: str) -> pd.Series:
    """Turn a metric into a number that is smaller for the better candidate."""
    if metric in TARGETS:
        return (values - TARGETS[metric]).abs()
    return values if metric in LOWER_IS_BETTER else -values


def draw_calibration(table: pd.DataFrame, *, language: Language = ENGLISH) -> alt.LayerChart:
    """Draw predicted against actual churn by bin, with the interval of what happened.

    Parameters
    ----------
    table
        ``predicted``, ``actual``, ``low``, ``high`` in [0, 1] and ``customers``, one row per bin.
    language
        Of every word on it.
    """
    gap = calibration_gap(table)
    exact = N_("Churn probabilities can be taken at face value: off by {points} points on average")
    loose = N_("Churn probabilities rank customers, but are not exact: off by {points} points on average")
    base = style.chart(table)
    share = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    full = alt.Scale(domain=[0, 1])
    x = alt.X("predicted:Q", title=language.gettext("predicted churn probability (%)"), axis=share, scale=full)
    tips = style.tips(language, predicted=".1%", actual=".1%", customers=",.0f")
    y = alt.Y("actual:Q", title=language.gettext("customers who did leave (%)"), axis=share, scale=full)
    ideal = style.chart(pd.DataFrame({"predicted": [0.0, 1.0], "actual": [0.0, 1.0]}))
    return style.layer_charts(
        ideal.mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y),
        base.mark_rule(color=BLUE, opacity=0.5, strokeWidth=3).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE, size=45)).encode(x=x, y=y, tooltip=tips),
        title=style.title(
            language.gettext(exact if gap <= 0.05 else loose, points=language.digits(f"{gap * 100:.1f}")),
            language.gettext("Points on the dashed line are exact; bars are 95 % ranges of what happened."),
        ),
    )


def calibration_gap(table: pd.DataFrame) -> float:
    """Return the mean distance between predicted and actual churn over the bins, weighted by customers."""
    weights = table["customers"].to_numpy(dtype=np.float64)
    gaps = (table["predicted"] - table["actual"]).abs().to_numpy(dtype=np.float64)
    return float(np.average(gaps, weights=weights)) if weights.sum() > 0 else float("nan")


def draw_deciles(table: pd.DataFrame, *, currency: str = "", language: Language = ENGLISH) -> alt.LayerChart:
    """Draw mean value per customer in tenths by predicted value, predicted beside actual.

    Parameters
    ----------
    table
        ``decile`` (1 is the best), ``predicted_value`` and ``actual_value`` (means per customer), ``customers``.
    currency
        Unit of the amounts.
    language
        Of every word on it.
    """
    first = first_decile_share(table)
    base = style.chart(table)
    x = alt.X(
        "decile:O",
        title=language.gettext("tenth of customers by predicted value (1 = best)"),
        axis=alt.Axis(labelAngle=0),
    )
    axis = language.in_currency(language.gettext("value per customer"), currency)
    actual, predicted = _series(language)
    key = alt.Scale(domain=[actual, predicted], range=[BLUE, ORANGE])
    tips = style.tips(language, decile="", predicted_value=",.2f", actual_value=",.2f")
    bars = base.transform_calculate(what=f"'{actual}'").mark_bar(opacity=0.85)
    ticks = base.transform_calculate(what=f"'{predicted}'").mark_tick(thickness=4, size=30)
    colour = alt.Color("what:N", scale=key, title=None, legend=alt.Legend(orient="top-right"))
    return style.layer_charts(
        bars.encode(x=x, y=alt.Y("actual_value:Q", title=axis), color=colour, tooltip=tips),
        ticks.encode(x=x, y=alt.Y("predicted_value:Q", title=axis), color=colour, tooltip=tips),
        title=style.title(
            language.gettext("The tenth predicted best brought {share} of the value", share=language.percent(first)),
            language.gettext("Bars are what happened, marks what had been predicted."),
        ),
    )


def first_decile_share(table: pd.DataFrame) -> float:
    """Return the share of actual value that the first decile brought; NaN where there was none."""
    amounts = (table["actual_value"] * table["customers"]).to_numpy(dtype=np.float64)
    best = float(amounts[table["decile"].to_numpy() == table["decile"].min()].sum())
    return best / float(amounts.sum()) if amounts.sum() else float("nan")


def draw_backtest(table: pd.DataFrame, *, metric: str, champion: str, language: Language = ENGLISH) -> alt.LayerChart:
    """Draw every candidate's metric at every origin, with the mean, the champion marked.

    Parameters
    ----------
    table
        ``candidate``, ``origin``, ``kind`` (``baseline`` or ``model``) and a column named like the metric.
    metric
        A key of `METRIC_WORDS`.
    champion
        Name of the chosen candidate.
    language
        Of every word on it.
    """
    rows = table[["candidate", "kind", "origin", metric]].rename(columns={metric: "value"})
    rows = rows[np.isfinite(rows["value"])]
    rows = rows.assign(origin=pd.to_datetime(rows["origin"]).dt.strftime("%Y-%m-%d"))
    kinds = {kind: language.gettext(kind) for kind in (N_("champion"), N_("model"), N_("baseline"))}
    rows["kind"] = np.where(rows["candidate"] == champion, "champion", rows["kind"])
    rows["what"] = rows["kind"].map(lambda kind: kinds.get(kind, kind))
    means = rows.groupby(["candidate", "kind", "what"], as_index=False)["value"].mean()
    order = means.iloc[distance(means["value"], metric).argsort(kind="stable")]["candidate"].tolist()
    width, height = WIDTH - 60, 24 * len(means)
    base = style.chart(rows, width=width, height=height)
    key = alt.Scale(domain=list(kinds.values()), range=[ORANGE, BLUE, GREY])
    colour = alt.Color("what:N", scale=key, title=None, legend=alt.Legend(orient="top", offset=4))
    x = alt.X(
        "value:Q",
        title=style.wrap(language.gettext(METRIC_WORDS[metric]), 60),
        scale=alt.Scale(zero=False, nice=True, padding=8),
    )
    y = alt.Y("candidate:N", sort=order, title=None)
    tips = style.tips(language, candidate="", origin="", value=".3f")
    whole = style.chart(means, width=width, height=height).mark_point(filled=True, size=130, opacity=1)
    return style.layer_charts(
        base.mark_circle(size=28, opacity=0.45).encode(x=x, y=y, color=colour, tooltip=tips),
        whole.encode(x=x, y=y, color=colour, shape=alt.value("diamond"), tooltip=tips[::2]),
        title=style.title(
            _verdict(means, metric, champion, language),
            language.gettext("Diamonds are means over the dots, one per moment in the past."),
            language.gettext(_METRIC_SCALES.get(metric, "")),
        ),
    )


def _series(language: Language) -> tuple[str, str]:
    """Name what happened and what had been predicted."""
    return language.gettext("actual"), language.gettext("predicted")


def _verdict(means: pd.DataFrame, metric: str, champion: str, language: Language) -> str:
    subject = language.gettext(METRIC_WORDS[metric]).split(" (")[0]
    subject = subject[0].upper() + subject[1:]
    chosen = means[means["candidate"] == champion]
    others = means[means["kind"] == "baseline"]
    if chosen.empty or others.empty:
        return subject
    best = others.iloc[int(distance(others["value"], metric).to_numpy().argmin())]
    mine = float(chosen["value"].iloc[0])
    return language.gettext(
        "{subject}: {champion} {value}, best baseline ({baseline}) {other}",
        subject=subject,
        champion=champion,
        value=language.digits(f"{mine:.3f}"),
        baseline=best["candidate"],
        other=language.digits(f"{best['value']:.3f}"),
    )


def draw_totals(table: pd.DataFrame, *, currency: str = "", language: Language = ENGLISH) -> alt.Chart:
    """Draw the champion's total predicted value beside the actual one at every origin.

    Parameters
    ----------
    table
        ``origin``, ``predicted`` and ``actual`` (totals over the horizon).
    currency
        Unit of the amounts.
    language
        Of every word on it.
    """
    bias = float(table["predicted"].sum() / table["actual"].sum() - 1) if table["actual"].sum() else float("nan")
    above = N_("Predicted totals were {share} above what came, over {moments} moments in the past")
    below = N_("Predicted totals were {share} below what came, over {moments} moments in the past")
    actual, predicted = _series(language)
    rows = table.assign(origin=pd.to_datetime(table["origin"]).dt.strftime("%Y-%m-%d"))
    rows = rows.rename(columns={"actual": actual, "predicted": predicted})
    rows = rows.melt(id_vars="origin", value_vars=[actual, predicted], var_name="what", value_name="value")
    key = alt.Scale(domain=[actual, predicted], range=[BLUE, ORANGE])
    base = style.chart(
        rows,
        title=style.title(
            language.gettext(
                above if bias >= 0 else below,
                share=language.percent(abs(bias)),
                moments=language.count(len(table)),
            )
        ),
    )
    drawn: alt.Chart = base.mark_bar().encode(
        x=alt.X("origin:N", title=language.gettext("predicted as of"), axis=alt.Axis(labelAngle=0)),
        xOffset="what:N",
        y=alt.Y(
            "value:Q",
            title=language.in_currency(language.gettext("value of all customers"), currency),
            axis=alt.Axis(format="~s"),
        ),
        color=alt.Color("what:N", scale=key, title=None, legend=alt.Legend(orient="top")),
        tooltip=style.tips(language, origin="", what="", value=",.0f"),
    )
    return drawn
