"""Labels: what a customer did in a closed window."""

from __future__ import annotations

import pandas as pd

DEFINITIONS = {
    "churn": "no order with positive revenue in [as_of, as_of + horizon_days)",
    "value": "net revenue (orders less returns) in [as_of, as_of + horizon_days)",
    "population": "every customer with at least one order (revenue of zero or more) before as_of",
}
"""The words a score carries with it."""


def labels(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Turn outcomes into labels.

    Parameters
    ----------
    outcomes
        ``orders`` (orders with positive revenue in the window), ``value`` (net revenue in it) and ``wait_days`` (until
        the first of the orders, NaN without one), one row per customer of the population, zeros kept; see
        `tenure_features.outcomes`.

    Returns
    -------
    DataFrame
        ``bought`` (bool; churn is its opposite), ``orders``, ``value`` and ``wait_days`` (float64), in the same order.

    Examples
    --------
    >>> labels(pd.DataFrame({"orders": [0.0, 2.0], "value": [-5.0, 30.0], "wait_days": [None, 3.5]}))
       bought  orders  value  wait_days
    0   False     0.0   -5.0        NaN
    1    True     2.0   30.0        3.5
    """
    outcome = outcomes[["orders", "value", "wait_days"]].astype("float64").reset_index(drop=True)
    outcome.insert(0, "bought", outcome["orders"] > 0)
    return outcome
