"""From a query to the table users get: sorted, rounded, of promised types, and never in memory twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tenure_features.history import KEYS

DECIMALS = 6
NEARLY = 1e-4
"""Of the last decimal: so near to a half counts as one. Two threads add up in no order of their own, and a mean that
lies on a half would fall to either side of it."""

LEAST_ROWS = 1024


def sort_and_round(parts: Iterable[pa.RecordBatchReader], *, rows: int = 0) -> pd.DataFrame:
    """Sort the rows of each part by their keys, give columns their promised types and round the numbers.

    Parameters
    ----------
    parts
        Results of ``customer_id``, ``as_of`` and the same numbers, one at least, in the order their rows shall have;
        each is read before the next one is asked for.
    rows
        How many rows are expected at most; a right guess spares a copy.

    Returns
    -------
    DataFrame
        ``customer_id`` (str), ``as_of`` (datetime64[us]), then float64 columns, missing as NaN.
    """
    later = iter(parts)
    first = next(later)
    columns = list(first.schema.names)
    block = _Block([name for name in columns if name not in KEYS], rows)
    with ThreadPoolExecutor(1) as finisher:  # it sorts and rounds the rows of one part while the next one is computed
        for part in chain([first], later):
            block.fill(part, finisher)
        keys = pd.concat([future.result() for future in block.finishing], ignore_index=True)
    frame = pd.concat([keys, block.frame()], axis=1)
    return frame if list(frame.columns) == columns else frame[columns]  # a choice of columns is a copy


class _Block:
    """Numbers in one block of the size they need: they arrive batch by batch, are sorted and rounded where they lie."""

    def __init__(self, names: Sequence[str], rows: int) -> None:
        self.names, self.filled = list(names), 0
        self.finishing: list[Future[pd.DataFrame]] = []
        self.values = np.empty((len(names), max(rows, LEAST_ROWS)))

    def fill(self, part: pa.RecordBatchReader, finisher: Executor) -> None:
        """Add the numbers of a part; they are brought into the order of its keys by and by."""
        start, keys = self.filled, []
        for batch in part:
            until = self.filled + batch.num_rows
            if until > self.values.shape[1]:
                self._widen(2 * until)
            for column, name in zip(self.values, self.names, strict=True):
                column[self.filled : until] = batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
            keys.append(batch.select(["customer_id", "as_of"]))
            self.filled = until
        arrow = pa.Table.from_batches(keys) if keys else _no_keys()
        self.finishing.append(finisher.submit(_finish, self.values[:, start : self.filled], arrow))

    def frame(self) -> pd.DataFrame:
        """Give the numbers as a table, without a copy."""
        return pd.DataFrame(self.values[:, : self.filled].T, columns=self.names, copy=False)

    def _widen(self, size: int) -> None:
        wait(self.finishing)  # what is still being sorted would be lost
        wider = np.empty((len(self.names), size))
        wider[:, : self.filled] = self.values[:, : self.filled]
        self.values = wider


def _finish(numbers: np.ndarray, keys: pa.Table) -> pd.DataFrame:
    """Sort and round the numbers of one query where they lie, a row of the array being a column; return its keys."""
    frame, order = _sort(keys)
    in_order = np.empty(len(order))
    for column in numbers:
        round_half_away(np.take(column, order, out=in_order, mode="clip"), out=column)
    return frame


def round_half_away(values: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Round halves away from zero, here and not in the query: engines disagree on halves, and are slower at it.

    What lies as near to a half as sums differ by the order of their addition counts as one.

    Examples
    --------
    >>> round_half_away(np.array([0.5e-6, -1.25, 2 / 3])).tolist()
    [1e-06, -1.25, 0.666667]
    >>> round_half_away(np.array([8.7778124999999, 8.7778125000001])).tolist()
    [8.777813, 8.777813]
    """
    scale = 10.0**DECIMALS
    result = np.empty_like(values) if out is None else out
    np.copysign(0.5 + NEARLY, values, out=result)
    with np.errstate(over="ignore"):  # beyond 1e302, where there are no decimals left to round
        result += values * scale
    np.trunc(result, out=result)
    result /= scale
    np.copyto(result, values, where=np.isinf(result))
    return result


def _sort(keys: pa.Table) -> tuple[pd.DataFrame, np.ndarray]:
    """Sort the keys; return them and the positions their rows came from."""
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in KEYS])
    in_order = keys.take(order)
    frame = pd.DataFrame(
        {
            "customer_id": in_order["customer_id"].to_pandas().astype("str"),
            "as_of": in_order["as_of"].to_pandas().astype("datetime64[us]"),
        }
    )
    return frame, order.to_numpy()


def _no_keys() -> pa.Table:
    return pa.table({"customer_id": pa.array([], pa.string()), "as_of": pa.array([], pa.timestamp("us"))})
