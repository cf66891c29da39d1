"""Intervals that hold at every look at once: asymptotic confidence sequences."""

from __future__ import annotations

import math

import numpy as np

PLANNED = 10_000
"""Customers for whom the sequence is tightest where nobody said how many were planned; it is valid with any number."""


def mixture_scale(planned: int, *, alpha: float) -> float:
    """Return rho, which makes the sequence tightest at a number of customers.

    It must be fixed before the first look. Approximates the minimiser of the width.

    Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), arXiv 2103.06476, appendix B.2.
    """
    double = -2 * math.log(alpha)
    return math.sqrt((double + math.log(double + 1)) / planned)


def widening(customers: int, *, alpha: float, planned: int = PLANNED) -> float:
    """Return by which factor of the standard error a sequence is wide, in place of 1.96.

    The half width of a mean of *t* values with standard deviation s is
    ``s sqrt(2 (t rho^2 + 1) / (t^2 rho^2) log(sqrt(t rho^2 + 1) / alpha))``, theorem 2.2 of the source; s / sqrt(t) is
    the standard error. It holds for all *t* at once with probability 1 - alpha, as *t* grows.

    Source: Waudby-Smith et al. (2021), arXiv 2103.06476.

    Examples
    --------
    >>> round(widening(10_000, alpha=0.05), 2), round(widening(100, alpha=0.05), 2)
    (3.04, 9.08)
    """
    scaled = customers * mixture_scale(planned, alpha=alpha) ** 2
    return math.sqrt(2 * (scaled + 1) / scaled * math.log(math.sqrt(scaled + 1) / alpha))


def looks(customers: int, number: int) -> np.ndarray:
    """Return after how many customers to look, evenly; the last look sees everybody."""
    at = np.unique(np.linspace(0, customers, number + 1).astype(np.int64))
    return at[at > 0]
