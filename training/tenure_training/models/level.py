"""The level of probabilities: a line on log-odds that leaves the ranking alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from tenure_training.models.contract import Floats

DOUBT = 100.0
"""How firmly a learnt slope is held to 1, in units of log-likelihood per squared logarithm of the slope."""

_SLOPES = (0.5, 2.0)
_FARTHEST = 6.0


@dataclass(frozen=True)
class Level:
    """A straight line on log-odds, ``intercept + slope * score`` with a positive slope: ranks stay as they were.

    Examples
    --------
    >>> Level(intercept=-1.0, slope=2.0)(np.array([0.0, 1.5]))
    array([-1.,  2.])
    """

    intercept: float = 0.0
    slope: float = 1.0

    def __call__(self, score: Floats) -> Floats:
        """Apply the line."""
        return self.intercept + self.slope * score


def slope_learnt(score: Floats, *, bought: NDArray[np.bool_], window: NDArray[np.int64], doubt: float = DOUBT) -> float:
    """Learn how much wider or narrower log-odds should be spread, from later windows; 1 without evidence.

    Minimised over the logarithm of the slope and over one level per window is the negative log-likelihood of
    ``level[window] + slope * score`` plus ``doubt / 2 * log(slope)^2``. This is Platt's scaling (1999) within windows,
    shrunk to what the model said.

    Parameters
    ----------
    score
        Log-odds predicted, shape (n,).
    bought
        What happened, shape (n,).
    window
        Number of the window of each row, shape (n,).
    doubt
        How firmly the slope is held to 1.
    """
    if not len(score):
        return 1.0
    y, at = bought.astype(np.float64), np.unique(window, return_inverse=True)[1].ravel()
    levels = int(at.max()) + 1

    def loss(point: Floats) -> tuple[float, Floats]:
        slope = float(np.exp(point[0]))
        odds = point[1:][at] + slope * score
        error = expit(odds) - y
        value = float((np.logaddexp(0, odds) - y * odds).sum()) + doubt / 2 * float(point[0]) ** 2
        steep = np.array([slope * float(error @ score) + doubt * point[0], *np.bincount(at, error, levels)])
        return value / len(y), steep / len(y)

    bounds = [tuple(np.log(_SLOPES)), *[(-_FARTHEST, _FARTHEST)] * levels]
    best = minimize(loss, np.zeros(levels + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(np.exp(best.x[0]))
