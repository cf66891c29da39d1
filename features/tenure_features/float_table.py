"""A table of numbers alone: what models read of customers, without what a data frame costs for every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FloatTable:
    """Columns of float64 by name, missing ones NaN.

    A data frame takes ten microseconds to give a column away: for one customer with two hundred features, read by a
    dozen parts of a model, that is most of the time an answer takes.

    Attributes
    ----------
    places
        Row of ``block`` by the name of the column; in order.
    block
        Shape (columns, n).

    Examples
    --------
    >>> table = FloatTable.of(pd.DataFrame({"a": [1, 2], "b": [0.5, None]}), ["b", "a"])
    >>> table["a"].tolist(), len(table), "c" in table, table.take(["b", "a"]).tolist()
    ([1.0, 2.0], 2, False, [[0.5, 1.0], [nan, 2.0]])
    """

    places: Mapping[str, int]
    block: Floats
    made: dict[tuple[str, ...], Any] = field(default_factory=dict, init=False, repr=False)
    """What readers have made of some columns, for others who read the same ones; it goes with the table."""

    @classmethod
    def of(cls, frame: pd.DataFrame, names: Sequence[str]) -> Self:
        """Take columns of numbers out of a data frame."""
        block = frame[list(names)].to_numpy(dtype=np.float64, na_value=np.nan)
        return cls(place_names(names), np.ascontiguousarray(block.T))

    @classmethod
    def of_columns(cls, columns: Mapping[str, Floats]) -> Self:
        """Put columns of shape (n,) together; there is at least one."""
        return cls(place_names(list(columns)), np.array(list(columns.values()), dtype=np.float64))

    @property
    def columns(self) -> list[str]:
        """Names of the columns in order."""
        return list(self.places)

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.block.shape[1])

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such a column."""
        return name in self.places

    def __getitem__(self, name: str) -> Floats:
        """Return a column, shape (n,)."""
        return np.asarray(self.block[self.places[name]])

    def take(self, names: Sequence[str]) -> Floats:
        """Return some columns, shape (n, len(names)), a row's numbers beside each other."""
        return np.ascontiguousarray(self.block[[self.places[name] for name in names]].T)

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame of these columns."""
        return pd.DataFrame(self.block.T, columns=self.columns)


Table = pd.DataFrame | FloatTable
"""What the parts of a model read customers from: they ask for names, numbers of rows and columns, and nothing else."""


def place_names(names: Sequence[str]) -> dict[str, int]:
    """Give names their places in order."""
    return {name: place for place, name in enumerate(names)}


def fill_missing(values: Floats) -> Floats:
    """Return numbers with zeros for NaN and the largest of numbers for infinities, themselves where there is none.

    Examples
    --------
    >>> fill_missing(np.array([1.0, np.nan])).tolist()
    [1.0, 0.0]
    """
    return values if np.isfinite(values).all() else np.nan_to_num(values)


def read_floats(table: Table | Mapping[str, Floats], name: str) -> Floats:
    """Return a column as float64, shape (n,), missing values as NaN; `KeyError` where there is none."""
    column = table[name]
    if isinstance(column, np.ndarray):
        return column
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
