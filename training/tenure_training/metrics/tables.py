"""The two tables that show a person how far to trust a model: calibration by bin, value by decile."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tenure_training.metrics.ranking import Floats, Ranking

_Z95 = 1.959963984540054


def wilson(share: Floats, trials: float) -> tuple[Floats, Floats]:
    """95 % score interval of a share (Wilson, 1927): inside [0, 1] and honest for few trials, unlike share +- 2 sd.

    Examples
    --------
    >>> low, high = wilson(np.array([0.0, 0.5]), 10)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.237], [0.278, 0.763])
    """
    if trials <= 0:
        return np.full_like(share, np.nan), np.full_like(share, np.nan)
    shrink = 1 + _Z95**2 / trials
    centre = (share + _Z95**2 / (2 * trials)) / shrink
    half = _Z95 / shrink * np.sqrt(share * (1 - share) / trials + _Z95**2 / (4 * trials**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def calibration_table(p: ArrayLike, y: ArrayLike, *, bins: int = 10) -> pd.DataFrame:
    """Predicted against actual churn in bins of equal mass, lowest probability first.

    Parameters
    ----------
    p, y
        Shape (n,): probability of churn and outcome (1 churned, 0 did not). Tied customers are spread evenly over the
        bins they straddle, so ``customers`` is n / bins, not always whole.
    bins
        Number of bins.

    Returns
    -------
    pandas.DataFrame
        ``bin`` (1..bins), ``predicted`` and ``actual`` (means), ``customers``, ``low`` and ``high`` (95 % Wilson
        interval of ``actual``).

    Examples
    --------
    >>> calibration_table([0.1, 0.1, 0.8, 0.8], [0, 0, 1, 0], bins=2).round(2)
       bin  predicted  actual  customers   low  high
    0    1        0.1     0.0        2.0  0.00  0.66
    1    2        0.8     0.5        2.0  0.09  0.91
    """
    predicted, actual = (means[::-1] for means in Ranking(p).bins(bins, p, y))
    customers = len(np.asarray(y)) / bins
    low, high = wilson(actual, customers)
    return pd.DataFrame(
        {
            "bin": np.arange(1, bins + 1),
            "predicted": predicted,
            "actual": actual,
            "customers": np.full(bins, customers),
            "low": low,
            "high": high,
        }
    )


def decile_table(predicted: ArrayLike, actual: ArrayLike) -> pd.DataFrame:
    """Mean value per customer, predicted against actual, in tenths by predicted value; decile 1 holds the best.

    Parameters
    ----------
    predicted, actual
        Shape (n,): expected and actual net value over the horizon, in the currency of the log.

    Returns
    -------
    pandas.DataFrame
        ``decile`` (1..10), ``customers`` (n / 10), ``predicted_value`` and ``actual_value`` (means per customer).

    Examples
    --------
    >>> decile_table(range(10), [2 * v for v in range(10)]).head(2)
       decile  customers  predicted_value  actual_value
    0       1        1.0              9.0          18.0
    1       2        1.0              8.0          16.0
    """
    expected, got = Ranking(predicted).bins(10, predicted, actual)
    customers = len(np.asarray(actual)) / 10
    return pd.DataFrame(
        {
            "decile": np.arange(1, 11),
            "customers": np.full(10, customers),
            "predicted_value": expected,
            "actual_value": got,
        }
    )
