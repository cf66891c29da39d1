"""Allocation: a total split so that the last unit of money earns the same everywhere, within bounds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tenure_decisions.inputs import Floats
from tenure_features.errors import UsageError

_ROUNDS = 60
"""Halvings of an interval: money to fifteen digits."""

Marginal = Callable[[Floats], Floats]


def allocate(marginal: Marginal, *, total: float, low: Floats, high: Floats) -> Floats:
    """Split a total over channels with falling marginal returns (Lagrange; "water filling").

    Parameters
    ----------
    marginal
        Return of one more unit of money in each channel at spends (C,); must not rise with spend.
    total
        Money to split.
    low, high
        Least and most for each channel, shape (C,).

    Returns
    -------
    ndarray
        Spends (C,), which add up to the total; where no bound holds, marginal returns are equal.

    Raises
    ------
    UsageError
        When the bounds leave no room for the total.

    Examples
    --------
    >>> worth = np.array([4.0, 1.0])  # return 4 sqrt(x) and sqrt(x): split 16 to 1
    >>> found = allocate(lambda x: worth / 2 / np.sqrt(x), total=17.0, low=np.array([0.1, 0.1]), high=np.full(2, 99.0))
    >>> found.round(6).tolist()
    [16.0, 1.0]
    """
    if not low.sum() <= total * (1 + 1e-9) or not total <= high.sum() * (1 + 1e-9):
        raise UsageError(
            f"A total of {total:,.2f} does not fit the bounds.",
            found=f"they leave room for {low.sum():,.2f} to {high.sum():,.2f}",
            fix="Change the total or widen the bounds.",
        )
    least, most = float(marginal(high).min()) * (1 - 1e-9), float(marginal(low).max()) * (1 + 1e-9)
    for _ in range(_ROUNDS):
        price = (least + most) / 2
        if spend_at(marginal, price, low=low, high=high).sum() > total:
            least = price
        else:
            most = price
    below, above = (spend_at(marginal, price, low=low, high=high) for price in (most, least))
    # where curves are straight one price means many spends: the rest of the total lies between the two
    gap = above.sum() - below.sum()
    return below + (above - below) * ((total - below.sum()) / gap if gap > 0 else 0.0)


def spend_at(marginal: Marginal, price: float, *, low: Floats, high: Floats) -> Floats:
    """Return the spend of each channel at which one more unit returns ``price``, or the bound it meets first."""
    left, right = low.astype(np.float64), high.astype(np.float64)
    for _ in range(_ROUNDS):
        middle = (left + right) / 2
        earns = marginal(middle) >= price
        left, right = np.where(earns, middle, left), np.where(earns, right, middle)
    return np.where(marginal(high) >= price, high, np.where(marginal(low) < price, low, (left + right) / 2))


def by_average_return(average: Floats, *, total: float, low: Floats, high: Floats) -> Floats:
    """Split a total the way average returns suggest: the best channel up to its bound, then the next one.

    The rule to beat: it forgets that the next unit of money earns less than the average one did.

    Examples
    --------
    >>> low, high = np.array([1.0, 1.0]), np.array([9.0, 6.0])
    >>> by_average_return(np.array([2.0, 5.0]), total=10.0, low=low, high=high).tolist()
    [4.0, 6.0]
    """
    spend = low.astype(np.float64)
    for channel in np.argsort(-average, kind="stable"):
        spend[channel] += min(high[channel] - low[channel], max(0.0, total - spend.sum()))
    return spend
