"""Whether a moment lies past the data: later than the last order by more than the shop usually pauses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_features import Shop, orders
from tenure_features.errors import DataContractError
from tenure_features.reading.engine import fetch

USUAL_SHARE = 0.99
"""A pause is usual that at most one in a hundred between days with orders is longer than."""

LEAST_PAUSE_DAYS = 2.0
"""A day whose orders are still to be loaded is no gap, in a shop that sells every day."""


def usual_pause(days: pd.Series) -> float:
    """Return how many days after a day with orders the next one usually comes at the latest.

    Parameters
    ----------
    days
        Days with at least one order, in any order.

    Returns
    -------
    float
        The 99 % quantile of the distances between neighbouring days with orders, at least `LEAST_PAUSE_DAYS`.

    Examples
    --------
    >>> usual_pause(pd.Series(pd.date_range("2024-01-01", periods=60)))
    2.0
    >>> usual_pause(pd.Series(pd.date_range("2024-01-05", periods=9, freq="W-FRI")))
    7.0
    """
    gaps = np.diff(np.sort(pd.to_datetime(days).unique())) / np.timedelta64(1, "D")
    usual = float(np.quantile(gaps, USUAL_SHARE, method="inverted_cdf")) if len(gaps) else 0.0
    return max(usual, LEAST_PAUSE_DAYS)


def gap_notes(shop: Shop, *, allow_gap: bool) -> tuple[str, ...]:
    """Say that the moment lies past the data, where that is allowed; nothing where it does not.

    Raises
    ------
    DataContractError
        The moment is later than the day of the last order by more than the usual pause, the log does not go on
        after it, and that is not allowed: what looks like silence is missing data.
    """
    if shop.log.readiness.rows_after_as_of:
        return ()
    bought = orders(shop)
    sold = bought.filter(bought.revenue >= 0)
    days = pd.to_datetime(fetch(sold.select(day=sold.ordered_at.date()).distinct())["day"])
    last, usual = days.max(), usual_pause(days)
    since = (shop.as_of.normalize() - last) / pd.Timedelta(days=1)
    if not since > usual:
        return ()
    gap = f"as_of {shop.as_of:%Y-%m-%d} is {since:.0f} days after the last order ({last:%Y-%m-%d})"
    if allow_gap:
        return (f"{gap}, and this shop pauses for {usual:.0f} at most: missing days look like customers who left.",)
    raise DataContractError(
        "The moment lies past the data: missing days would look like customers who left.",
        found=f"{gap}; between two days with orders this shop pauses for {usual:.0f} days at most",
        fix="Load the newer orders, name an earlier --as-of, or say --allow-gap if there were none.",
    )
