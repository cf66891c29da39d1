"""The distribution of a customer's value: nothing with some probability, otherwise spread around what is expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from tenure_features.stored import Stored
from tenure_training.models.btyd.btyd_ensemble import SURE_CUSTOMERS
from tenure_training.models.contract import IF_BUYS_LEVELS, LEVELS, Evidence, Floats, TrainingFrame

KNOTS = np.round(np.concatenate([[0.005, 0.01, 0.025], np.arange(0.05, 1.0, 0.05), [0.975, 0.99, 0.995]]), 4)
"""Levels at which the spread of log value around its expectation is stored."""

FEWEST_BUYERS = 100
"""Buyers in later windows from which their spread is taken; fewer say less than the many rows of the fit."""

_ROWS_PER_BIN = 150
MOST_BINS = 8

_OUTLIER = 0.995
"""Values and expectations beyond this quantile count as that much in what a window brought in altogether."""

WIDENS = 0.1
"""Exponent by which the spread grows with the length of the window: over a longer one the number of orders varies more.
From windows of 68 days to 273 it grew by a fifth on CDNOW, from 40 to 90 by as much on Online Retail."""


SMALLEST_SPREAD = 0.05
"""Of logarithms within a bin, when something is added to it."""


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
    def fit(cls, log_expected: Floats, log_value: Floats, *, window: NDArray[np.int64], longer: float = 1.0) -> Self:
        """Learn from ``n`` purchases.

        Parameters
        ----------
        log_expected
            Logarithm of the expected value given a purchase, shape (n,).
        log_value
            Logarithm of the value there was, shape (n,).
        window
            Number of the window of each row, shape (n,).
        longer
            Length of the window to come over that of these: the spread around the median widens by
            ``longer ** WIDENS``.
        """
        if len(log_value) == 0:
            return cls(np.empty(0), np.zeros((1, len(KNOTS))))
        log_expected = log_expected + _beyond(log_expected, log_value, window)
        bins = int(np.clip(len(log_value) // _ROWS_PER_BIN, 1, MOST_BINS))
        edges = np.unique(np.quantile(log_expected, np.arange(1, bins) / bins))
        spread, at = log_value - log_expected, np.searchsorted(edges, log_expected, side="right")
        whole = np.quantile(spread, KNOTS)
        rows = [np.quantile(spread[at == b], KNOTS) if np.any(at == b) else whole for b in range(len(edges) + 1)]
        quantiles = np.array(rows)
        middle = quantiles[:, [len(KNOTS) // 2]]
        return cls(edges, middle + (quantiles - middle) * longer**WIDENS)

    @classmethod
    def of_frame(cls, log_expected: Floats, *, frame: TrainingFrame, rows: NDArray[np.bool_]) -> Self:
        """Learn from the purchases of the training windows.

        Parameters
        ----------
        log_expected
            Logarithm of the expected value given a purchase, of the rows that bought, in their order.
        frame
            Where they lie.
        rows
            Which rows of the frame they are.
        """
        value = frame.labels["value"].to_numpy(dtype=np.float64)[rows]
        longer = frame.horizon_days / frame.window_days[rows].mean() if len(value) else 1.0
        return cls.fit(log_expected, np.log(value), window=frame.window[rows], longer=longer)

    @classmethod
    def of_evidence(cls, evidence: Evidence, *, horizon_days: int) -> Self | None:
        """Learn from predictions for later windows than the model was fitted on; None where too few bought in them."""
        rows = evidence.bought & (evidence.value > 0) & (evidence.expected_value > 0)
        if rows.sum() < FEWEST_BUYERS:
            return None
        log_expected = np.log(
            evidence.expected_value[rows] / np.maximum(evidence.buy_probability[rows], SURE_CUSTOMERS)
        )
        longer = horizon_days / (evidence.window_days or horizon_days)
        return cls.fit(log_expected, np.log(evidence.value[rows]), window=evidence.window[rows], longer=longer)

    def widen(self, spread: float) -> Self:
        """Add what is not known of everybody together: a normal error of the logarithm with this standard deviation.

        The distances from the median grow as those of two independent normal errors do, each bin's own measured between
        its 16th and 84th hundredth.
        """
        if spread <= 0:
            return self
        sigma = np.array([np.subtract(*np.interp([0.84, 0.16], KNOTS, knots)) / 2 for knots in self.quantiles])
        own = np.maximum(sigma, SMALLEST_SPREAD)
        middle = self.quantiles[:, [len(KNOTS) // 2]]
        wider = np.hypot(1.0, spread / own)[:, None]
        return type(self)(self.edges, middle + (self.quantiles - middle) * wider)

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
        quantiles = np.empty_like(within)
        for b, knots in enumerate(self.quantiles):
            rows = at == b
            quantiles[rows] = np.interp(within[rows], KNOTS, knots)
        return np.where(within > 0, np.exp(log_expected[:, None] + quantiles), 0.0)

    def if_buys(self, log_expected: Floats) -> Floats:
        """Quantiles of the value of those who buy at ``IF_BUYS_LEVELS``, shape (n, 2)."""
        at = np.searchsorted(self.edges, log_expected, side="right")
        spread = np.array([np.interp(IF_BUYS_LEVELS, KNOTS, knots) for knots in self.quantiles])
        return np.asarray(np.exp(log_expected[:, None] + spread[at]))

    def to_dict(self) -> dict[str, Any]:
        """Return the knots as JSON values."""
        return {"edges": self.edges.tolist(), "quantiles": self.quantiles.tolist()}

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("edges", "quantiles")
        edges = saved["edges"].numbers(low=-100.0, high=100.0, rising=True)
        rows = saved["quantiles"].items(least=len(edges) + 1, most=len(edges) + 1)
        quantiles = [row.numbers(count=len(KNOTS), low=-100.0, high=100.0, rising=True) for row in rows]
        return cls(np.array(edges, dtype=np.float64), np.array(quantiles, dtype=np.float64))


def _beyond(log_expected: Floats, log_value: Floats, window: NDArray[np.int64]) -> Floats:
    """Logarithm of what each row's window brought in over what was expected of its buyers, shape (n,)."""
    beyond = np.empty(len(window))
    for number in np.unique(window):
        rows = window == number
        came, expected = (logsumexp(_cap(logarithms[rows])) for logarithms in (log_value, log_expected))
        beyond[rows] = came - expected
    return beyond


def _cap(logarithms: Floats) -> Floats:
    return np.minimum(logarithms, np.quantile(logarithms, _OUTLIER))
