"""How far to trust a model: calibration, value by decile, the backtest against baselines, totals."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, GREY, ORANGE, WIDTH, percent

METRIC_WORDS = {
    "auroc": "ranking of churn (AUROC)",
    "average_precision": "average precision of churn",
    "log_loss": "log-loss of churn (nats per customer)",
    "brier": "Brier score of churn",
    "ece": "calibration error of churn",
    "top_decile_lift": "lift of churn in the riskiest tenth",
    "normalised_gini": "ranking of value (normalised Gini)",
    "spearman": "rank correlation of value",
    "decile_mape": "percentage error of value by decile",
    "total_bias": "bias of the total value",
    "top20_captured": "value in the predicted best 20 %",
    "wape": "absolute error over total value (WAPE)",
    "rmse": "root mean squared error of value",
    "coverage_80": "share of values inside the 80 % range",
    "crps": "error of the whole value distribution (CRPS)",
    "empc": "best campaign's profit per customer (EMPC)",
}
"""Metrics of a backtest table in words."""

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "ece", "decile_mape", "wape", "rmse", "crps"})
TARGETS = {"total_bias": 0.0, "coverage_80": 0.8}
_METRIC_SCALES = {"auroc": "0.5 is a coin toss, 1 is perfect.", "normalised_gini": "0 is chance, 1 is perfect."}


def distance(values: pd.Series, metric: str) -> pd.Series:
    """Turn a metric into a number that is smaller for the better candidate."""
    if metric in TARGETS:
        return (values - TARGETS[metric]).abs()
    return values if metric in LOWER_IS_BETTER else -values


def draw_calibration(table: pd.DataFrame) -> alt.LayerChart:
    """Draw predicted against actual churn by bin, with the interval of what happened.

    Parameters
    ----------
    table
        ``predicted``, ``actual``, ``low``, ``high`` in [0, 1] and ``customers``, one row per bin.
    """
    gap = calibration_gap(table)
    verdict = "can be taken at face value" if gap <= 0.05 else "rank customers, but are not exact"
    base = style.chart(table)
    share = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    full = alt.Scale(domain=[0, 1])
    x = alt.X("predicted:Q", title="predicted churn probability (%)", axis=share, scale=full)
    tips = [
        alt.Tooltip("predicted:Q", format=".1%"),
        alt.Tooltip("actual:Q", format=".1%"),
        alt.Tooltip("customers:Q", format=",.0f"),
    ]
    y = alt.Y("actual:Q", title="customers who did leave (%)", axis=share, scale=full)
    ideal = style.chart(pd.DataFrame({"predicted": [0.0, 1.0], "actual": [0.0, 1.0]}))
    return style.layer_charts(
        ideal.mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y),
        base.mark_rule(color=BLUE, opacity=0.5, strokeWidth=3).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE, size=45)).encode(x=x, y=y, tooltip=tips),
        title=style.title(
            f"Churn probabilities {verdict}: off by {gap * 100:.1f} points on average",
            "Points on the dashed line are exact; bars are 95 % ranges of what happened.",
        ),
    )


def calibration_gap(table: pd.DataFrame) -> float:
    """Return the mean distance between predicted and actual churn over the bins, weighted by customers."""
    weights = table["customers"].to_numpy(dtype=np.float64)
    gaps = (table["predicted"] - table["actual"]).abs().to_numpy(dtype=np.float64)
    return float(np.average(gaps, weights=weights)) if weights.sum() > 0 else float("nan")


def draw_deciles(table: pd.DataFrame, *, currency: str = "") -> alt.LayerChart:
    """Draw mean value per customer in tenths by predicted value, predicted beside actual.

    Parameters
    ----------
    table
        ``decile`` (1 is the best), ``predicted_value`` and ``actual_value`` (means per customer), ``customers``.
    currency
        Unit of the amounts.
    """
    first = first_decile_share(table)
    base = style.chart(table)
    x = alt.X("decile:O", title="tenth of customers by predicted value (1 = best)", axis=alt.Axis(labelAngle=0))
    axis = style.in_currency("value per customer", currency)
    key = alt.Scale(domain=["actual", "predicted"], range=[BLUE, ORANGE])
    tips = [
        alt.Tooltip("decile:O"),
        alt.Tooltip("predicted_value:Q", title="predicted", format=",.2f"),
        alt.Tooltip("actual_value:Q", title="actual", format=",.2f"),
    ]
    bars = base.transform_calculate(what="'actual'").mark_bar(opacity=0.85)
    ticks = base.transform_calculate(what="'predicted'").mark_tick(thickness=4, size=30)
    colour = alt.Color("what:N", scale=key, title=None, legend=alt.Legend(orient="top-right"))
    return style.layer_charts(
        bars.encode(x=x, y=alt.Y("actual_value:Q", title=axis), color=colour, tooltip=tips),
        ticks.encode(x=x, y=alt.Y("predicted_value:Q", title=axis), color=colour, tooltip=tips),
        title=style.title(
            f"The tenth predicted best brought {percent(first)} of the value",
            "Bars are what happened, marks what had been predicted.",
        ),
    )


def first_decile_share(table: pd.DataFrame) -> float:
    """Return the share of actual value that the first decile brought; NaN where there was none."""
    amounts = (table["actual_value"] * table["customers"]).to_numpy(dtype=np.float64)
    best = float(amounts[table["decile"].to_numpy() == table["decile"].min()].sum())
    return best / float(amounts.sum()) if amounts.sum() else float("nan")


def draw_backtest(table: pd.DataFrame, *, metric: str, champion: str) -> alt.LayerChart:
    """Draw every candidate's metric at every origin, with the mean, the champion marked.

    Parameters
    ----------
    table
        ``candidate``, ``origin``, ``kind`` (``baseline`` or ``model``) and a column named like the metric.
    metric
        A key of `METRIC_WORDS`.
    champion
        Name of the chosen candidate.
    """
    rows = table[["candidate", "kind", "origin", metric]].rename(columns={metric: "value"})
    rows = rows[np.isfinite(rows["value"])]
    rows = rows.assign(origin=pd.to_datetime(rows["origin"]).dt.strftime("%Y-%m-%d"))
    rows["what"] = np.where(rows["candidate"] == champion, "champion", rows["kind"])
    means = rows.groupby(["candidate", "what"], as_index=False)["value"].mean()
    order = means.iloc[distance(means["value"], metric).argsort(kind="stable")]["candidate"].tolist()
    width, height = WIDTH - 60, 24 * len(means)
    base = style.chart(rows, width=width, height=height)
    key = alt.Scale(domain=["champion", "model", "baseline"], range=[ORANGE, BLUE, GREY])
    colour = alt.Color("what:N", scale=key, title=None, legend=alt.Legend(orient="top", offset=4))
    wanted = (
        f"target {TARGETS[metric]:g}" if metric in TARGETS else "lower is better" if metric in LOWER_IS_BETTER else ""
    )
    name = f"{METRIC_WORDS[metric]}, {wanted or 'higher is better'}"
    x = alt.X("value:Q", title=style.wrap(name, 60), scale=alt.Scale(zero=False, nice=True, padding=8))
    y = alt.Y("candidate:N", sort=order, title=None)
    tips = ["candidate:N", alt.Tooltip("origin:N", title="as of"), alt.Tooltip("value:Q", format=".3f")]
    whole = style.chart(means, width=width, height=height).mark_point(filled=True, size=130, opacity=1)
    return style.layer_charts(
        base.mark_circle(size=28, opacity=0.45).encode(x=x, y=y, color=colour, tooltip=tips),
        whole.encode(x=x, y=y, color=colour, shape=alt.value("diamond"), tooltip=["candidate:N", "value:Q"]),
        title=style.title(
            _verdict(means, metric, champion),
            f"Diamonds are means over the dots, one per origin. {_METRIC_SCALES.get(metric, '')}",
        ),
    )


def _verdict(means: pd.DataFrame, metric: str, champion: str) -> str:
    subject = METRIC_WORDS[metric].split(" (")[0]
    subject = subject[0].upper() + subject[1:]
    chosen = means[means["candidate"] == champion]
    others = means[means["what"] == "baseline"]
    if chosen.empty or others.empty:
        return f"{subject} by candidate"
    best = others.iloc[int(distance(others["value"], metric).to_numpy().argmin())]
    mine = float(chosen["value"].iloc[0])
    return f"{subject}: {champion} {mine:.3f}, best baseline ({best['candidate']}) {best['value']:.3f}"


def draw_totals(table: pd.DataFrame, *, currency: str = "") -> alt.Chart:
    """Draw the champion's total predicted value beside the actual one at every origin.

    Parameters
    ----------
    table
        ``origin``, ``predicted`` and ``actual`` (totals over the horizon).
    currency
        Unit of the amounts.
    """
    bias = float(table["predicted"].sum() / table["actual"].sum() - 1) if table["actual"].sum() else float("nan")
    side = "above" if bias >= 0 else "below"
    rows = table.assign(origin=pd.to_datetime(table["origin"]).dt.strftime("%Y-%m-%d"))
    rows = rows.melt(id_vars="origin", value_vars=["actual", "predicted"], var_name="what", value_name="value")
    key = alt.Scale(domain=["actual", "predicted"], range=[BLUE, ORANGE])
    base = style.chart(
        rows,
        title=style.title(
            f"Predicted totals were {percent(abs(bias))} {side} what came, over {style.plural(len(table), 'origin')}"
        ),
    )
    drawn: alt.Chart = base.mark_bar().encode(
        x=alt.X("origin:N", title="predicted as of", axis=alt.Axis(labelAngle=0)),
        xOffset="what:N",
        y=alt.Y("value:Q", title=style.in_currency("value of all customers", currency), axis=alt.Axis(format="~s")),
        color=alt.Color("what:N", scale=key, title=None, legend=alt.Legend(orient="top")),
        tooltip=["origin:N", "what:N", alt.Tooltip("value:Q", format=",.0f")],
    )
    return drawn
