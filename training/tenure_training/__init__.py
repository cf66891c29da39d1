"""Snapshots in, bundles out: labels, models, calibration, backtest and tracking."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Read once, when the first library brings OpenMP (scikit-learn, before XGBoost): threads that spin while they wait cost
# a hundred times their work on a machine that is busy with something else.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:  # imported on first use: the libraries of the models take seconds
    from tenure_training.backtest import Backtest, run_backtest
    from tenure_training.backtest_tables import (
        sum_totals,
        summarise_backtest,
        summarise_calibration,
        summarise_dates,
        summarise_deciles,
    )
    from tenure_training.drivers import rank_drivers
    from tenure_training.frame import Frames
    from tenure_training.metrics import METRICS, paired_bootstrap
    from tenure_training.metrics.known_truth import against_truth
    from tenure_training.models.contract import Candidate, Contributions, Fitted, Prediction, TrainingFrame
    from tenure_training.models.registry import CANDIDATES, candidate_class, new_candidate
    from tenure_training.models.sklearn_candidate import sklearn_candidate
    from tenure_training.training import Training, train
    from tenure_training.tuning import Tuning, tune
    from tenure_training.windows import Window, backtest_windows

__all__ = [
    "CANDIDATES",
    "METRICS",
    "Backtest",
    "Candidate",
    "Contributions",
    "Fitted",
    "Frames",
    "Prediction",
    "Training",
    "TrainingFrame",
    "Tuning",
    "Window",
    "against_truth",
    "backtest_windows",
    "candidate_class",
    "new_candidate",
    "paired_bootstrap",
    "rank_drivers",
    "run_backtest",
    "sklearn_candidate",
    "sum_totals",
    "summarise_backtest",
    "summarise_calibration",
    "summarise_dates",
    "summarise_deciles",
    "train",
    "tune",
]

_HOME = {
    "Backtest": "backtest",
    "CANDIDATES": "models.registry",
    "Candidate": "models.contract",
    "Contributions": "models.contract",
    "Fitted": "models.contract",
    "Frames": "frame",
    "METRICS": "metrics",
    "Prediction": "models.contract",
    "Training": "training",
    "TrainingFrame": "models.contract",
    "Tuning": "tuning",
    "Window": "windows",
    "against_truth": "metrics.known_truth",
    "backtest_windows": "windows",
    "candidate_class": "models.registry",
    "new_candidate": "models.registry",
    "paired_bootstrap": "metrics",
    "rank_drivers": "drivers",
    "run_backtest": "backtest",
    "sklearn_candidate": "models.sklearn_candidate",
    "sum_totals": "backtest_tables",
    "summarise_backtest": "backtest_tables",
    "summarise_calibration": "backtest_tables",
    "summarise_dates": "backtest_tables",
    "summarise_deciles": "backtest_tables",
    "train": "training",
    "tune": "tuning",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
