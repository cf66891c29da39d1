"""The tables decisions read: pandas frames with the contract's column names, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Numbers = NDArray[Any]
"""Flags, counts or money: whatever can be summed."""

ONE_DAY = pd.Timedelta(days=1)
MONTH_DAYS = 30
"""A month of age: 30 days after the first order, so that every customer's month is equally long."""


def require(table: pd.DataFrame, columns: Iterable[str], *, name: str) -> None:
    """Check that a table has the columns a function reads.

    Raises
    ------
    DataContractError
        When one is missing.

    Examples
    --------
    >>> require(pd.DataFrame({"date": [], "cost": []}), ("date", "channel", "cost"), name="spend")
    Traceback (most recent call last):
    ...
    tenure_features.errors.DataContractError: The table spend lacks a column. Found: date, cost; no channel.
    """
    missing = [column for column in columns if column not in table]
    if missing:
        here = ", ".join(map(str, table.columns)) or "no columns"
        raise DataContractError(f"The table {name} lacks a column.", found=f"{here}; no {', '.join(missing)}")


def moment(as_of: str | pd.Timestamp) -> pd.Timestamp:
    """Read a moment; ``as_of`` is always an argument, the clock is never read.

    Raises
    ------
    UsageError
        When it is no moment.
    """
    at = pd.Timestamp(as_of)
    if pd.isna(at):
        raise UsageError("as_of is not a moment.", found=repr(as_of))
    return at


def days_from(start: pd.Series[pd.Timestamp], end: pd.Timestamp) -> Floats:
    """Return elapsed days from each moment to ``end``.

    Examples
    --------
    >>> starts = pd.Series([pd.Timestamp(2024, 1, 1), pd.Timestamp(2024, 1, 2, 12)])
    >>> days_from(starts, pd.Timestamp(2024, 1, 3)).tolist()
    [2.0, 0.5]
    """
    return np.asarray((end - start).dt.total_seconds() / 86_400, dtype=np.float64)


def orders_before(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the rows strictly before ``as_of``, oldest first, with the flag ``is_order`` (revenue of zero or more).

    A row with negative revenue, or one that ``is_return`` marks, is a return and no order.

    Raises
    ------
    DataContractError
        When a column is missing or no order lies before ``as_of``.
    """
    require(orders, ("customer_id", "ordered_at", "revenue"), name="orders")
    rows = orders[orders["ordered_at"] < as_of]
    returned = rows["revenue"] < 0
    if "is_return" in rows:
        returned |= rows["is_return"].astype("boolean").fillna(False).astype(bool)
    if not (~returned).any():
        raise DataContractError(
            f"No order lies before {as_of:%Y-%m-%d}.", found=f"{len(rows):,} rows before it, all of them returns"
        )
    return rows.assign(is_order=~returned).sort_values("ordered_at", kind="stable", ignore_index=True)
