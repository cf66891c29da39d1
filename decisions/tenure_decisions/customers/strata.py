"""Two groups compared within strata: how many times as common something is, and whether that is chance."""

from __future__ import annotations

import numpy as np
from scipy import stats

from tenure_decisions.inputs import Floats


def mantel_haenszel(x: Floats, n: Floats, y: Floats, m: Floats, *, level: float) -> tuple[float, float, float]:
    """Ratio of shares over strata with its interval (Greenland & Robins 1985, eq. 13), half a customer on each side."""
    x, y = x + 0.5 / len(x), y + 0.5 / len(y)
    whole = n + m
    over, under = float((x * m / whole).sum()), float((y * n / whole).sum())
    variance = float(((n * m * (x + y) - x * y * whole) / whole**2).sum()) / (over * under)
    half = float(stats.norm.ppf((1 + level) / 2)) * float(np.sqrt(max(variance, 0.0)))
    ratio = over / under
    return ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half))


def cochran_mantel_haenszel(x: Floats, n: Floats, y: Floats, m: Floats) -> float:
    """Test that a level is as common inside as outside in every stratum; without continuity correction."""
    whole, hits = n + m, x + y
    expected = n * hits / whole
    variance = float((n * m * hits * (whole - hits) / (whole**2 * np.maximum(whole - 1, 1))).sum())
    if variance <= 0:
        return 1.0
    return float(stats.chi2.sf((x - expected).sum() ** 2 / variance, 1))


def share_interval(hits: Floats, number: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the interval of shares (Wilson 1927, score interval without continuity correction), shape (n,) each.

    Examples
    --------
    >>> [float(end[0].round(4)) for end in share_interval(np.array([8.0]), np.array([10.0]))]
    [0.4902, 0.9433]
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    number = np.where(number > 0, number, np.nan)
    share = hits / number
    centre = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2)) / (1 + z**2 / number)
    return np.asarray(centre - half), np.asarray(centre + half)
