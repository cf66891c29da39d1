"""The tables that show how far a backtest can be trusted: means over origins, calibration, deciles, totals, dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from tenure_training.backtest import Backtest
from tenure_training.metrics import calibration_table, decile_table
from tenure_training.models.evidence import StoredEvidence
from tenure_training.next_order_evaluation import dates_table

_SHOWN = (
    "auroc", "average_precision", "log_loss", "brier", "ece", "calibration_slope", "top_decile_lift", "normalised_gini",
    "spearman", "decile_mape", "total_bias", "top20_captured", "wape", "rmse", "coverage_50", "coverage_80",
    "coverage_95", "below_80", "above_80", "coverage_buyers", "coverage_gap", "crps", "empc",
)  # fmt: skip
"""Metrics printed for people; the whole set is tracked."""


def summarise_backtest(backtest: Backtest) -> pd.DataFrame:
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


def sum_up_evidence(
    backtest: Backtest | None,
    champion: str,
    *,
    reason: str,
    notes: Sequence[str] = (),
    unseen: float = 0.0,
    signal: bool = True,
) -> StoredEvidence:
    """Sum up what a backtest showed of the champion, for the bundle and the report; empty tables without a backtest."""
    bare = StoredEvidence(reason=reason, notes=tuple(notes), unseen=unseen, signal=signal)
    if backtest is None:
        return bare
    return replace(
        bare,
        backtest=backtest.table(),
        calibration=summarise_calibration(backtest, champion),
        deciles=summarise_deciles(backtest, champion),
        totals=sum_totals(backtest, champion),
        dates=backtest.dates,
    )


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
