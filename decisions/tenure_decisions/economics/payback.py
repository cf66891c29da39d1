"""Payback: the month of age in which a customer has brought back what they cost. "Not yet" is an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tenure_decisions.inputs import MONTH_DAYS, Floats

Status = Literal["paid back", "not yet", "no cost", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Payback:
    """When customers have paid back what they cost.

    Attributes
    ----------
    status
        ``paid back``, ``not yet`` within the months observed (censored, never a number), ``no cost`` (nothing to pay
        back) or ``unknown`` (the cost of acquisition is not defined, or nobody is old enough).
    month
        First month of age (30 days each) at whose end the mean cumulative value reaches the cost; NaN otherwise.
    low, high
        Interval of the month; infinite where "not yet" is inside it.
    observed_months
        Months of age seen; "not yet" means: not within these.
    """

    status: Status
    month: float
    low: float
    high: float
    observed_months: int

    def __str__(self) -> str:
        """Say it in the words of a table cell.

        Examples
        --------
        >>> str(Payback(status="paid back", month=3.0, low=2.0, high=np.inf, observed_months=18))
        'month 3 (2 to not yet)'
        >>> str(Payback(status="not yet", month=np.nan, low=17.0, high=np.inf, observed_months=18))
        'not yet after 18 months'
        """
        if self.status == "not yet":
            return f"not yet after {self.observed_months} months"
        if self.status != "paid back":
            return self.status
        high = "not yet" if not np.isfinite(self.high) else f"{self.high:.0f}"
        return f"month {self.month:.0f} ({self.low:.0f} to {high})"


def payback(curve: Floats, edges: Floats, cost: Floats, *, at_risk: Floats, least: int, level: float) -> Payback:
    """Find the month in which the mean cumulative value of a customer first reaches the cost of acquisition.

    Parameters
    ----------
    curve
        Mean cumulative value at each edge, the estimate first and then draws, shape (1 + B, J + 1).
    edges
        Ages in days.
    cost
        Cost of acquisition of a customer, shape (1 + B,).
    at_risk
        Customers who have lived through each interval, shape (J,).
    least
        Customers that must have reached an age for it to count as observed.
    level
        Of the interval.

    Examples
    --------
    >>> curve, edges = np.array([[0.0, 10.0, 14.0, 20.0]]), np.array([0.0, 30.0, 60.0, 90.0])
    >>> payback(curve, edges, np.array([12.0]), at_risk=np.array([9.0, 9.0, 9.0]), least=5, level=0.8).month
    2.0
    """
    ends = np.flatnonzero((edges > 0) & (edges % MONTH_DAYS == 0))
    ends = ends[at_risk[ends - 1] >= least]
    months = int(edges[ends[-1]] // MONTH_DAYS) if len(ends) else 0
    if not np.isfinite(cost[0]) or months == 0:
        return Payback(status="unknown", month=np.nan, low=np.nan, high=np.nan, observed_months=months)
    if cost[0] <= 0:
        return Payback(status="no cost", month=np.nan, low=np.nan, high=np.nan, observed_months=months)
    reached = np.nan_to_num(curve[:, ends], nan=-np.inf) >= cost[:, None]
    first = np.where(reached.any(axis=1), edges[ends][reached.argmax(axis=1)] / MONTH_DAYS, np.inf)
    # order statistics, never interpolated: between month 9 and "not yet" there is no mean
    tail = 0.5 - level / 2
    low, high = np.quantile(first[1:] if len(first) > 1 else first, [tail, 1 - tail], method="inverted_cdf")
    if not np.isfinite(first[0]):
        return Payback(status="not yet", month=np.nan, low=float(low), high=np.inf, observed_months=months)
    return Payback(status="paid back", month=float(first[0]), low=float(low), high=float(high), observed_months=months)
