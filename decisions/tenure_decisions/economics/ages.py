"""Ages: the value of customers by days since their first order, and the mean cumulative value curve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.economics.ledger import OrderLedger
from tenure_decisions.inputs import MONTH_DAYS, ONE_DAY, Bools, Floats, Ints, Numbers, days_from
from tenure_decisions.resampling import divide

LEAST = 30
"""Customers that must have reached an age before the mean at that age is trusted."""


@dataclass(frozen=True, kw_only=True)
class Ages:
    """Value of ``n`` customers in ``J`` intervals of age.

    Attributes
    ----------
    age
        Days from the first order to ``as_of``, shape (n,).
    edges
        Limits of the intervals in days, ``[edges[j], edges[j + 1])``, shape (J + 1,), the first 0.
    value, revenue
        Money in each interval, as far as it has been seen, shape (n, J).
    at_once
        Value at age 0, the moment of the first order, shape (n,): part of the first interval, there from its beginning.
    active
        Whether there was an order with positive revenue in the interval, shape (n, J).
    orders
        Orders in the interval, free ones too, shape (n, J).
    so_far
        Value until ``as_of`` at any age, shape (n,).
    """

    age: Floats
    edges: Floats
    value: Floats
    revenue: Floats
    at_once: Floats
    active: Bools
    orders: Floats
    so_far: Floats

    @property
    def closed(self) -> Bools:
        """Whether a customer has lived through an interval, shape (n, J)."""
        return np.asarray(self.age[:, None] >= self.edges[1:])

    def position(self, days: float) -> int:
        """Return the index of the edge at ``days``."""
        return int(np.searchsorted(self.edges, days))


def month_edges(longest: float, horizons: Iterable[int] = (), *, period_days: int = MONTH_DAYS) -> Floats:
    """Return limits every ``period_days`` up to ``longest``, and the horizons among them.

    Examples
    --------
    >>> month_edges(75, (45,)).tolist()
    [0.0, 30.0, 45.0, 60.0, 90.0]
    """
    periods = period_days * np.arange(max(2, int(np.ceil(longest / period_days)) + 1))
    return np.unique(np.concatenate([periods, np.array(list(horizons), dtype=np.int64)])).astype(np.float64)


def measure_ages(ledger: OrderLedger, acquired: pd.DataFrame, *, as_of: pd.Timestamp, edges: Floats) -> Ages:
    """Lay the movements of a ledger out by each customer's age.

    Parameters
    ----------
    ledger
        From `open_ledger`.
    acquired
        ``customer_id`` and ``first_order_at``; rows of the result are in this order.
    as_of
        The moment ages are measured at.
    edges
        Limits of the intervals in days; movements before the first order count as age 0.
    """
    n, width = len(acquired), len(edges) - 1
    rows = ledger.movements
    who = pd.Index(acquired["customer_id"]).get_indexer(pd.Index(rows["customer_id"]))
    first = acquired["first_order_at"].to_numpy()
    days = (rows["at"].to_numpy() - first[who]) / ONE_DAY.to_timedelta64()
    column = np.searchsorted(edges, np.maximum(days, 0.0), side="right") - 1
    mine, inside = who >= 0, (who >= 0) & (column < width)
    cell = who[inside] * width + column[inside]

    def by_cell(weights: Numbers) -> Floats:
        return np.bincount(cell, weights[inside], minlength=n * width).reshape(n, width)

    value, revenue = (rows[name].to_numpy(np.float64) for name in ("value", "revenue"))
    first_moment = mine & (days <= 0)
    paid = by_cell((rows["is_order"] & (rows["revenue"] > 0)).to_numpy(np.float64))
    return Ages(
        age=days_from(acquired["first_order_at"], as_of),
        edges=edges,
        value=by_cell(value),
        revenue=by_cell(revenue),
        at_once=np.bincount(who[first_moment], value[first_moment], minlength=n),
        active=paid > 0,
        orders=by_cell(rows["is_order"].to_numpy(np.float64)),
        so_far=np.bincount(who[mine], value[mine], minlength=n),
    )


def mean_cumulative(value: Floats, at_risk: Floats) -> Floats:
    """Return the mean cumulative value of a customer at each edge (Nelson, 2003), from sums by interval.

    Each interval counts only customers who have lived through it, so that young customers neither pull the curve down
    nor are left out. It assumes that young and old customers are alike at the same age.

    Parameters
    ----------
    value
        Sum over customers who lived through each interval, shape (..., J).
    at_risk
        Number of those customers, shape (..., J).

    Returns
    -------
    ndarray
        Shape (..., J + 1), starting with 0; NaN from the first interval nobody has lived through.

    Examples
    --------
    >>> mean_cumulative(np.array([40.0, 10.0, 0.0]), np.array([4.0, 2.0, 0.0])).tolist()
    [0.0, 10.0, 15.0, nan]
    """
    steps = np.cumsum(divide(value, at_risk), axis=-1)
    return np.concatenate([np.zeros((*steps.shape[:-1], 1)), steps], axis=-1)


def interpolation(age: Floats, edges: Floats) -> Floats:
    """Return weights of the edges that give a curve's value at each age, linear between them, shape (n, J + 1)."""
    right: Ints = np.clip(np.searchsorted(edges, age, side="right"), 1, len(edges) - 1)
    span = edges[right] - edges[right - 1]
    share = np.clip((age - edges[right - 1]) / span, 0.0, 1.0)
    weights = np.zeros((len(age), len(edges)))
    row = np.arange(len(age))
    weights[row, right - 1] += 1 - share
    weights[row, right] += share
    return weights
