"""Resampling: customers drawn again with replacement, fast for any number of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from tenure_decisions.inputs import Floats, Ints, Numbers

GROUPS = 500


@dataclass(frozen=True)
class Resampler:
    """A bootstrap over customers (Efron, 1979), by random groups where there are many (Wolter, 2007).

    Up to `GROUPS` customers are drawn one by one. More are dealt at random into so many equal groups, and groups are
    drawn: the interval of a sum or a ratio is the same, the work no longer grows with the shop.

    Attributes
    ----------
    size
        Number of customers.
    seed
        Of the deal and of the draws.
    resamples
        Number of draws.

    Examples
    --------
    >>> resampler = Resampler(4, seed=0, resamples=2000)
    >>> sums = resampler.sums(np.array([[0.0], [0.0], [10.0], [10.0]]))
    >>> draws = resampler.draw(sums)[1:, 0] / 4
    >>> [round(float(end)) for end in interval(draws, 0.9)]
    [0, 10]
    """

    size: int
    seed: int = 0
    resamples: int = 400

    @cached_property
    def group(self) -> Ints:
        """Group of each customer."""
        groups = max(1, min(self.size, GROUPS))
        return np.random.default_rng(self.seed).permutation(self.size) % groups

    @cached_property
    def weights(self) -> Floats:
        """How often each group is drawn, shape (resamples, groups)."""
        groups = max(1, min(self.size, GROUPS))
        generator = np.random.default_rng([self.seed, 1])
        return generator.multinomial(groups, np.full(groups, 1 / groups), self.resamples).astype(np.float64)

    def sums(self, values: Numbers, who: Ints | None = None) -> Floats:
        """Sum the rows of customers (of the customers at positions ``who``) by group, shape (groups, columns)."""
        group = self.group if who is None else self.group[who]
        ones = np.ones(len(group))
        members = csr_matrix((ones, (group, np.arange(len(group)))), shape=(self.weights.shape[1], len(group)))
        return np.asarray(members @ values.astype(np.float64))

    def draw(self, sums: Floats) -> Floats:
        """Return the totals themselves, then those of each draw, shape (1 + resamples, columns)."""
        return np.vstack([sums.sum(axis=0), self.weights @ sums])


def interval(draws: Floats, level: float) -> tuple[float, float]:
    """Return the percentile interval of draws, those that do not exist left out; NaN where fewer than half exist."""
    finite = draws[np.isfinite(draws)]
    if 2 * len(finite) < len(draws) or len(finite) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def divide(part: Numbers, whole: Numbers) -> Floats:
    """Divide, NaN where the whole is zero."""
    whole = np.broadcast_to(whole, np.shape(part))
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole != 0))
