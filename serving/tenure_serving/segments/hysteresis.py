"""Hysteresis: a customer keeps the previous group until the border is passed by a margin."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from tenure_features.errors import UsageError

_Integers = NDArray[np.int64]


def raise_borders(borders: Iterable[float], margin: float) -> tuple[float, ...]:
    """Move every border up by a share of its size (down where the share is negative).

    Examples
    --------
    >>> raise_borders([10.0, -10.0, 0.0], 0.1)
    (11.0, -9.0, 0.0)
    """
    return tuple(border + margin * abs(border) for border in borders)


def hold_level(level: Callable[[float], _Integers], *, previous: _Integers | None, margin: float) -> _Integers:
    """Keep the previous level where it lies between what hard and easy borders give.

    Parameters
    ----------
    level
        Gives levels, shape (n,), by borders that are moved up by a share: as they are for those without a previous one,
        up and down by the margin for the others.
    previous
        Levels before, -1 where there was none; None: nobody had one.
    margin
        That share.

    Returns
    -------
    ndarray
        Shape (n,): ``previous`` clipped into what the harder and the easier borders give. A customer moves no further
        than to the level that is reached beyond doubt, and so never back and forth over one border by less than twice
        the margin.

    Examples
    --------
    >>> spent = np.array([95.0, 95.0, 95.0, 120.0])
    >>> before = np.array([0, 1, -1, 0])
    >>> hold_level(lambda moved: (spent > 100 * (1 + moved)).astype(np.int64), previous=before, margin=0.1).tolist()
    [0, 1, 0, 1]
    """
    plain = level(0.0)
    if previous is None:
        return plain
    return np.where(previous < 0, plain, np.clip(previous, level(margin), level(-margin))).astype(np.int64)


def check_margin(margin: float) -> float:
    """Return the margin if it is a share in [0, 1); `UsageError` otherwise."""
    if not 0 <= margin < 1:
        raise UsageError("The margin of the segments must be at least 0 and below 1.", found=f"{margin:g}")
    return margin
