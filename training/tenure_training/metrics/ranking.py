"""A score as a ranking with ties: what a random order of the tied customers would give on average."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def to_column(values: ArrayLike) -> Floats:
    """Values as float64, shape (n,)."""
    return np.asarray(values, dtype=np.float64)


def mean(values: Floats, weight: Floats | None) -> float:
    """Weighted mean; NaN where the weights add up to nothing."""
    total = float(len(values)) if weight is None else float(weight.sum())
    if total <= 0:
        return float("nan")
    return float(values.sum() / total if weight is None else values @ weight / total)


class Ranking:
    """Customers ordered by a score, best first, tied customers collapsed into groups.

    Sorting is the expensive part of a rank metric; a ranking is built once and read under many weights (bootstrap
    resamples are weights). A tie group that straddles two bins is spread over them in proportion, so no answer
    depends on the order of the rows.

    Parameters
    ----------
    score
        Shape (n,), any finite number; higher is better.

    Raises
    ------
    ValueError
        If the score is not one-dimensional or not finite.

    Examples
    --------
    >>> Ranking([0.9, 0.5, 0.5, 0.1]).midranks().tolist()
    [0.5, 2.0, 2.0, 3.5]
    >>> means, = Ranking([0.9, 0.5, 0.5, 0.1]).bins(2, [1, 1, 0, 0])
    >>> means.tolist()
    [0.75, 0.25]
    """

    def __init__(self, score: ArrayLike) -> None:
        values = np.asarray(score, dtype=np.float64)
        if values.ndim != 1 or not np.isfinite(values).all():
            raise ValueError("A score to rank by must be one column of finite numbers.")
        self._order = np.argsort(-values, kind="stable")
        ordered = values[self._order]
        first = np.ones(len(ordered), dtype=bool)
        first[1:] = ordered[1:] != ordered[:-1]
        self._starts = np.flatnonzero(first)
        self._group = np.empty(len(ordered), dtype=np.intp)
        self._group[self._order] = np.cumsum(first) - 1

    def __len__(self) -> int:
        return len(self._order)

    @classmethod
    def of(cls, score: ArrayLike | Self) -> Self:
        """Return a ranking as it is, and rank anything else."""
        return score if isinstance(score, cls) else cls(score)  # type: ignore[arg-type]

    @classmethod
    def by(cls, score: ArrayLike, *, then: ArrayLike) -> Self:
        """Rank by a score and break its ties by a second one.

        Examples
        --------
        >>> Ranking.by([0.5, 0.5, 0.9], then=[1.0, 2.0, 0.0]).midranks().tolist()
        [2.5, 1.5, 0.5]
        """
        first, second = np.asarray(score, dtype=np.float64), np.asarray(then, dtype=np.float64)
        pairs = np.column_stack([first, second])
        _, dense = np.unique(pairs, axis=0, return_inverse=True)
        return cls(dense.reshape(-1))

    def mass(self, weight: Floats | None = None) -> Floats:
        """Weight of each tie group, best first; shape (groups,)."""
        return self.sums(np.ones(len(self)), weight)

    def sums(self, values: ArrayLike, weight: Floats | None = None) -> Floats:
        """Weighted sum of ``values`` (shape (n,), input order) in each tie group, best first; shape (groups,)."""
        column = np.asarray(values, dtype=np.float64)
        if len(column) == 0:
            return np.zeros(0)
        weighted = column if weight is None else column * weight
        return np.add.reduceat(weighted[self._order], self._starts)

    def midranks(self, weight: Floats | None = None) -> Floats:
        """Weight ranked before each customer, counting half of its own tie group; shape (n,), input order."""
        mass = self.mass(weight)
        return (np.cumsum(mass) - mass / 2)[self._group]

    def bins(self, count: int, *values: ArrayLike, weight: Floats | None = None) -> tuple[Floats, ...]:
        """Weighted mean of each of ``values`` in ``count`` bins of equal weight, best first; each shape (count,)."""
        reached = np.concatenate([[0.0], np.cumsum(self.mass(weight))])
        edges = np.linspace(0.0, reached[-1], count + 1)
        width = reached[-1] / count
        out = []
        for column in values:
            total = np.concatenate([[0.0], np.cumsum(self.sums(column, weight))])
            out.append(np.diff(np.interp(edges, reached, total)) / width if width > 0 else np.full(count, np.nan))
        return tuple(out)
