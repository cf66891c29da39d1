"""Opinions on the level: who is believed how far, told by what each missed in closed windows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from tenure_training.models.contract import Floats, Opinion

LARGEST_MISS = 1.0
"""A window that misses by more than a factor e counts as that: one odd season decides nothing."""

USUAL_BUYERS = np.array([[0.060, 0.053], [0.053, 0.075]])
USUAL_VALUE = np.array([[0.051, 0.044], [0.044, 0.057]])
"""Mean squares and mean product of the misses of rhythm and stack, in log-odds of buyers and in the logarithm of the
total: the mean over public logs, and .005 for what other logs may hold."""

USUAL_WINDOWS = 2.0
"""Closed windows that the usual misses count as."""


def level_miss(opinion: Opinion, *, bought: ArrayLike, value: ArrayLike) -> tuple[float, float]:
    """Say how far an opinion was off: log-odds of the share that bought, logarithm of the total.

    Examples
    --------
    >>> opinion, bought = Opinion(buyers=2.0, value=20.0), [True, False, False, False]
    >>> [round(miss, 3) for miss in level_miss(opinion, bought=bought, value=[10.0, 0.0, 0.0, 0.0])]
    [0.847, 0.693]
    """
    happened, total = np.asarray(bought, dtype=np.float64), float(np.asarray(value, dtype=np.float64).sum())
    customers = len(happened)
    shares = (np.array([opinion.buyers, happened.sum()]) + 0.5) / (customers + 1)
    miss = float(logit(shares[0]) - logit(shares[1]))
    if not (opinion.value > 0 and total > 0):
        return miss, 0.0
    return miss, float(np.clip(np.log(opinion.value / total), -LARGEST_MISS, LARGEST_MISS))


def weigh_first(first: Floats, second: Floats, *, usual: Floats) -> float:
    """Find the weight of the first of two opinions at which their mean misses least; the second has the rest.

    With S the mean of squares and products of misses, in `m` windows and in the usual ones, the weight w minimises
    ``w^2 S11 + 2 w (1 - w) S12 + (1 - w)^2 S22`` on [0, 1] (Bates & Granger 1969, equation 1, about zero): what misses
    less often counts more, and two opinions that miss together are not told apart by that.

    Parameters
    ----------
    first, second
        Misses in the same windows, shape (m,).
    usual
        Mean squares and products before anything was seen, shape (2, 2); they count as `USUAL_WINDOWS`.

    Examples
    --------
    >>> nothing = np.empty(0)
    >>> round(weigh_first(nothing, nothing, usual=np.array([[0.1, 0.0], [0.0, 0.3]])), 3)
    0.75
    >>> weigh_first(np.full(3, 0.8), np.full(3, 0.1), usual=np.eye(2) / 10) < 0.2
    True
    """
    misses = np.clip(np.vstack([first, second]), -LARGEST_MISS, LARGEST_MISS)
    S = USUAL_WINDOWS * usual + misses @ misses.T
    apart = S[0, 0] + S[1, 1] - 2 * S[0, 1]
    return float(np.clip((S[1, 1] - S[0, 1]) / apart, 0.0, 1.0)) if apart > 0 else 0.5
