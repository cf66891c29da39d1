"""Quadrature for the two mixtures the models need: a beta distribution, and a log-concave function of time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import log_expit

from .summary import Floats

NODES = 96
"""Nodes per beta mixture: at the widest range they are 0.7 apart in log-odds, which leaves errors near 1e-12."""

_HALVINGS = 16
"""A cut is found to a thousandth of a log-odds or so: it decides where nodes begin, and no result."""

_LEGENDRE = np.polynomial.legendre.leggauss(40)


def beta_nodes(a: Floats, b: Floats, *, reach: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights of expectations over Beta(a, b), by the trapezoidal rule in log-odds.

    Both tails of a beta density are geometric in log-odds, so the trapezoidal sum is continued to infinity in
    closed form from where the function under the expectation has become constant.

    Parameters
    ----------
    a, b
        Shapes, each (n,).
    reach
        Shape (n,): largest factor by which a change in p can be magnified by the function (its slope relative to its
        size at 0 or 1); places the cut of the tails.

    Returns
    -------
    p, weight
        Each of shape (n, NODES); the weights of a row sum to 1.

    Examples
    --------
    >>> p, weight = beta_nodes(np.array([2.0]), np.array([3.0]), reach=np.array([1.0]))
    >>> float((weight * p).sum().round(12))
    0.4
    """

    def log_density(log_odds: Floats) -> Floats:
        return np.asarray(a_ * log_expit(log_odds) + b_ * log_expit(-log_odds))

    a_, b_ = a, b
    mode = np.log(a) - np.log(b)
    constant = 28.0 + np.log1p(a + b + reach)
    left, right = _drop(
        log_density, mode, np.stack([np.minimum(-constant, mode - 1.0), np.maximum(constant, mode + 1.0)])
    )
    a_, b_ = a[:, None], b[:, None]
    log_odds = left[:, None] + (right - left)[:, None] * np.linspace(0.0, 1.0, NODES)
    log_weight = log_density(log_odds)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    step = (right - left) / (NODES - 1)
    weight[:, 0] /= -np.expm1(-a * step)
    weight[:, -1] /= -np.expm1(-b * step)
    return np.exp(log_expit(log_odds)), weight / weight.sum(axis=1, keepdims=True)


def _drop(log_density: Callable[[Floats], Floats], mode: Floats, bound: Floats, *, nats: float = 50.0) -> Floats:
    """Walk from the mode towards bounds, shape (2, n), until a concave function has dropped by `nats`, or to them."""
    inner, outer = np.broadcast_to(mode, bound.shape), bound
    target = log_density(mode) - nats
    reached = log_density(bound) > target
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        low = log_density(middle) < target
        inner, outer = np.where(low, inner, middle), np.where(low, middle, outer)
    return np.where(reached, bound, outer)


def log_concave_nodes(
    lower: Floats, upper: Floats, *, shift: float, decay: Callable[[Floats], tuple[Floats, Floats]]
) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes on [lower, upper] in log(shift + y), cut where the integrand has become negligible.

    Parameters
    ----------
    lower, upper
        Ends of the interval, shape (n,).
    shift
        Positive offset of the logarithmic scale.
    decay
        Of y, shape (n,), to minus the log of the integrand in log(shift + y) and its derivative there; convex.

    Returns
    -------
    y, log_weight
        Each of shape (n, 40): integral = sum of exp(log_weight) * f(y). The log-weights are ``-inf`` where the
        interval is empty.
    """
    scale = shift + lower
    length = np.log1p((upper - lower) / scale)
    start = decay(lower)[0]
    for _ in range(5):
        # Newton on a convex function from the right never passes the root
        height, slope = decay(lower + scale * np.expm1(length))
        excess = height - start - 42.0
        length = np.where(excess > 0, length - excess / np.maximum(slope, 1e-300), length)
    nodes, weights = _LEGENDRE
    at = length[:, None] * (nodes + 1) / 2
    with np.errstate(divide="ignore"):
        log_length = np.log(length / 2)
    return lower[:, None] + scale[:, None] * np.expm1(at), np.log(weights) + (log_length + np.log(scale))[:, None] + at


def split_blocks(rows: int, *, size: int = 4_096) -> list[slice]:
    """Cut rows so that a block's nodes stay in the processor's cache."""
    return [slice(start, start + size) for start in range(0, rows, size)]
