"""Hysteresis: a customer keeps the previous group until the border is passed by a margin."""

from __future__ import annotations

from collections.abc import Iterable

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


def hold_level(plain: _Integers, *, previous: _Integers | None, hard: _Integers, easy: _Integers) -> _Integers:
    """Keep the previous level where it lies between what hard and easy borders give.

    Parameters
    ----------
    plain
        Levels by the borders as they are, for those without a previous one; shape (n,).
    previous
        Levels before, -1 where there was none; None: nobody had one.
    hard, easy
        Levels by borders moved up and down by the margin: ``hard <= plain <= easy``.

    Returns
    -------
    ndarray
        Shape (n,): ``previous`` clipped into ``[hard, easy]``. A customer moves no further than to the level that is
        reached beyond doubt, and so never back and forth over one border by less than twice the margin.

    Examples
    --------
    >>> level = np.array
    >>> hold_level(level([1, 1, 1]), previous=level([0, 2, -1]), hard=level([0, 0, 0]), easy=level([1, 1, 1])).tolist()
    [0, 1, 1]
    """
    if previous is None:
        return plain
    return np.where(previous < 0, plain, np.clip(previous, hard, easy)).astype(np.int64)


def check_margin(margin: float) -> float:
    """Return the margin if it is a share in [0, 1); `UsageError` otherwise."""
    if not 0 <= margin < 1:
        raise UsageError("The margin of the segments must be at least 0 and below 1.", found=f"{margin:g}")
    return margin
