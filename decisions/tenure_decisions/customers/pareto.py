"""The Pareto share: how much of all value the best customers bring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tenure_features.errors import DataContractError, UsageError

PARETO_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


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
    # 1e-9: three fifths of ten customers are six, whatever floats make of it
    counts = [int(np.ceil(share * ranked.size - 1e-9)) for share in shares]
    sums = np.cumsum(ranked)
    table = pd.DataFrame({"share_of_customers": shares, "customers": counts})
    table["value"] = [float(sums[count - 1]) for count in counts]
    total = float(sums[-1])
    table["share_of_value"] = table["value"] / total if total > 0 else np.nan
    return table


def pareto_curve(values: ArrayLike, *, points: int = 50) -> pd.DataFrame:
    """Return `pareto` at evenly spaced shares of customers, for drawing."""
    return pareto(values, shares=[step / points for step in range(1, points + 1)])
