"""The level of probabilities: whose ranking, whose totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from tenure_training.models.contract import Floats

_SLOPES = (0.2, 5.0)


@dataclass(frozen=True)
class Level:
    """A straight line on log-odds, ``intercept + slope * score`` with a positive slope: ranks stay as they were.

    Examples
    --------
    >>> score = np.array([-1.0, 0.0, 1.0])
    >>> level = Level.to_match(score, probability=expit(2 * score - 1))
    >>> round(level.intercept, 3), round(level.slope, 3)
    (-1.0, 2.0)
    """

    intercept: float = 0.0
    slope: float = 1.0

    def __call__(self, score: Floats) -> Floats:
        """Apply the line."""
        return self.intercept + self.slope * score

    @classmethod
    def to_match(cls, score: Floats, *, probability: Floats) -> Self:
        """Find the line whose probabilities are closest to given ones, in log-loss.

        This is Platt's scaling (1999) with soft labels: it carries the level and the spread of one model over to the
        ranking of another.

        Parameters
        ----------
        score
            Log-odds that rank the customers, shape (n,).
        probability
            Probabilities whose level is wanted, shape (n,).
        """

        def loss(line: Floats) -> tuple[float, Floats]:
            odds = line[0] + line[1] * score
            error = expit(odds) - probability
            return float(np.mean(np.logaddexp(0, odds) - probability * odds)), np.array(
                [error.mean(), (error * score).mean()]
            )

        start = np.array([0.0, 1.0])
        best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-10, 10), _SLOPES])
        return cls(*best.x.tolist())
