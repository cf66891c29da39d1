"""Whether a model tells one customer from another at all, judged on closed windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tenure_training.backtest import Backtest
from tenure_training.metrics import paired_bootstrap


def has_signal(result: Backtest, candidate: str, *, seed: int) -> bool:
    """Tell whether a candidate predicts significantly better than its own mean for everybody would.

    In every closed window the same chance, the mean of what was predicted there, is set beside the predictions: both
    have the same level, so only telling customers apart makes a difference. The log-loss must be lower over customers
    drawn anew (paired bootstrap, 95 %).

    Parameters
    ----------
    result
        The backtest.
    candidate
        Whose predictions are judged.
    seed
        Of the bootstrap.
    """
    predictions = result.predictions[candidate]
    flat = [
        replace(prediction, buy_probability=np.full_like(prediction.buy_probability, prediction.buy_probability.mean()))
        for prediction in predictions
    ]
    difference = paired_bootstrap(predictions, flat, result.outcomes, seed=seed, metrics=("log_loss",))["log_loss"]
    return difference.verdict == "better"
