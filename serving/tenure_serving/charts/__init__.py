"""Altair charts over small tables: each title states the conclusion, each axis its unit."""

from tenure_serving.charts.customers import (
    churn_bins,
    draw_churn_risk,
    draw_drivers,
    draw_groups,
    draw_rfm_cells,
    draw_value_by_risk,
)
from tenure_serving.charts.explanation import beeswarm, waterfall
from tenure_serving.charts.movement import draw_movement
from tenure_serving.charts.profiles import draw_pareto, draw_profile
from tenure_serving.charts.trust import draw_backtest, draw_calibration, draw_deciles, draw_totals

__all__ = [
    "beeswarm",
    "churn_bins",
    "draw_backtest",
    "draw_calibration",
    "draw_churn_risk",
    "draw_deciles",
    "draw_drivers",
    "draw_groups",
    "draw_movement",
    "draw_pareto",
    "draw_profile",
    "draw_rfm_cells",
    "draw_totals",
    "draw_value_by_risk",
    "waterfall",
]
