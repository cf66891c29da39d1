"""What Spark does and says differently from DuckDB: rows that are kept, rows that are handed over, formats of dates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tenure_features.reading.engine import view, without_warnings

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from pyspark.sql import SparkSession


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
