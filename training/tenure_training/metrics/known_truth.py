"""How close predictions come to the truth of a simulated shop, which no real shop will ever tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_training.metrics.probability import ece
from tenure_training.metrics.value import total_bias

_Floats = NDArray[np.float64]


def against_truth(true_values: pd.DataFrame, predictions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare predictions with the expectations that follow from each customer's latent state.

    Outcomes are dice thrown with the true probabilities; here the dice are left out. No prediction from orders alone
    can reach zero: whether a silent customer is gone is written in the latent state, not in the orders.

    Parameters
    ----------
    true_values
        ``customer_id``, ``buy_probability`` (P of at least one order in the horizon) and ``expected_value`` (money over
        the horizon), such as `tenure_simulator.truth_at` gives.
    predictions
        By candidate: the same columns, for customers who are all known.

    Returns
    -------
    DataFrame
        One row per candidate: ``candidate``; ``probability_error``, mean absolute distance from the true probability;
        ``calibration_error``, mean distance of predicted from true probability in tenths of customers by predicted
        probability; ``value_correlation``, Pearson's, of expected value with the true one (missing for a constant);
        ``total_bias``, total predicted over the true total, minus one.

    Examples
    --------
    >>> known = pd.DataFrame(
    ...     {"customer_id": ["a", "b"], "buy_probability": [0.2, 0.8], "expected_value": [10.0, 30.0]}
    ... )
    >>> against_truth(known, {"half": known.assign(buy_probability=0.5, expected_value=[15.0, 15.0])}).round(3)
      candidate  probability_error  calibration_error  value_correlation  total_bias
    0      half                0.3                0.0                NaN       -0.25
    """
    rows = []
    for name, table in predictions.items():
        truth = true_values.set_index("customer_id").loc[table["customer_id"]]
        p, true_p = _numbers(table, "buy_probability"), _numbers(truth, "buy_probability")
        value, true_value = _numbers(table, "expected_value"), _numbers(truth, "expected_value")
        rows.append(
            {
                "candidate": name,
                "probability_error": float(np.abs(p - true_p).mean()),
                "calibration_error": ece(p, true_p),
                "value_correlation": _correlation(value, true_value),
                "total_bias": total_bias(value, true_value),
            }
        )
    return pd.DataFrame(rows)


def _numbers(table: pd.DataFrame, column: str) -> _Floats:
    return np.asarray(table[column].to_numpy(dtype=np.float64))


def _correlation(a: _Floats, b: _Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else float("nan")
