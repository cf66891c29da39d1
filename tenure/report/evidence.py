"""The tables that show how far a training can be trusted: calibration, deciles, totals, drivers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from tenure_features.families.feature import FeatureDescription
from tenure_features.spreadsheets import write_csv
from tenure_serving.report import ReportData
from tenure_training.backtest import Backtest
from tenure_training.metrics import calibration_table, decile_table
from tenure_training.models.contract import Contributions
from tenure_training.models.design import RHYTHM_PART_NAME
from tenure_training.next_order_evaluation import dates_table

_SHOWN = (
    "auroc", "average_precision", "log_loss", "brier", "ece", "calibration_slope", "top_decile_lift", "normalised_gini",
    "spearman", "decile_mape", "total_bias", "top20_captured", "wape", "rmse", "coverage_50", "coverage_80",
    "coverage_95", "coverage_gap", "crps", "empc",
)  # fmt: skip
"""Metrics printed for people; the whole set is tracked."""

RHYTHM_MEANING = "Buying rhythm: what BTYD models expect from order days, recency and age"


def summary(backtest: Backtest) -> pd.DataFrame:
    """Average a backtest over its origins, one row per candidate, with the spread of the main metrics.

    Returns
    -------
    DataFrame
        ``candidate``, ``kind``, ``origins``, the mean of each metric of `_SHOWN`, and ``auroc_sd`` and ``log_loss_sd``,
        standard deviations over origins (missing with one origin).
    """
    table = backtest.table()
    groups = table.groupby("candidate", sort=False)
    means = groups[list(_SHOWN)].mean()
    means.insert(0, "kind", groups["kind"].first())
    means.insert(1, "origins", groups.size())
    for name in ("auroc", "log_loss"):
        means[f"{name}_sd"] = groups[name].std()
    return means.reset_index()


def summarise_calibration(backtest: Backtest, champion: str) -> pd.DataFrame:
    """Compare predicted with actual churn over all windows of the champion."""
    seen = backtest.evidence(champion)
    return calibration_table(1 - seen.buy_probability, (~seen.bought).astype(np.float64))


def summarise_deciles(backtest: Backtest, champion: str) -> pd.DataFrame:
    """Compare predicted with actual value over all windows of the champion, by tenth of predicted value."""
    seen = backtest.evidence(champion)
    return decile_table(seen.expected_value, seen.value)


def sum_totals(backtest: Backtest, champion: str) -> pd.DataFrame:
    """Compare predicted with actual total value at each origin, oldest first."""
    rows = [
        (window.origin, float(prediction.expected_value.sum()), float(did["value"].sum()))
        for window, prediction, did in zip(
            backtest.windows, backtest.predictions[champion], backtest.outcomes, strict=True
        )
    ]
    return pd.DataFrame(sorted(rows), columns=["origin", "predicted", "actual"])


def summarise_dates(backtest: Backtest | None) -> pd.DataFrame:
    """Tell how the date of the next order did at each origin, latest first; empty without a backtest."""
    return dates_table([], []) if backtest is None else backtest.dates


def rank_drivers(contributions: Contributions | None, catalogue: Iterable[FeatureDescription]) -> pd.DataFrame:
    """Rank the terms by how far they move the odds of churn, on average over customers."""
    if contributions is None:
        return pd.DataFrame({"feature": [], "meaning": [], "mean_abs_log_odds": []})
    meanings = {feature.name: feature.meaning for feature in catalogue} | {RHYTHM_PART_NAME: RHYTHM_MEANING}
    size = np.abs(contributions.churn).mean(axis=0)
    table = pd.DataFrame(
        {
            "feature": contributions.features,
            "meaning": [meanings.get(name, name) for name in contributions.features],
            "mean_abs_log_odds": size,
        }
    )
    return table.sort_values("mean_abs_log_odds", ascending=False, kind="stable").reset_index(drop=True)


def write_charts(data: ReportData, folder: Path) -> list[Path]:
    """Write calibration, lift of value and the SHAP summary as SVG, and the summary as CSV too; return the files.

    What there is no table for (no backtest, no additive form) is left out.
    """
    from tenure_serving import charts
    from tenure_serving.findings import write_svg

    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "calibration": charts.draw_calibration(data.calibration) if len(data.calibration) else None,
        "value_lift": charts.draw_deciles(data.deciles, currency=data.currency) if len(data.deciles) else None,
        "shap_summary": charts.draw_drivers(data.drivers) if len(data.drivers) else None,
    }
    files = []
    for name, chart in drawn.items():
        if chart is not None:
            files.append(folder / f"{name}.svg")
            write_svg(chart, files[-1])
    if len(data.drivers):
        files.append(folder / "shap_summary.csv")
        write_csv(data.drivers, files[-1])
    return files
