"""Spark as an engine: the session a log is opened on, and what Spark says differently from DuckDB."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure_features.errors import DependencyUnavailableError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from pyspark.sql import SparkSession

SHUFFLE_PARTITIONS = 8
"""Of a local session; a cluster's own session brings its own."""


def connect_spark(*, threads: int, memory: str, temp_directory: Path | None) -> Any:  # noqa: ANN401
    """Open an Ibis backend on the active Spark session, or on a local one where there is none.

    Views made on it are its own: the session is a child of the active one, so two logs do not meet.

    Parameters
    ----------
    threads
        Threads of a local session.
    memory
        What the process of a local session may hold, such as ``"2GB"``.
    temp_directory
        Where a local session spills.

    Raises
    ------
    DependencyUnavailableError
        If pyspark is not installed, or there is no Java to start a local session with.
    """
    import ibis

    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise DependencyUnavailableError(
            "Spark is not installed.", found=str(problem), fix="Install it with: pip install 'tenure[spark]'."
        ) from problem
    active = SparkSession.getActiveSession() or _local(SparkSession, threads, memory, temp_directory)
    own = active.newSession()
    # A child starts from the defaults of the context, not from what was set on its parent.
    own.conf.set("spark.sql.shuffle.partitions", active.conf.get("spark.sql.shuffle.partitions") or "")
    return ibis.pyspark.connect(own)


def _local(builder: type[SparkSession], threads: int, memory: str, temp_directory: Path | None) -> SparkSession:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory.lower().removesuffix("b"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
        **({"spark.local.dir": str(temp_directory)} if temp_directory else {}),
    }
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # or functions run in whatever python3 there is
    builder_ = builder.builder.appName("tenure").master(f"local[{threads}]")
    for name, value in settings.items():
        builder_ = builder_.config(name, value)
    try:
        session: SparkSession = builder_.getOrCreate()
    except Exception as problem:  # pyspark has no name of its own for a missing Java
        raise DependencyUnavailableError(
            "Spark could not be started.",
            found=str(problem).split("\n")[0],
            fix="Install a JDK of version 17 or later, or run inside a Spark session.",
        ) from problem
    return session


def keep_rows(backend: Any, name: str, table: ir.Table) -> ir.Table:  # noqa: ANN401
    """Run a query and keep its rows under a name, without the way they came about.

    A cached view still carries the plan of every view it was made of, and a step that reads the one before it twice
    doubles that plan: after a dozen steps the planner works for minutes on a handful of rows. Rows are therefore
    checkpointed: to the checkpoint directory of the Spark context where it has one, else on the executors.

    Parameters
    ----------
    backend
        An Ibis backend of Spark.
    name
        What the temporary view is called.
    table
        The query.
    """
    from tenure_features.reading.engine import view, without_warnings

    session = backend._session  # Ibis gives no data frame
    with without_warnings(), _without_constraints(session):
        backend.create_view(name, table, overwrite=True)
        query = session.table(name)
        durable = session.sparkContext.getCheckpointDir() is not None
        (query.checkpoint() if durable else query.localCheckpoint()).createOrReplaceTempView(name)
        return view(backend, name)


@contextmanager
def _without_constraints(session: SparkSession) -> Iterator[None]:
    """Plan without constraints: a checkpoint of a union hands them on under names that it does not have (Spark 4.3)."""
    key = "spark.sql.constraintPropagation.enabled"
    before = session.conf.get(key)
    session.conf.set(key, "false")
    try:
        yield
    finally:
        session.conf.set(key, before or "true")


def load_rows(backend: Any, name: str, rows: pa.Table) -> ir.Table:  # noqa: ANN401
    """Bring rows into Spark under a name: a temporary view, no table of the catalogue."""
    from tenure_features.reading.engine import view, without_warnings

    with without_warnings():
        backend._session.createDataFrame(rows).createOrReplaceTempView(name)
        return view(backend, name)


def java_format(strptime: str) -> str:
    """Write a strptime format as Spark writes it.

    Examples
    --------
    >>> java_format("%d/%m/%Y %H:%M"), java_format("%Y%m%d")
    ('d/M/yyyy H:m', 'yyyyMMdd')
    """
    # One letter reads one or two digits; digits without anything between them need their exact number.
    adjacent = "%Y%m%d" in strptime
    wide = {"%d": "dd", "%m": "MM", "%H": "HH", "%M": "mm", "%S": "ss"}
    lean = {"%d": "d", "%m": "M", "%H": "H", "%M": "m", "%S": "s"}
    words = {"%Y": "yyyy", "%y": "yy", "%I": "h", "%p": "a", "%b": "MMM", "%B": "MMMM", "%f": "SSSSSS"}
    written = strptime
    for code, letters in (words | (wide if adjacent else lean)).items():
        written = written.replace(code, letters)
    return written
