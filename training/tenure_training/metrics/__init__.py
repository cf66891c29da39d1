"""Metrics of churn probability, value and intervals; ties count as a random order would on average."""

from tenure_training.metrics.bootstrap import GATE_METRICS, PairedDifference, paired_bootstrap
from tenure_training.metrics.campaign import Campaign
from tenure_training.metrics.case import Case
from tenure_training.metrics.interval import (
    coverage,
    coverage_by_decile,
    coverage_gap,
    crps_from_quantiles,
    interval_width,
    winkler,
)
from tenure_training.metrics.probability import (
    auroc,
    average_precision,
    brier,
    calibration_intercept,
    calibration_slope,
    ece,
    log_loss,
    top_decile_lift,
)
from tenure_training.metrics.profit import empc
from tenure_training.metrics.ranking import Ranking
from tenure_training.metrics.registry import METRICS, Metric, evaluate_metrics, metric
from tenure_training.metrics.tables import calibration_table, decile_table
from tenure_training.metrics.value import (
    decile_mape,
    gini,
    mae,
    normalised_gini,
    rmse,
    spearman,
    top20_share,
    total_bias,
    wape,
)

__all__ = [
    "GATE_METRICS", "METRICS", "Campaign", "Case", "Metric", "PairedDifference", "Ranking", "auroc",
    "average_precision", "brier",
    "calibration_intercept", "calibration_slope", "calibration_table", "coverage", "coverage_by_decile",
    "coverage_gap", "crps_from_quantiles", "decile_mape", "decile_table", "ece", "empc", "evaluate_metrics", "gini",
    "interval_width", "log_loss", "mae", "metric", "normalised_gini", "paired_bootstrap", "rmse", "spearman",
    "top20_share", "top_decile_lift", "total_bias", "wape", "winkler",
]  # fmt: skip
