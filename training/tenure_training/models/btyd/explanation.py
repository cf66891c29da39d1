"""Reasons of a BTYD model: what a customer's order days, silence and age each do to the prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import combinations
from math import factorial
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import logit

from tenure_features.stored import Stored, positive
from tenure_training.models.contract import Contributions

from .base import BTYDModel
from .gammagamma import GammaGamma
from .summary import Floats, observations

TERMS = ("order_days", "recency_days", "tenure_days", "value_mean")
_HISTORY_TERMS = TERMS[:3]
_SURE = 1e-12


@dataclass(frozen=True)
class Undecided:
    """The customer that explanations start from: the one about whom the model is undecided.

    Attributes
    ----------
    x, silence, T
        Repeat order days, whole days since the last order, and since the first.
    spend
        Expected spend per order day.
    """

    x: float
    silence: float
    T: float
    spend: float

    @classmethod
    def of(cls, snapshot: pd.DataFrame, *, buys: Floats, spend: Floats) -> Self:
        """Take weighted medians over a snapshot, weights p (1 - p); of spend, those of likely buyers.

        Parameters
        ----------
        snapshot
            ``n`` customers.
        buys, spend
            P(at least one order) and expected spend per order day, shape (n,).
        """
        x, t_x, T = observations(snapshot)
        weight = buys * (1 - buys) + _SURE
        return cls(
            x=_median(x, weight),
            silence=_median(T - t_x, weight),
            T=_median(T, weight),
            spend=_median(np.maximum(spend, _SURE), buys + _SURE),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("x", "silence", "T", "spend")
        x, silence, T = (saved[name].number(0.0, 1e6) for name in ("x", "silence", "T"))
        return cls(x, silence, T, positive(saved["spend"]))


def explain_history(
    model: BTYDModel,
    spend: GammaGamma,
    reference: Undecided,
    snapshot: pd.DataFrame,
    *,
    days: Floats,
    mean_spend: Floats,
    horizon_days: float,
) -> Contributions:
    """Explain each prediction by exact Shapley values over order days, silence and age (Lundberg & Lee 2017).

    The three decide everything a BTYD model says, so eight predictions per row tell it all; rows that are equal are
    computed once. Expected spend is a term of its own.

    Parameters
    ----------
    model, spend
        Fitted, in days.
    reference
        Where explanations start from.
    snapshot
        ``n`` customers.
    days, mean_spend
        Order days and mean spend per order, shape (n,).
    horizon_days
        Length of the horizon.
    """
    x, t_x, T = observations(snapshot)
    rows, back = np.unique(np.column_stack([x, T - t_x, T]), axis=0, return_inverse=True)

    def predict(x: Floats, silence: Floats, T: Floats) -> tuple[Floats, Floats]:
        # a mixture of two customers may be silent for longer than it has been one, or be silent since a first order
        age = np.maximum(T, silence)
        last = np.where(x > 0, age - silence, 0.0)
        buys = np.clip(model.buy_probability(x, last, age, horizon_days=horizon_days), _SURE, 1 - _SURE)
        expected = np.maximum(model.expected_orders(x, last, age, horizon_days=horizon_days), _SURE)
        return -logit(buys), np.log(expected) - np.log(buys)

    churn, worth = shapley(predict, rows, np.array([reference.x, reference.silence, reference.T]))
    each = np.maximum(np.asarray(spend.expected_spend(days, mean_spend)), _SURE)
    shape = (len(x), len(TERMS))
    log_odds, value = np.zeros(shape), np.zeros(shape)
    log_odds[:, :3], value[:, :3] = churn[0][back.ravel()], worth[0][back.ravel()]
    value[:, 3] = np.log(each) - np.log(reference.spend)
    return Contributions(
        features=list(TERMS),
        churn=log_odds,
        churn_base=churn[1],
        value=value,
        value_base=worth[1] + float(np.log(reference.spend)),
    )


def shapley(
    function: Callable[..., tuple[Floats, Floats]], rows: Floats, reference: Floats
) -> tuple[tuple[Floats, float], tuple[Floats, float]]:
    """Share two functions of a row's columns among the columns: exact Shapley values against a reference.

    Parameters
    ----------
    function
        Of the columns, shape (n,) each, to two results, shape (n,) each.
    rows
        Shape (n, k).
    reference
        Shape (k,).

    Returns
    -------
    tuple
        For each result the shares, shape (n, k), and the result at the reference: they add up to the result.

    Examples
    --------
    >>> (shares, base), _ = shapley(lambda a, b: (a * b, a), np.array([[3.0, 5.0]]), np.array([1.0, 1.0]))
    >>> shares.tolist(), base
    ([[6.0, 8.0]], 1.0)
    """
    n, k = rows.shape
    columns = list(range(k))
    at: dict[tuple[int, ...], tuple[Floats, Floats]] = {}
    for size in range(k + 1):
        for own in combinations(columns, size):
            at[own] = function(*(rows[:, j] if j in own else np.full(n, reference[j]) for j in columns))
    sides = []
    for result in range(2):
        shares = np.zeros((n, k))
        for j in columns:
            for own in (coalition for coalition in at if j not in coalition):
                weight = factorial(len(own)) * factorial(k - len(own) - 1) / factorial(k)
                shares[:, j] += weight * (at[tuple(sorted((*own, j)))][result] - at[own][result])
        sides.append((shares, float(at[()][result][0]) if n else 0.0))
    return sides[0], sides[1]


def _median(column: Floats, weight: Floats) -> float:
    order = np.argsort(column, kind="stable")
    half = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    return float(column[order][min(int(half), len(column) - 1)]) if len(column) else 0.0
