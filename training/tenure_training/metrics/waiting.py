"""How well a date of the next order is foreseen: concordance with censoring, and the median error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tenure_training.metrics.ranking import Floats


def concordance(predicted: Floats, wait: Floats, came: NDArray[np.bool_]) -> float:
    """Harrell's C: of two customers of whom it is known who ordered first, the share predicted in that order.

    Parameters
    ----------
    predicted
        Shape (n,): the wait that was predicted; ties count half.
    wait
        Shape (n,): days until the next order, or until the end of the window where none came (censored).
    came
        Shape (n,): whether an order came.

    Returns
    -------
    float
        NaN where no pair can be compared. Pairs are counted exactly, in O(n log^2 n).

    Notes
    -----
    Harrell, Califf, Pryor, Lee & Rosati (1982). Two customers are comparable when the earlier wait ended in an order.

    Examples
    --------
    >>> concordance(np.array([1.0, 2.0, 3.0]), np.array([5.0, 9.0, 7.0]), np.array([True, False, True]))
    0.6666666666666666
    """
    order = np.lexsort((~came, wait))  # orders before those censored at the same moment
    rank = rankdata(predicted, method="dense").astype(np.int64)[order]
    wait, came, n = wait[order], came[order], len(wait)
    # whoever stands at or after `start` waited longer: past all orders of the same moment
    orders_so_far = np.append(0, np.cumsum(came))
    first, last = (np.searchsorted(wait, wait, side=side) for side in ("left", "right"))
    start = (first + orders_so_far[last] - orders_so_far[first])[came]
    own, pairs = rank[came], float((n - start).sum())
    return float(_later(rank, start, own) / pairs) if pairs else float("nan")


def _later(rank: NDArray[np.int64], start: NDArray[np.int64], own: NDArray[np.int64]) -> float:
    """Count, for every query, ranks from ``start`` on that exceed its own; ties count half.

    A suffix is cut into blocks of powers of two, and in a block that is sorted counting is a search.
    """
    good, levels = 0.0, len(rank).bit_length()
    padded = np.zeros(1 << levels, dtype=np.int64)  # below every rank, so never counted
    padded[: len(rank)] = rank
    stride, at, numbers = int(padded.max(initial=0)) + 2, start.astype(np.int64), np.arange(1 << levels)
    for level in range(levels):
        block = numbers >> level
        inside = np.sort(block * stride + padded)
        taken = (at >> level) & 1 == 1
        mine = (at[taken] >> level) * stride + own[taken]
        end = ((at[taken] >> level) + 1) << level
        low, high = (np.searchsorted(inside, mine, side=side) for side in ("left", "right"))
        good += float((end - high).sum()) + 0.5 * float((high - low).sum())
        at[taken] += 1 << level
    return good


def median_error(predicted: Floats, wait: Floats, came: NDArray[np.bool_]) -> float:
    """Median of the absolute error in days, over those who ordered; NaN without any.

    Examples
    --------
    >>> median_error(np.array([3.0, 9.0, 1.0]), np.array([5.0, 8.0, 90.0]), np.array([True, True, False]))
    1.5
    """
    return float(np.median(np.abs(predicted - wait)[came])) if came.any() else float("nan")
