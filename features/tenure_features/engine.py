"""The DuckDB connection that tables are read and features are computed on."""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

_opened = itertools.count()


@dataclass(frozen=True)
class Engine:
    """Limits of the in-memory DuckDB a log is opened on.

    Attributes
    ----------
    memory_limit
        What DuckDB may hold before it spills, such as ``"2GB"``.
    threads
        Threads of one query.
    temp_directory
        Where it spills; a folder of its own under the system's temporary folder when None.
    """

    memory_limit: str = "2GB"
    threads: int = 2
    temp_directory: Path | None = None

    def connect(self) -> Any:  # noqa: ANN401  # the Ibis backend class is built dynamically
        """Open a new in-memory DuckDB as an Ibis backend."""
        # Two processes must not share a spill folder: DuckDB numbers its files from zero in each.
        own = Path(tempfile.gettempdir()) / f"tenure-{os.getpid()}-{next(_opened)}"
        backend = ibis.duckdb.connect(
            memory_limit=self.memory_limit,
            threads=self.threads,
            temp_directory=str(self.temp_directory or own),
        )
        statement(backend, "SET preserve_insertion_order = false")
        with suppress(duckdb.InvalidInputException):  # in Jupyter without ipywidgets: no bar, and no setting of it
            statement(backend, "SET enable_progress_bar = false")
        return backend


def moments(**columns: Sequence[pd.Timestamp]) -> ir.Table:
    """Make a small table of moments, one column per keyword."""
    types = pa.timestamp("us")
    return ibis.memtable(pa.table({name: pa.array(list(values), type=types) for name, values in columns.items()}))


def statement(backend: Any, sql: str) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Run one SQL statement on the backend's DuckDB and return its rows.

    Examples
    --------
    >>> statement(Engine().connect(), "SELECT 1 + 1")
    [(2,)]
    """
    # An unfetched result blocks the connection (DuckDB 2.0), hence fetchall even where nothing comes back.
    rows: list[tuple[Any, ...]] = backend.con.execute(sql).fetchall()
    return rows


def fetch(table: ir.Table) -> pd.DataFrame:
    """Run a query and bring its rows into pandas.

    Examples
    --------
    >>> backend = Engine().connect()
    >>> statement(backend, "CREATE TABLE numbers AS SELECT range AS a FROM range(3)")
    [(3,)]
    >>> fetch(view(backend, "numbers").filter(ibis._.a > 1))
       a
    0  2
    """
    with without_warnings():
        # Column by column, each Arrow column freed once it is copied: a table is never held twice.
        return table.to_pyarrow().to_pandas(split_blocks=True, self_destruct=True)


def evaluate(value: ir.Scalar) -> Any:  # noqa: ANN401
    """Compute one value that needs no table.

    Examples
    --------
    >>> evaluate(ibis.literal(20) + 22)
    42
    """
    with without_warnings():
        return ibis.duckdb.connect().to_pyarrow(value).as_py()


def count(table: ir.Table) -> int:
    """Count the rows of a query."""
    return int(fetch(table.aggregate(rows=table.count()))["rows"].iloc[0])


def view(backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    """Refer to a table or view of the backend."""
    with without_warnings():
        return backend.table(name)


def keep(backend: Any, name: str, table: ir.Table) -> ir.Table:  # noqa: ANN401
    """Run a query and keep its rows in the backend under a name."""
    with without_warnings():
        return backend.create_table(name, table)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep deprecations between the libraries below to themselves.

    Ibis 12 calls names that DuckDB 2.0 and pandas 3 have deprecated, on every query; nobody here can act on it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def quoted(name: str) -> str:
    """Quote an SQL identifier.

    Examples
    --------
    >>> print(quoted('the "big" one'))
    "the ""big"" one"
    """
    return '"' + name.replace('"', '""') + '"'
