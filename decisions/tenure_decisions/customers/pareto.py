"""The Pareto share: how much of all value the best customers bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tenure_decisions.inputs import Floats, Ints
from tenure_features.errors import DataContractError, UsageError

PARETO_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
PARETO_SIDES = ("realised_revenue", "realised_profit", "expected_revenue", "expected_profit")
"""What customers are ranked by, side by side."""


def pareto(values: ArrayLike, *, shares: Sequence[float] = PARETO_SHARES) -> pd.DataFrame:
    """Say what share of the total the best so many customers bring.

    Parameters
    ----------
    values
        One per customer, in money; expected or realised. Shape (n,), n >= 1.
    shares
        Shares of customers, in (0, 1]; the number of customers is rounded up.

    Returns
    -------
    DataFrame
        ``share_of_customers``, ``customers``, ``value`` (their sum) and ``share_of_value``, one row per share. Losses
        are part of the total, so the best may bring more than all of it. Of a total that is not positive nobody
        brings a share: it is missing.

    Raises
    ------
    DataContractError
        Nobody is there, or a value is missing or infinite.
    UsageError
        A share is outside (0, 1].

    Examples
    --------
    >>> pareto([80.0, 5, 5, 5, 5], shares=[0.2, 0.5])[["customers", "share_of_value"]].to_numpy().tolist()
    [[1.0, 0.8], [3.0, 0.9]]
    """
    ranked = np.sort(np.asarray(values, dtype=np.float64))[::-1]
    if ranked.size == 0 or not np.isfinite(ranked).all():
        broken = f"{int((~np.isfinite(ranked)).sum())} of {ranked.size} missing or infinite"
        raise DataContractError("Value cannot be shared out.", found=broken)
    if any(not 0 < share <= 1 for share in shares):
        raise UsageError("A share of customers lies above 0 and at most at 1.", found=", ".join(map(str, shares)))
    counts = _counts(shares, ranked.size)
    sums = np.cumsum(ranked)
    table = pd.DataFrame({"share_of_customers": shares, "customers": counts})
    table["value"] = [float(sums[count - 1]) for count in counts]
    total = float(sums[-1])
    table["share_of_value"] = table["value"] / total if total > 0 else np.nan
    return table


def pareto_curve(values: ArrayLike, *, points: int = 50) -> pd.DataFrame:
    """Return `pareto` at evenly spaced shares of customers, for drawing."""
    return pareto(values, shares=[step / points for step in range(1, points + 1)])


def compare_pareto(sides: Mapping[str, ArrayLike], *, shares: Sequence[float] = PARETO_SHARES) -> pd.DataFrame:
    """Set the Pareto shares of revenue and profit, so far and expected, side by side.

    Parameters
    ----------
    sides
        Some of `PARETO_SIDES`: one amount per customer each, in the same order of customers; see `pareto`.
    shares
        Shares of customers, in (0, 1].

    Returns
    -------
    DataFrame
        ``share_of_customers``, ``customers`` and a column per side: what share of its total those bring who are best by
        it. With both realised sides ``best_by_both`` is the share of the best by revenue who are among as many best by
        profit; of equals by one, the better by the other goes first.

    Raises
    ------
    DataContractError
        Nobody is there, a value is missing or infinite, or the sides are not of the same customers.

    Examples
    --------
    >>> found = compare_pareto({"realised_revenue": [50.0, 30, 20], "realised_profit": [5.0, 12, 8]}, shares=[0.5])
    >>> found[["realised_revenue", "realised_profit", "best_by_both"]].to_numpy().tolist()
    [[0.8, 0.8, 0.5]]
    """
    columns = {name: np.asarray(sides[name], dtype=np.float64) for name in PARETO_SIDES if name in sides}
    sizes = {name: values.size for name, values in columns.items()}
    if len(set(sizes.values())) != 1:
        raise DataContractError("Sides to compare are of the same customers.", found=str(sizes))
    size = next(iter(sizes.values()))
    table = pd.DataFrame({"share_of_customers": shares, "customers": _counts(shares, size)})
    for name, values in columns.items():
        table[name] = pareto(values, shares=shares)["share_of_value"]
    if {"realised_revenue", "realised_profit"} <= set(columns):
        revenue, profit = columns["realised_revenue"], columns["realised_profit"]
        by_revenue, by_profit = _ranking(revenue, profit), _ranking(profit, revenue)
        table["best_by_both"] = [
            len(np.intersect1d(by_revenue[:count], by_profit[:count])) / count for count in table["customers"]
        ]
    return table


def _counts(shares: Sequence[float], size: int) -> list[int]:
    # 1e-9: three fifths of ten customers are six, whatever floats make of it
    return [int(np.ceil(share * size - 1e-9)) for share in shares]


def _ranking(first: Floats, second: Floats) -> Ints:
    """Return positions, the largest ``first`` leading, of equals the largest ``second``."""
    return np.asarray(np.lexsort((-second, -first)), dtype=np.int64)
