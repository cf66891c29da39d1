"""The distribution of a customer's spend in the horizon: a known mixture over order counts, so nothing is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, expit, polygamma

from .base import BTYDModel
from .gammagamma import GammaGamma
from .summary import Floats, check_history

STEP = 0.04
"""Spacing of the grid of values in logs (in standard deviations where spend is wild); quantiles are interpolated."""

_FARTHEST_EXPONENT = 60.0
"""Where the grid ends at the latest: relative spends beyond e to the 60 are nobody's."""

NEGLIGIBLE = 1e-7
"""Order counts less likely than this are left out."""


def _count_classes(*, exact: int = 16, growth: float = 1.06, largest: float = 2e4) -> tuple[Floats, Floats]:
    """Lower ends of classes of order counts (single counts first, then ever wider), and the count standing for each."""
    ends = [float(count) for count in range(1, exact + 1)]
    while ends[-1] < largest:
        ends.append(float(np.ceil(ends[-1] * growth)))
    lower = np.array(ends)
    upper = np.append(lower[1:] - 1, lower[-1])
    return lower, (lower + upper) / 2


_LOWER, _STANDS_FOR = _count_classes()


def value_quantiles(
    model: BTYDModel,
    spend: GammaGamma,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    *,
    orders: ArrayLike,
    mean_spend: ArrayLike,
    horizon_days: float,
    levels: Sequence[float],
    if_buys: Sequence[float] = (),
) -> Floats:
    r"""Quantiles of the total spend in (T, T + horizon], shape (n, len(levels) + len(if_buys)).

    Given N = k orders the spend is a gamma variable of shape pk over the customer's own nu, a gamma variable of shape
    q + p * orders: a scaled beta-prime. So P(spend <= v) = P(N = 0) + sum over k of P(N = k) I_{w/(1+w)}(pk, q + p *
    orders) with w = v / (gamma + orders * mean), which is tabulated by number of orders and inverted by interpolation.
    Every customer's answer depends on that customer's row alone.

    Parameters
    ----------
    model, spend
        How customers order, and what an order is worth.
    x, t_x, T
        As in `RepeatCounts`.
    orders, mean_spend
        As in `GammaGamma.posterior`.
    horizon_days
        Length of the window.
    levels
        Probability levels.
    if_buys
        Probability levels of the spend given at least one order; their quantiles come last.
    """
    shape, rate = spend.posterior(orders, mean_spend)
    if not len(shape):
        return np.zeros((0, len(levels) + len(if_buys)))
    shapes, group = np.unique(_group_shapes(shape, spend), return_inverse=True)
    probability = _class_probabilities(model, *check_history(x, t_x, T), horizon=horizon_days)
    result = np.empty((len(shape), len(levels) + len(if_buys)))
    for index, own in enumerate(shapes):
        rows = np.flatnonzero(group == index)
        relative = _relative_quantiles(probability[rows], spend.p, float(own), levels, if_buys)
        result[rows] = relative * (rate[rows] * (own - 1) / (shape[rows] - 1))[:, None]
    return result


def _group_shapes(shape: Floats, spend: GammaGamma) -> Floats:
    """Round the posterior shapes of customers with many orders, whose spend is known so well that it cannot show."""
    orders = np.round((shape - spend.q) / spend.p)
    near = np.exp(np.round(np.log(np.maximum(orders, 1.0)) / 0.05) * 0.05)
    return np.asarray(spend.q + spend.p * np.where(orders > 40, near, orders))


def _class_probabilities(model: BTYDModel, x: Floats, t_x: Floats, T: Floats, *, horizon: float) -> Floats:
    """P(N in class) for every class of positive counts; shape (n, classes that matter)."""
    reach = np.zeros((len(x), 0))
    for block in np.array_split(_LOWER, range(16, len(_LOWER), 8)):
        more = model.order_count_survival(x, t_x, T, horizon_days=horizon, counts=block)
        reach = np.hstack([reach, np.where(more > NEGLIGIBLE, more, 0.0)])
        if not more[:, -1].max(initial=0.0) > NEGLIGIBLE:
            break
    reach = np.minimum.accumulate(reach, axis=1)
    return np.asarray(reach - np.hstack([reach[:, 1:], np.zeros((len(x), 1))]))


def _relative_quantiles(
    probability: Floats, p: float, own: float, levels: Sequence[float], if_buys: Sequence[float]
) -> Floats:
    """Quantiles of the spend relative to the customer's posterior rate, for one posterior shape."""
    used = np.flatnonzero(probability.any(axis=0))
    if not len(used):
        return np.zeros((len(probability), len(levels) + len(if_buys)))
    counts = _STANDS_FOR[: used[-1] + 1]
    grid = _grid(p, own, largest=counts[-1])
    table = betainc(p * counts[:, None], own, expit(grid))
    positive = probability[:, : len(counts)]
    at_most = (1 - positive.sum(axis=1))[:, None] + positive @ table
    # the lowest point of the grid holds the level of no order at all: given one, levels count from there
    none = at_most[:, :1]
    plain = np.broadcast_to(np.asarray(levels, dtype=np.float64), (len(at_most), len(levels)))
    return _invert(at_most, grid, np.hstack([plain, none + (1 - none) * np.asarray(if_buys, dtype=np.float64)]))


def _grid(p: float, own: float, *, largest: float) -> Floats:
    """Place logs of relative spend: multiples of a step, and points around each small count's own spread."""
    few = np.arange(1, 13)
    centre, spread = np.log(p * few / own), np.sqrt(polygamma(1, p * few) + polygamma(1, own))
    step = STEP * max(1.0, float(spread[0]))
    bottom = max(centre[0] - 5 * spread[0], -_FARTHEST_EXPONENT)
    top = min(np.log(p * largest / own) + 5 * spread[0], _FARTHEST_EXPONENT)
    even = step * np.arange(np.floor(bottom / step), np.ceil(top / step) + 1)
    around = (centre[:, None] + spread[:, None] * np.array([-3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0])).ravel()
    return np.unique(np.concatenate([even, np.clip(around, -_FARTHEST_EXPONENT, _FARTHEST_EXPONENT)]))


def _invert(at_most: Floats, grid: Floats, levels: Floats) -> Floats:
    """Invert each row's distribution function; 0 up to the level P(N = 0) of the row."""
    none = at_most[:, 0]
    result = np.zeros(levels.shape)
    rows = np.arange(len(at_most))
    for column, level in enumerate(levels.T):
        above = np.clip((at_most < level[:, None]).sum(axis=1), 1, len(grid) - 1)
        low, high = at_most[rows, above - 1], at_most[rows, above]
        share = np.divide(level - low, high - low, out=np.zeros_like(low), where=high > low)
        value = np.exp(grid[above - 1] + np.clip(share, 0.0, 1.0) * (grid[above] - grid[above - 1]))
        result[:, column] = np.where(level > none, value, 0.0)
    return result
