"""The engines that tables are read and features are computed on: DuckDB, or Spark."""

from __future__ import annotations

import shutil
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from tenure_features.errors import UsageError

EngineName = Literal["duckdb", "spark"]

ROWS_PER_BATCH = 50_000
"""Rows of one batch that is handed over."""


@dataclass(frozen=True)
class Engine:
    """Where a log is opened, and its limits there.

    Attributes
    ----------
    kind
        ``duckdb``: a new DuckDB of its own; ``spark``: the active Spark session, or a local one where there is none.
    memory_limit
        What DuckDB, or a local Spark session, may hold before it spills, such as ``"2GB"``.
    threads
        Threads of one query.
    temp_directory
        Where a folder of its own holds its tables and what it spills, until it is closed; the system's temporary
        folder when None.

    Raises
    ------
    UsageError
        If there is no engine of that kind.
    """

    kind: EngineName = "duckdb"
    memory_limit: str = "2GB"
    threads: int = 2
    temp_directory: Path | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(EngineName):
            raise UsageError("The engine is unknown.", found=repr(self.kind), fix="Use duckdb or spark.")

    def connect(self) -> Any:  # noqa: ANN401  # the Ibis backend class is built dynamically
        """Open it as an Ibis backend."""
        if self.kind == "spark":
            from tenure_features.reading.spark_session import connect_spark

            with without_warnings():
                return connect_spark(threads=self.threads, memory=self.memory_limit, temp_directory=self.temp_directory)
        # Tables lie in a file, compressed: they take less memory, and are read again instead of being spilled.
        # A folder of its own, since two processes must not share one: DuckDB numbers its files from zero in each.
        if self.temp_directory is not None:
            self.temp_directory.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="tenure-", dir=self.temp_directory))
        backend = ibis.duckdb.connect(
            folder / "tables.duckdb",
            memory_limit=self.memory_limit,
            threads=self.threads,
            temp_directory=str(folder / "spill"),
        )
        weakref.finalize(backend, shutil.rmtree, folder, ignore_errors=True)
        statement(backend, "PRAGMA disable_checkpoint_on_shutdown")  # the file goes with the backend
        statement(backend, "SET preserve_insertion_order = false")
        with suppress(duckdb.InvalidInputException):  # in Jupyter without ipywidgets: no bar, and no setting of it
            statement(backend, "SET enable_progress_bar = false")
        return backend


def moments(**columns: Sequence[pd.Timestamp]) -> ir.Table:
    """Make a small table of moments, one column per keyword."""
    types = pa.timestamp("us")
    return ibis.memtable(pa.table({name: pa.array(list(values), type=types) for name, values in columns.items()}))


def statement(backend: Any, sql: str) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Run one SQL statement on the backend and return its rows.

    Examples
    --------
    >>> statement(Engine().connect(), "SELECT 1 + 1")
    [(2,)]
    """
    if is_spark(backend):
        return [tuple(row) for row in backend._session.sql(sql).collect()]  # Ibis has no other door
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


def reader(table: ir.Table) -> pa.RecordBatchReader:
    """Run a query and hand its rows over batch by batch, so that they are never all held at once.

    Examples
    --------
    >>> backend = Engine().connect()
    >>> statement(backend, "CREATE TABLE numbers AS SELECT range AS a FROM range(3)")
    [(3,)]
    >>> [batch.num_rows for batch in reader(view(backend, "numbers"))]
    [3]
    """
    backend = table.get_backend()
    with without_warnings():
        if backend.name != "duckdb":
            return table.to_pyarrow().to_reader()
        # Ibis' own batches call what DuckDB 2.0 no longer has
        return backend._to_duckdb_relation(table).to_arrow_reader(ROWS_PER_BATCH)


def evaluate(value: ir.Scalar) -> Any:  # noqa: ANN401
    """Compute one value that needs no table.

    Examples
    --------
    >>> evaluate(ibis.literal(20) + 22)
    42
    """
    with without_warnings():
        return ibis.duckdb.connect().to_pyarrow(value).as_py()


def digest_table(backend: Any, table: ir.Table, content: str) -> tuple[Any, ...]:  # noqa: ANN401
    """Count the rows of a kept table and sum a hash of each; ``content`` is the SQL of the text that is hashed."""
    if is_spark(backend):
        number = f"CAST(conv(substr(md5({content}), 1, 15), 16, 10) AS DECIMAL(38, 0))"
    else:
        number = f"CAST(md5_number_lower({content}) AS HUGEINT)"
    name = quote(table.get_name().rpartition(".")[2], backend)  # catalogue and schema before it are the current ones
    return statement(backend, f"SELECT count(*), sum({number}) FROM {name}")[0]  # noqa: S608  # names are quoted


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
        if is_spark(backend):
            stored = backend.create_view(name, table, overwrite=True)
            statement(backend, f"CACHE TABLE {quote(name, backend)}")
            return stored
        return backend.create_table(name, table)


def drop(backend: Any, name: str) -> None:  # noqa: ANN401
    """Let go of what was kept under a name; nothing happens where there is nothing."""
    if is_spark(backend):
        statement(backend, f"UNCACHE TABLE IF EXISTS {quote(name, backend)}")
        backend.drop_view(name, force=True)
    else:
        backend.drop_table(name, force=True)


@contextmanager
def many_groups(backend: Any) -> Iterator[None]:  # noqa: ANN401
    """Prepare for grouping by keys that hardly repeat, such as ids of orders.

    DuckDB lets the hash tables of one or two threads grow far beyond the processor's caches, which pays where many rows
    fall into few groups. From three threads on it begins a new one instead, and a group per row takes half the time,
    on two cores too.
    """
    if is_spark(backend) or threads_of(backend) != 2:
        yield
        return
    statement(backend, "SET threads = 3")
    try:
        yield
    finally:
        statement(backend, "SET threads = 2")


def with_many_groups(engine: Engine) -> Engine:
    """Give an engine that is used for one such grouping alone the threads for it: to change them later takes time."""
    return replace(engine, threads=3) if engine.kind == "duckdb" and engine.threads == 2 else engine


def threads_of(backend: Any) -> int:  # noqa: ANN401
    """Count the threads of one query of DuckDB."""
    return int(statement(backend, "SELECT current_setting('threads')")[0][0])


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep deprecations between the libraries below to themselves.

    Ibis 12 calls names that DuckDB 2.0 and pandas 3 have deprecated, on every query; nobody here can act on it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def define(backend: Any, name: str, sql: str) -> ir.Table:  # noqa: ANN401
    """Name a query, without running it."""
    kind = "TEMPORARY VIEW" if is_spark(backend) else "VIEW"
    statement(backend, f"CREATE OR REPLACE {kind} {quote(name, backend)} AS {sql}")
    return view(backend, name)


def is_spark(backend: Any) -> bool:  # noqa: ANN401
    """Say whether a backend is Spark."""
    return bool(backend.name == "pyspark")


def dialect(backend: Any) -> str:  # noqa: ANN401
    """Name the SQL a backend speaks, as sqlglot calls it."""
    return "spark" if is_spark(backend) else str(backend.name)


def spoken_by(value: ir.Value | ir.Table) -> str:
    """Name the SQL of the backend an expression is bound to; DuckDB's where it is bound to none."""
    try:
        return dialect(value.get_backend())
    except ibis.IbisError:
        return "duckdb"


def is_refusal(problem: Exception) -> bool:
    """Say whether an engine refused a query or stopped while running it."""
    return isinstance(problem, duckdb.Error) or type(problem).__module__.startswith("pyspark.errors")


def is_row_failure(problem: Exception) -> bool:
    """Say whether an engine stopped at a value: a conversion, a range, an argument that does not hold for a row."""
    duck = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
    spark = type(problem).__module__.startswith("pyspark.errors") and type(problem).__name__ in {
        "ArithmeticException", "ArrayIndexOutOfBoundsException", "DateTimeException", "IllegalArgumentException",
        "NumberFormatException", "SparkRuntimeException",
    }  # fmt: skip
    return isinstance(problem, duck) or spark


def quote(name: str, backend: Any = None) -> str:  # noqa: ANN401
    """Quote an SQL identifier, as a backend does.

    Examples
    --------
    >>> print(quote('the "big" one'))
    "the ""big"" one"
    """
    if backend is not None and is_spark(backend):
        return "`" + name.replace("`", "``") + "`"
    return '"' + name.replace('"', '""') + '"'
