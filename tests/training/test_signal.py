"""A model that tells nobody apart is found out on closed windows, whatever its level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.backtest import Backtest
from tenure_training.models.contract import Prediction
from tenure_training.signal import has_signal
from tenure_training.windows import Window

CUSTOMERS = 400


def _backtest(*, told_apart: bool, level: float) -> Backtest:
    """Two windows in which half of the customers hardly buy, the others mostly, and predictions that know it or not."""
    generator, predictions, outcomes = np.random.default_rng(3), [], []
    chance = np.repeat([0.2, 0.8], CUSTOMERS // 2)
    for _ in range(2):
        bought = generator.random(CUSTOMERS) < chance
        said = chance if told_apart else generator.permutation(chance)
        said = np.clip(said * level, 0.01, 0.99)
        predictions.append(Prediction(buy_probability=said, expected_orders=said, expected_value=said))
        ids = [f"c{number}" for number in range(CUSTOMERS)]
        outcome = {"customer_id": ids, "bought": bought, "orders": bought * 1.0, "value": bought * 10.0}
        outcomes.append(pd.DataFrame(outcome))
    windows = [Window(pd.Timestamp(day), 30) for day in ("2021-02-01", "2021-01-01")]
    return Backtest(windows=windows, predictions={"model": predictions}, outcomes=outcomes)


@pytest.mark.parametrize("level", [1.0, 0.8])
def test_has_signal__is_true_of_predictions_that_know_customers(level: float) -> None:
    assert has_signal(_backtest(told_apart=True, level=level), "model", seed=0)


@pytest.mark.parametrize("level", [1.0, 0.5])
def test_has_signal__is_false_of_predictions_dealt_out(level: float) -> None:
    assert not has_signal(_backtest(told_apart=False, level=level), "model", seed=0)
