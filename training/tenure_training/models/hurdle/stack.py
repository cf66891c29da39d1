"""A stack of models: weights that are never negative and sum to one, learnt from predictions for later windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, minimize
from scipy.special import expit

from tenure_features.stored import Stored
from tenure_training.models.contract import Floats

STACK_DOUBT = 30.0
"""How firmly weights are held to what they were before the evidence: half of it is the penalty, in units of
log-likelihood, for a squared distance of one. Some hundred purchases move them, some thousand settle them."""

FARTHEST = 6.0
"""A window's own level, in log-odds, is looked for so far: beyond there is nothing to tell."""


@dataclass(frozen=True)
class Stack:
    """A weighted mean of log-odds, by name of the part.

    Examples
    --------
    >>> Stack({"one": 0.25, "other": 0.75})({"one": np.array([1.0]), "other": np.array([3.0])})
    array([2.5])
    """

    weights: Mapping[str, float]

    @classmethod
    def from_stored(cls, stored: Stored, *, parts: Sequence[str]) -> Self:
        """Read weights that were stored by name, one for each part."""
        saved = stored.fields(*parts)
        return cls({name: saved[name].number(0.0, 1.0) for name in saved})

    def __call__(self, parts: Mapping[str, Floats]) -> Floats:
        """Take the weighted mean of the parts, shape (n,) each."""
        return np.asarray(sum(weight * parts[name] for name, weight in self.weights.items()))

    def learnt(
        self,
        parts: Mapping[str, Floats],
        *,
        bought: NDArray[np.bool_],
        window: NDArray[np.int64],
        doubt: float = STACK_DOUBT,
    ) -> Self:
        """Return the stack that predicts ``n`` outcomes best, held back by these weights.

        Minimised over weights w >= 0 that sum to one, and over one level per window, is the negative log-likelihood of
        ``level[window] + sum w_k parts_k`` plus ``doubt / 2 * |w - w_before|^2``. This is stacking (Wolpert 1992) with
        the constraint of Breiman (1996). Every window has its own level: a season in which everybody bought more must
        not be taken for the merit of the part that expected more.

        Parameters
        ----------
        parts
            Log-odds by part, shape (n,) each, of models fitted before each window.
        bought
            What happened, shape (n,).
        window
            Number of the window of each row, shape (n,).
        doubt
            How firmly the weights are held.
        """
        names = list(self.weights)
        if len(names) < 2 or not len(bought):
            return self
        before = np.array([self.weights[name] for name in names])
        Z = np.column_stack([parts[name] for name in names])
        y, at = bought.astype(np.float64), np.unique(window, return_inverse=True)[1].ravel()
        levels, k = int(at.max()) + 1, len(names)

        def loss(point: Floats) -> tuple[float, Floats]:
            z = Z @ point[:k] + point[k:][at]
            error, away = expit(z) - y, point[:k] - before
            value = float((np.logaddexp(0, z) - y * z).sum()) + doubt / 2 * float(away @ away)
            slope = np.concatenate([Z.T @ error + doubt * away, np.bincount(at, error, levels)])
            return value / len(y), slope / len(y)

        best = minimize(
            loss,
            np.concatenate([before, np.zeros(levels)]),
            jac=True,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * k + [(-FARTHEST, FARTHEST)] * levels,
            constraints=_sum_to_one(k, levels),
            options={"ftol": 1e-9, "maxiter": 200},
        )
        weights = np.clip(np.round(best.x[:k], 6), 0.0, 1.0)
        return type(self)(dict(zip(names, (weights / weights.sum()).tolist(), strict=True)))


def _sum_to_one(k: int, levels: int) -> LinearConstraint:
    return LinearConstraint(np.concatenate([np.ones(k), np.zeros(levels)])[None, :], 1.0, 1.0)
