"""Columns of tables: ids, times, money and text as Arrow arrays, made without Python loops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenure_simulator.arrays import Bools, Floats, Ints

CUSTOMER_DIGITS = 8
ORDER_DIGITS = 12
BLOCK_FACTOR = 10**8
"""Order numbers are block * BLOCK_FACTOR + position in the block."""


def id_column(prefix: str, numbers: Ints, digits: int) -> pa.StringArray:
    """Return ids of a prefix and zero-padded numbers.

    Examples
    --------
    >>> id_column("C", np.array([7, 42]), 4).to_pylist()
    ['C0007', 'C0042']
    """
    return prefix_ids(np.frombuffer(prefix.encode(), dtype=np.uint8), numbers, digits)


def prefix_ids(prefix: NDArray[np.uint8], numbers: Ints, digits: int) -> pa.StringArray:
    """Return ids of prefixes (bytes, shape (letters,) or (n, letters)) and zero-padded numbers."""
    start = prefix.shape[-1]
    width = start + digits
    text = np.empty((len(numbers), width), dtype=np.uint8)
    text[:, :start] = prefix
    rest = np.asarray(numbers, dtype=np.int64)
    for place in range(width - 1, start - 1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + ord("0")
    offsets = np.arange(0, (len(numbers) + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def customer_ids(numbers: Ints) -> pa.StringArray:
    """Return the customer ids of customer numbers."""
    return id_column("C", numbers, CUSTOMER_DIGITS)


def order_ids(numbers: Ints, is_return: Bools | None = None) -> pa.StringArray:
    """Return order ids (O...); where ``is_return``, the ids of the returns of those orders (R...)."""
    prefix = np.full(len(numbers), ord("O"), dtype=np.uint8)
    if is_return is not None:
        prefix[is_return] = ord("R")
    return prefix_ids(prefix[:, None], numbers, ORDER_DIGITS)


def microseconds(days: Floats, start: date) -> Ints:
    """Whole seconds of times in days since the shop's start, as microseconds since 1970."""
    origin = pd.Timestamp(start).value // 1000
    return origin + np.rint(np.asarray(days) * 86_400).astype(np.int64) * 1_000_000


def time_column(days: Floats, start: date) -> pa.TimestampArray:
    """Return times, to the second, null where infinite or NaN."""
    finite = np.isfinite(days)
    values = microseconds(np.where(finite, days, 0.0), start)
    return pa.array(values, type=pa.timestamp("us"), mask=~finite if not finite.all() else None)


def text_column(codes: Ints, words: Sequence[str]) -> pa.DictionaryArray:
    """Return text given as codes into words; the empty word becomes null."""
    mask = np.isin(codes, [code for code, word in enumerate(words) if not word])
    indices = pa.array(np.asarray(codes, dtype=np.int32), mask=mask if mask.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(words), type=pa.string()))


def constant(word: str, n: int) -> pa.DictionaryArray:
    """Return one word, n times."""
    return text_column(np.zeros(n, dtype=np.int64), [word])


def money_column(cents: Ints) -> pa.DoubleArray:
    """Return money of integer cents."""
    return pa.array(np.asarray(cents) / 100.0, type=pa.float64())


def flags(values: Bools) -> pa.BooleanArray:
    """Return booleans."""
    return pa.array(np.asarray(values, dtype=bool))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a pandas frame with plain strings instead of categories."""
    fields = [
        pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema
    ]  # fmt: skip
    frame: pd.DataFrame = table.cast(pa.schema(fields)).to_pandas()
    return frame
