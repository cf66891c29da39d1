"""Ridge regression on the model matrix, logistic for log-odds and least squares for log spend, stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from tenure_training.models.contract import Floats
from tenure_training.models.design import columns_of
from tenure_training.models.search_space import Real, SearchSpace

SPACE: SearchSpace = MappingProxyType({"linear_penalty": Real(1.0, 3000.0, 100.0, log=True)})
"""What may be tuned: the ridge penalty of the log-odds on standardised columns, the inverse of scikit-learn's C."""

BOUND = 6.0
"""Standardised columns are cut here: a customer far outside what was seen gets the edge, not a straight line to it."""


@dataclass(frozen=True)
class Ridge:
    """A fitted linear predictor on standardised columns; missing values stand at the median.

    Attributes
    ----------
    columns, median, mean, scale, weight
        One entry per column; ``score = intercept + sum(weight * clip((x - mean) / scale))``.
    intercept
        The score of a customer at the mean of every column.
    """

    columns: tuple[str, ...]
    median: Floats
    mean: Floats
    scale: Floats
    weight: Floats
    intercept: float

    @classmethod
    def fit(
        cls, X: pd.DataFrame, y: Floats, *, weight: Floats, link: Literal["logit", "identity"], penalty: float
    ) -> Self:
        """Fit on ``n`` rows.

        Parameters
        ----------
        X
            Model matrix, shape (n, k).
        y
            Shape (n,): 0 or 1 for the logit link, any number for the identity.
        weight
            Weights of the rows, shape (n,).
        link
            ``logit`` for log-odds, ``identity`` for a mean.
        penalty
            Ridge penalty on standardised weights: an absolute number for ``logit`` (the inverse of scikit-learn's C),
            per row for ``identity``.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.linear_model import Ridge as LeastSquares

        values = X.to_numpy(dtype=np.float64)
        median = np.array([median_of(column) for column in values.T])
        filled = np.where(np.isnan(values), median, values)
        mean, scale = filled.mean(axis=0), filled.std(axis=0)
        scale = np.where(scale > 1e-9, scale, 1.0)
        standard = np.clip((filled - mean) / scale, -BOUND, BOUND)
        if link == "logit":
            # many rows, few columns: a handful of Newton steps
            model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", max_iter=100, tol=1e-6)
        else:
            model = LeastSquares(alpha=penalty * len(y))
        model.fit(standard, y, sample_weight=weight)
        intercept = float(np.ravel(model.intercept_)[0])
        return cls(tuple(X.columns), median, mean, scale, np.ravel(model.coef_).astype(np.float64), intercept)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return what each column adds to the intercept, shape (n, k)."""
        values = columns_of(X, self.columns).to_numpy(dtype=np.float64)
        filled = np.where(np.isnan(values), self.median, values)
        return np.asarray(np.clip((filled - self.mean) / self.scale, -BOUND, BOUND) * self.weight)

    def score(self, X: pd.DataFrame) -> Floats:
        """Return the linear predictor, shape (n,)."""
        return np.asarray(self.intercept + self.contributions(X).sum(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        lists = {name: getattr(self, name).tolist() for name in ("median", "mean", "scale", "weight")}
        return {"columns": list(self.columns), **lists, "intercept": self.intercept}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Rebuild from what `to_dict` gave."""
        arrays = {name: np.array(saved[name], dtype=np.float64) for name in ("median", "mean", "scale", "weight")}
        return cls(columns=tuple(saved["columns"]), intercept=float(saved["intercept"]), **arrays)


def median_of(column: Floats) -> float:
    """Median of the known values; 0 where none is known."""
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0
