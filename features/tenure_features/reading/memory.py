"""Tables that are in memory already: pandas and Arrow, read like files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from tenure_features.errors import DataContractError
from tenure_features.reading.engine import is_spark, keep
from tenure_features.reading.parquet import parquet_copy
from tenure_features.reading.readers import RawTable, read_parquet

type Frame = pd.DataFrame | pa.Table


@dataclass(frozen=True, eq=False)
class TableInMemory:
    """Rows of a frame as they were when it was handed over.

    Attributes
    ----------
    rows
        The columns, categories written out.
    name
        What it is called where a file would be named.
    """

    rows: pa.Table = field(repr=False)
    name: str = "the frame in memory"

    def __str__(self) -> str:
        """Name it where a file would be named."""
        return self.name


type TablePlace = str | Path | TableInMemory
"""Where a table is: a file, a glob, a URI, or memory."""


def place_of(source: TablePlace | Frame) -> TablePlace:
    """Take the rows of a frame; a file, a glob or a URI stays what it is.

    Raises
    ------
    DataContractError
        If two columns are called alike, or a column holds values of several kinds.

    Examples
    --------
    >>> place_of("orders.csv"), str(place_of(pd.DataFrame({"customer_id": ["a"]})))
    ('orders.csv', 'the frame in memory')
    """
    if isinstance(source, pa.Table):
        return TableInMemory(_plain(source))
    if not isinstance(source, pd.DataFrame):
        return source
    names = [str(name) for name in source.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataContractError(
            "Columns of a frame are called alike.", found=", ".join(twice), fix="Give each a name of its own."
        )
    try:
        # Arrow may share the memory of a frame's numbers: a copy of their own, or later changes would be read
        rows = pa.Table.from_pandas(source.copy().set_axis(names, axis=1), preserve_index=False)
        return TableInMemory(_plain(rows))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as problem:
        raise DataContractError(
            "A column of a frame holds values of several kinds.",
            found=str(problem).split("\n")[0],
            fix="Give each column one type, such as text.",
        ) from problem


def read_memory(table: TableInMemory, backend: Any, *, name: str) -> RawTable:  # noqa: ANN401
    """Copy the rows into the backend, under a name."""
    rows = ibis.memtable(table.rows)
    if is_spark(backend):
        return read_parquet([parquet_copy(rows, name=name)], backend, name=name)
    return RawTable(keep(backend, name, rows))


def _plain(rows: pa.Table) -> pa.Table:
    """Write categories out: an engine would take them for a type of its own."""
    columns = {
        name: column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    }
    return pa.table(columns)
