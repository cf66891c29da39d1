"""Parquet files as tables of an engine, and copies of tables in Parquet files that another engine can read."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from tenure_features.reading.engine import is_spark, statement, view, without_warnings


def parquet_view(paths: Sequence[Path], backend: Any, *, name: str) -> ir.Table:  # noqa: ANN401
    """See Parquet files as one table called ``name``; columns are matched by name."""
    if is_spark(backend):
        files = backend._session.read.option("mergeSchema", "true")  # Ibis reads one path at a time
        files.parquet(*(str(path.resolve()) for path in paths)).createOrReplaceTempView(name)
        return view(backend, name)
    scan = f"read_parquet({sql_list(paths)}, union_by_name = true)"
    statement(backend, f"CREATE VIEW {name} AS SELECT * FROM {scan}")  # noqa: S608  # paths are quoted
    return view(backend, name)


def parquet_copy(table: ir.Table, *, name: str) -> Path:
    """Copy a table of a small engine into a Parquet file that another engine can read."""
    copy = new_copy(name)
    with without_warnings():
        table.to_parquet(copy)
    return copy


def new_copy(name: str) -> Path:
    """Name a file for one more copy, in a folder that goes when the process ends."""
    return _copies() / f"{name}-{len(list(_copies().iterdir()))}.parquet"


@cache
def _copies() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tenure-copy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def sql_list(paths: Sequence[Path]) -> str:
    """Write paths as an SQL list of texts.

    Examples
    --------
    >>> print(sql_list([Path("a.parquet"), Path("b's.parquet")]))
    ['a.parquet', 'b''s.parquet']
    """
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"
