"""Altair charts over small tables: each title states the conclusion, each axis its unit."""

from tenure_serving.charts.customers import (
    churn_bins,
    churn_risk,
    drivers,
    groups,
    rfm_cells,
    value_by_risk,
)
from tenure_serving.charts.explanation import beeswarm, waterfall
from tenure_serving.charts.movement import movement
from tenure_serving.charts.profiles import pareto, profile
from tenure_serving.charts.trust import backtest, calibration, deciles, profit_curve, totals

__all__ = [
    "backtest",
    "beeswarm",
    "calibration",
    "churn_bins",
    "churn_risk",
    "deciles",
    "drivers",
    "groups",
    "movement",
    "pareto",
    "profile",
    "profit_curve",
    "rfm_cells",
    "totals",
    "value_by_risk",
    "waterfall",
]
