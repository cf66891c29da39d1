"""Who gets which arm: by lot, within groups alike, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError

MOST_STRATA = 200
"""More groups than this hold too few customers each to balance anything."""


def require_arms(shares: Mapping[str, float], *, control: str) -> dict[str, float]:
    """Check the planned shares of the arms and scale them to 1.

    Raises
    ------
    UsageError
        There is no control, no other arm, or a share that is none.

    Examples
    --------
    >>> require_arms({"control": 1, "email": 3}, control="control")
    {'control': 0.25, 'email': 0.75}
    """
    total = sum(shares.values())
    if control not in shares or len(shares) < 2:
        raise UsageError(
            f"A test needs {control!r} and another arm.",
            found=", ".join(shares) or "no arm",
            fix="Give --arm control=0.5 --arm email=0.5.",
        )
    if not all(math.isfinite(share) and share > 0 for share in shares.values()):
        raise UsageError("The share of an arm lies above 0.", found=", ".join(f"{k}={v:g}" for k, v in shares.items()))
    return {arm: share / total for arm, share in shares.items()}


def randomise(
    strata: Sequence[str] | pd.Series, shares: Mapping[str, float], *, rng: np.random.Generator
) -> np.ndarray:
    """Draw an arm for every customer, so that every stratum is split as planned.

    Within a stratum customers are put in a random order and take the arms' places along it; what does not divide evenly
    is decided by one random shift per stratum, so that every customer gets every arm with the planned probability.

    Parameters
    ----------
    strata
        Of every customer.
    shares
        Of every arm, summing to 1.
    rng
        Seeded.

    Examples
    --------
    >>> arms = randomise(["a"] * 6 + ["b"] * 4, {"control": 0.5, "email": 0.5}, rng=np.random.default_rng(0))
    >>> (arms[:6] == "email").sum(), (arms[6:] == "email").sum()
    (np.int64(3), np.int64(2))
    """
    codes = pd.factorize(pd.Series(strata), sort=True)[0]
    names, ends = np.array(list(shares)), np.cumsum(list(shares.values()))
    order = np.lexsort((rng.random(len(codes)), codes))
    sizes = np.bincount(codes)
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    shift = rng.random(len(sizes))
    ranks = np.empty(len(codes))
    ranks[order] = np.arange(len(codes))
    place = (ranks - firsts[codes] + shift[codes]) / sizes[codes] % 1.0
    chosen = np.minimum(np.searchsorted(ends, place, side="right"), len(names) - 1)
    return np.asarray(names[chosen])


def join_strata(columns: pd.DataFrame) -> pd.Series[str]:
    """Make one stratum of several columns; where they are too many, columns are dropped from the last on."""
    for width in range(len(columns.columns) if len(columns) else 0, 0, -1):
        joined = columns.iloc[:, :width].astype("string").fillna("unknown").agg(" / ".join, axis=1)
        if joined.nunique() <= MOST_STRATA:
            return joined.astype(str)
    return pd.Series("all", index=columns.index, dtype="str")
