"""The distribution of a customer's value: nothing with some probability, otherwise spread around what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from tenure_training.models.contract import LEVELS, Floats

KNOTS = np.round(np.concatenate([[0.005, 0.01, 0.025], np.arange(0.05, 1.0, 0.05), [0.975, 0.99, 0.995]]), 4)
"""Levels at which the spread of log value around its expectation is stored."""

ROWS_PER_BIN = 150
MOST_BINS = 8


@dataclass(frozen=True)
class SpendDistribution:
    """Quantiles of log(value / expected value) of those who buy, by bin of expected value.

    Attributes
    ----------
    edges
        Inner edges of the bins on log expected value given a purchase, shape (b - 1,).
    quantiles
        Shape (b, len(KNOTS)).

    Notes
    -----
    With P = P(buys), the value's quantile at level t is 0 for ``t <= 1 - P``, and beyond that the spread's quantile at
    ``(t - (1 - P)) / P`` around the expectation. Learnt from predictions for windows later than those the model was
    fitted on, this is split conformal prediction (Lei et al. 2018) on the part that has a density, binned by predicted
    value (Mondrian).
    """

    edges: Floats
    quantiles: Floats

    @classmethod
    def fit(cls, log_expected: Floats, log_value: Floats) -> Self:
        """Learn from ``n`` purchases.

        Parameters
        ----------
        log_expected
            Logarithm of the expected value given a purchase, shape (n,).
        log_value
            Logarithm of the value there was, shape (n,).
        """
        if len(log_value) == 0:
            return cls(np.empty(0), np.zeros((1, len(KNOTS))))
        bins = int(np.clip(len(log_value) // ROWS_PER_BIN, 1, MOST_BINS))
        edges = np.unique(np.quantile(log_expected, np.arange(1, bins) / bins))
        spread, at = log_value - log_expected, np.searchsorted(edges, log_expected, side="right")
        whole = np.quantile(spread, KNOTS)
        rows = [np.quantile(spread[at == b], KNOTS) if np.any(at == b) else whole for b in range(len(edges) + 1)]
        return cls(edges, np.array(rows))

    def value_quantiles(self, probability: Floats, log_expected: Floats) -> Floats:
        """Quantiles of the value at ``LEVELS``, shape (n, len(LEVELS)), non-decreasing along the row.

        Parameters
        ----------
        probability
            P(buys), shape (n,).
        log_expected
            Logarithm of the expected value given a purchase, shape (n,).
        """
        at = np.searchsorted(self.edges, log_expected, side="right")
        within = (np.array(LEVELS) - (1 - probability[:, None])) / np.maximum(probability[:, None], 1e-12)
        found = np.empty_like(within)
        for b, knots in enumerate(self.quantiles):
            rows = at == b
            found[rows] = np.interp(within[rows], KNOTS, knots)
        return np.where(within > 0, np.exp(log_expected[:, None] + found), 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the knots as JSON values."""
        return {"edges": self.edges.tolist(), "quantiles": self.quantiles.tolist()}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Rebuild from what `to_dict` gave."""
        return cls(np.array(saved["edges"], dtype=np.float64), np.array(saved["quantiles"], dtype=np.float64))
