"""The level of probabilities: a rising curve on log-odds that leaves the ranking alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from tenure_features.stored import Stored, logarithm
from tenure_training.models.contract import Floats

LEVEL_DOUBT = 1500.0
"""How firmly both slopes are held to 1, in units of log-likelihood per squared logarithm."""

_SLOPES = (0.5, 2.0)
_FARTHEST = 6.0


@dataclass(frozen=True)
class OddsLevel:
    """Beta calibration of log-odds z: ``intercept + low * log p - high * log(1 - p)`` with ``p = 1 / (1 + exp(-z))``.

    Kull, Silva Filho & Flach (2017), equation 2. ``low`` is the slope far below even odds, ``high`` far above; equal
    slopes make it a straight line. Both are positive, so ranks stay as they were, ties included.

    Examples
    --------
    >>> OddsLevel(intercept=-1.0, low=2.0, high=2.0)(np.array([0.0, 1.5])).round(9)
    array([-1.,  2.])
    """

    intercept: float = 0.0
    low: float = 1.0
    high: float = 1.0

    def __call__(self, score: Floats) -> Floats:
        """Apply the curve to log-odds of shape (n,)."""
        # log(1 - p) = log p - z: written like this, slopes of one give the log-odds back to the last digit
        return np.asarray(self.intercept + self.high * score + (self.low - self.high) * log_expit(score))

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read the three numbers."""
        saved = stored.fields("intercept", "low", "high")
        return cls(logarithm(saved["intercept"]), saved["low"].number(0.01, 100.0), saved["high"].number(0.01, 100.0))

    @property
    def slope(self) -> float:
        """Slope at even odds."""
        return (self.low + self.high) / 2

    @classmethod
    def learnt(
        cls, score: Floats, *, bought: NDArray[np.bool_], window: NDArray[np.int64], doubt: float = LEVEL_DOUBT
    ) -> Self:
        """Learn both slopes from later windows; they are 1 without evidence, and the intercept is left at 0.

        Minimised over the logarithms of the slopes and over one intercept per window is the negative log-likelihood
        plus ``doubt / 2 * (log(low)^2 + log(high)^2)``: within windows, so that no season is taken for a slope.

        Parameters
        ----------
        score
            Log-odds predicted, shape (n,).
        bought
            What happened, shape (n,).
        window
            Number of the window of each row, shape (n,).
        doubt
            How firmly the slopes are held to 1.
        """
        if not len(score):
            return cls()
        y, at = bought.astype(np.float64), np.unique(window, return_inverse=True)[1].ravel()
        ends, levels = np.column_stack([log_expit(score), -log_expit(-score)]), int(at.max()) + 1

        def loss(point: Floats) -> tuple[float, Floats]:
            slopes = np.exp(point[:2])
            odds = ends @ slopes + point[2:][at]
            error = expit(odds) - y
            value = float((np.logaddexp(0, odds) - y * odds).sum()) + doubt / 2 * float(point[:2] @ point[:2])
            steep = slopes * (ends.T @ error) + doubt * point[:2]
            return value / len(y), np.concatenate([steep, np.bincount(at, error, levels)]) / len(y)

        bounds = [tuple(np.log(_SLOPES))] * 2 + [(-_FARTHEST, _FARTHEST)] * levels
        best = minimize(loss, np.zeros(levels + 2), jac=True, method="L-BFGS-B", bounds=bounds)
        return cls(0.0, *np.exp(best.x[:2]).tolist())
