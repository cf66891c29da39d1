"""Ridge regression on the model matrix, logistic for log-odds and least squares for log spend, stored as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from tenure_features.float_table import Table
from tenure_features.stored import Stored, logarithm
from tenure_training.models.contract import Floats
from tenure_training.models.design import PartAnswer, TermMap, columns_of
from tenure_training.models.search_space import Real, SearchSpace

PENALTY_SPACE: SearchSpace = MappingProxyType({"linear_penalty": Real(1.0, 3000.0, 100.0, log=True)})
"""What may be tuned: the ridge penalty of the log-odds on standardised columns, the inverse of scikit-learn's C."""

QUARTILES = (0.25, 0.5, 0.75)

BOUND = 6.0
"""Standardised columns are cut here: a customer far outside what was seen gets the edge, not a straight line to it."""


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """A fitted linear predictor on standardised columns; missing values stand at the median.

    Attributes
    ----------
    columns, median
        One entry per column.
    mean, scale, weight
        One entry per term, the columns x and then the bends max(x - knot, 0);
        ``score = intercept + sum(weight * clip((term - mean) / scale))``.
    intercept
        The score of a customer at the mean of every term.
    bends
        Number of the column and knot of every bend.
    """

    columns: tuple[str, ...]
    median: Floats
    mean: Floats
    scale: Floats
    weight: Floats
    intercept: float
    bends: tuple[tuple[int, float], ...] = ()

    @classmethod
    def fit(
        cls,
        X: pd.DataFrame,
        y: Floats,
        *,
        weight: Floats,
        link: Literal["logit", "identity"],
        penalty: float,
        bent: Sequence[str] = (),
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
        bent
            Columns whose effect may change its slope at their quartiles (a linear spline).
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.linear_model import Ridge as LeastSquares

        values = X.to_numpy(dtype=np.float64)
        median = np.array([median_of(column) for column in values.T])
        filled = np.where(np.isnan(values), median, values)
        bends = _knots(filled, [number for number, name in enumerate(X.columns) if name in bent])
        filled = _with_bends(filled, bends)
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
        return cls(
            columns=tuple(X.columns),
            median=median,
            mean=mean,
            scale=scale,
            weight=np.ravel(model.coef_).astype(np.float64),
            intercept=intercept,
            bends=bends,
        )

    @cached_property
    def terms(self) -> TermMap:
        """Which explanation terms its columns belong to."""
        return TermMap.of(self.columns)

    def contributions(self, X: Table) -> Floats:
        """Return what each column adds to the intercept, its bends included, shape (n, k)."""
        values = columns_of(X, self.columns)
        filled = _with_bends(np.where(np.isnan(values), self.median, values), self.bends)
        terms = np.clip((filled - self.mean) / self.scale, -BOUND, BOUND) * self.weight
        by_column = terms[:, : len(self.columns)]
        for number, (column, _) in enumerate(self.bends, start=len(self.columns)):
            by_column[:, column] += terms[:, number]
        return np.asarray(by_column)

    def score(self, X: Table) -> Floats:
        """Return the linear predictor, shape (n,)."""
        return self.answer(X).score

    def answer(self, X: Table) -> PartAnswer:
        """Score and explain."""
        parts = self.contributions(X)
        return PartAnswer(score=np.asarray(self.intercept + parts.sum(axis=1)), parts=parts, base=self.intercept)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        lists = {name: getattr(self, name).tolist() for name in ("median", "mean", "scale", "weight")}
        return {"columns": list(self.columns), **lists, "intercept": self.intercept, "bends": list(self.bends)}

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("columns", "median", "mean", "scale", "weight", "intercept", "bends")
        columns = saved["columns"].texts()
        bends = tuple(_bend(bend, len(columns)) for bend in saved["bends"].items())
        terms = len(columns) + len(bends)
        return cls(
            columns=columns,
            median=np.array(saved["median"].numbers(count=len(columns), low=-1e9, high=1e9), dtype=np.float64),
            mean=np.array(saved["mean"].numbers(count=terms, low=-1e9, high=1e9), dtype=np.float64),
            scale=np.array(saved["scale"].numbers(count=terms, low=1e-9, high=1e9), dtype=np.float64),
            weight=np.array(saved["weight"].numbers(count=terms, low=-100.0, high=100.0), dtype=np.float64),
            intercept=logarithm(saved["intercept"]),
            bends=bends,
        )


def _bend(stored: Stored, columns: int) -> tuple[int, float]:
    column, knot = stored.items(least=2, most=2)
    return column.whole(0, columns - 1), knot.number(-1e9, 1e9)


def _knots(filled: Floats, columns: Sequence[int]) -> tuple[tuple[int, float], ...]:
    """Quartiles of columns, each once, without those at an end: there is nothing to tell beyond them."""
    return tuple(
        (column, float(knot))
        for column in columns
        for knot in np.unique(np.quantile(filled[:, column], QUARTILES))
        if filled[:, column].min() < knot < filled[:, column].max()
    )


def _with_bends(filled: Floats, bends: Sequence[tuple[int, float]]) -> Floats:
    """Append ``max(x - knot, 0)`` for every bend to columns of shape (n, k)."""
    return np.column_stack([filled, *(np.maximum(filled[:, column] - knot, 0.0) for column, knot in bends)])


def median_of(column: Floats) -> float:
    """Median of the known values; 0 where none is known."""
    present = column[~np.isnan(column)]
    return float(np.median(present)) if len(present) else 0.0
