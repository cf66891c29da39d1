"""Array types and the few helpers every generator uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def logit(share: float) -> float:
    """Log-odds of a share, finite at 0 and 1."""
    share = min(max(share, 1e-9), 1 - 1e-9)
    return float(np.log(share / (1 - share)))


def sigmoid(x: Floats) -> Floats:
    """Inverse of `logit`."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def expand_ragged(counts: Ints) -> tuple[Ints, Ints]:
    """Return (owner, position within owner) of every element of ragged rows.

    Examples
    --------
    >>> [part.tolist() for part in expand_ragged(np.array([2, 0, 3]))]
    [[0, 0, 2, 2, 2], [0, 1, 0, 1, 2]]
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - first[owner]
