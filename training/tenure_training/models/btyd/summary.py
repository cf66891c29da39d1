"""What a BTYD model needs to know of a customer: repeat count, recency and age, compressed to unique rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tenure_features.errors import DataContractError
from tenure_features.float_table import Table, fill_missing, read_floats

Floats = NDArray[np.float64]


_FEW = 8
"""Values of which finding the distinct ones takes longer than it saves."""


@dataclass(frozen=True)
class Levels:
    """A column as its distinct values and an index into them, so that special functions run on distinct values only.

    Examples
    --------
    >>> levels = Levels.of(np.array([3.0, 1.0, 3.0]))
    >>> levels.map(np.square).tolist()
    [9.0, 1.0, 9.0]
    >>> Levels.of(np.repeat([3.0, 1.0], 10)).values.tolist()
    [1.0, 3.0]
    """

    values: Floats
    index: NDArray[np.intp]

    @classmethod
    def of(cls, column: Floats) -> Self:
        """Find the distinct values of a column of shape (n,); a few are looked at as they are."""
        if len(column) <= _FEW:
            return cls(column, np.arange(len(column)))
        values, index = np.unique(column, return_inverse=True)
        return cls(values, index)

    def map(self, function: Callable[[Floats], Floats]) -> Floats:
        """Apply an elementwise function; shape (n,)."""
        return function(self.values)[self.index]


@dataclass(frozen=True)
class RepeatCounts:
    """Unique rows of (x, t_x, T) and how many customers share each.

    Attributes
    ----------
    x
        Repeat orders (order days after the first), shape (n,), >= 0.
    t_x
        Time from the first to the last order, shape (n,); 0 where x is 0.
    T
        Time from the first order to the moment of the prediction, shape (n,), >= t_x.
    n
        Customers with that row, shape (n,).

    Times are in days everywhere in Tenure; the models themselves do not care, their time parameters come out in
    the unit that went in.

    Examples
    --------
    >>> counts = RepeatCounts.of([0, 2, 0], [0, 30, 0], [39, 38, 39])
    >>> counts.x.tolist(), counts.n.tolist(), counts.customers
    ([0.0, 2.0], [2.0, 1.0], 3)
    """

    x: Floats
    t_x: Floats
    T: Floats
    n: Floats

    @classmethod
    def of(cls, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Self:
        """Count the distinct rows of three equally long columns, in an order that does not depend on theirs.

        Raises
        ------
        DataContractError
            A value is missing or negative, or t_x lies after T.
        """
        rows = pd.DataFrame(dict(zip(("x", "t_x", "T"), check_history(x, t_x, T), strict=True)))
        counted = rows.groupby(["x", "t_x", "T"], sort=True).size().reset_index(name="n").to_numpy(dtype=np.float64)
        return cls(*(np.ascontiguousarray(column) for column in counted.T))

    @classmethod
    def of_snapshot(cls, snapshot: pd.DataFrame) -> Self:
        """Count the distinct rows of a snapshot with ``order_days``, ``tenure_days`` and ``span_days``."""
        return cls.of(*observations(snapshot))

    @cached_property
    def customers(self) -> int:
        """How many customers the rows stand for."""
        return int(self.n.sum())

    @cached_property
    def levels(self) -> tuple[Levels, Levels, Levels]:
        """Distinct values of x, t_x and T."""
        return Levels.of(self.x), Levels.of(self.t_x), Levels.of(self.T)

    def in_unit(self, unit: float) -> RepeatCounts:
        """Measure time in another unit, given as its length in the present one."""
        return RepeatCounts(self.x, self.t_x / unit, self.T / unit, self.n)

    def merge_into_cells(self, *, cells: int) -> RepeatCounts:
        """Merge rows whose times fall into the same of `cells` equal cells and whose counts are close.

        Every merged row is the mean of its members, so the error is of second order in the cell's width. Rows
        without repeat orders keep x = 0 and t_x = 0; counts up to 8 are never merged with others.
        """
        width = max(float(self.T.max(initial=0.0)), np.finfo(float).tiny) / cells
        x_cell = np.where(self.x <= 8, self.x, 8 + np.ceil(8 * np.log(np.maximum(self.x, 8) / 8)))
        keys = pd.DataFrame({"x": x_cell, "t_x": self.t_x // width, "T": self.T // width})
        cell = keys.groupby(["x", "t_x", "T"], sort=True).ngroup().to_numpy()
        n = np.bincount(cell, self.n)
        x, t_x, T = (np.bincount(cell, self.n * column) / n for column in (self.x, self.t_x, self.T))
        return RepeatCounts(x, t_x, T, n)


def observations(snapshot: Table) -> tuple[Floats, Floats, Floats]:
    """Read (x, t_x, T) of every row of a snapshot in whole days.

    ``x = order_days - 1``, ``T = tenure_days`` and ``t_x = span_days`` floored to whole days, ``t_x = 0`` where
    ``x = 0`` and never above ``T``. Missing values count as zero: a customer about whom nothing is known is new.

    Examples
    --------
    >>> frame = pd.DataFrame({"order_days": [1.0, 3.0], "tenure_days": [9.7, 40.2], "span_days": [0.2, 40.1]})
    >>> [column.tolist() for column in observations(frame)]
    [[0.0, 2.0], [0.0, 40.0], [9.0, 40.0]]
    """

    def whole(name: str) -> Floats:
        return np.asarray(np.floor(np.maximum(fill_missing(read_floats(snapshot, name)), 0.0)))

    x, T = np.maximum(whole("order_days") - 1, 0.0), whole("tenure_days")
    return x, np.where(x > 0, np.minimum(whole("span_days"), T), 0.0), T


def distinct_rows(columns: tuple[Floats, ...]) -> tuple[tuple[Floats, ...], NDArray[np.intp]]:
    """Find the distinct rows of columns of shape (n,), and which of them each row is.

    Examples
    --------
    >>> rows, back = distinct_rows((np.array([2.0, 1.0, 2.0]), np.array([5.0, 6.0, 5.0])))
    >>> [column.tolist() for column in rows], back.tolist()
    ([[1.0, 2.0], [6.0, 5.0]], [1, 0, 1])
    """
    if len(columns[0]) == 1:
        return columns, np.zeros(1, dtype=np.intp)
    rows, back = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    return tuple(np.ascontiguousarray(column) for column in rows.T), back.ravel()


def check_history(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Broadcast the three columns to float64 and refuse what no customer can look like."""
    columns = [np.asarray(column, dtype=np.float64) for column in (x, t_x, T)]
    if not columns[0].shape == columns[1].shape == columns[2].shape:
        columns = list(np.broadcast_arrays(*columns))
    x_, t_x_, T_ = (np.atleast_1d(column) for column in columns)
    wrong = ~(np.isfinite(x_) & (x_ >= 0) & (t_x_ >= 0) & (t_x_ <= T_) & np.isfinite(T_) & ((x_ > 0) | (t_x_ == 0)))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise DataContractError(
            "Repeat counts need x >= 0 and 0 <= t_x <= T, with t_x = 0 where x = 0.",
            found=f"{int(wrong.sum())} rows break this, first x={x_[first]}, t_x={t_x_[first]}, T={T_[first]}",
            fix="Measure T from the first order to the moment of the prediction, in the unit of t_x.",
        )
    return x_, t_x_, T_
