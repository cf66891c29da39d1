"""The erasure of customers from tables of databases, and from what the files of these still hold of deleted rows."""
# ruff: noqa: S608  # tables and columns are quoted, ids are parameters

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_features.reading.files import replacing
from tenure_serving.destinations.tables import TableAddress, import_psycopg, open_duckdb

_Rows = Callable[..., list[Any]]
"""Runs a statement with values, and gives the rows of its answer."""

_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND data_type IN ('VARCHAR', 'text', 'character varying') ORDER BY 1, 2"
)


def erase_from_duckdb(
    path: Path, ids: Sequence[str], *, table: str | None = None, dry_run: bool = False
) -> dict[str, int]:
    """Delete the rows of customers in a DuckDB file, and write it anew: a deleted row stays in its file else.

    Parameters
    ----------
    path
        The file.
    ids
        As they are written: a row goes where a whole cell is one of them.
    table
        The one table that is looked through; None: all of the file.
    dry_run
        Count them, and change nothing.

    Returns
    -------
    dict
        Rows by table, of those that had any.
    """
    connection = open_duckdb(path)

    def ask(text: str, values: Sequence[object] = ()) -> list[Any]:
        return connection.execute(text.replace("%s", "?"), list(values)).fetchall()

    try:
        connection.begin()
        rows_by_table = _erase(ask, ids, table, dry_run=dry_run)
        connection.commit()
        if rows_by_table and not dry_run:
            with replacing(path) as draft:
                (name,) = ask("SELECT current_database()")[0]
                connection.execute(f"ATTACH {_text(str(draft))} AS erased")
                connection.execute(f"COPY FROM DATABASE {_quote(name)} TO erased")
                connection.execute("DETACH erased")
                connection.close()
    finally:
        connection.close()
    return rows_by_table


def erase_from_postgres(uri: str, ids: Sequence[str], *, dry_run: bool = False) -> dict[str, int]:
    """Delete the rows of customers in one table of Postgres, and write it anew; see `erase_from_duckdb`.

    Raises
    ------
    DependencyUnavailableError
        The server does not answer or refuses, or the driver is not installed.
    """
    psycopg, address = import_psycopg(), TableAddress.of(uri)
    try:
        with psycopg.connect(address.database, autocommit=True) as connection:

            def ask(text: str, values: Sequence[object] = ()) -> list[Any]:
                cursor = connection.execute(text.encode(), values)
                return list(cursor.fetchall()) if cursor.description else []

            with connection.transaction():
                rows_by_table = _erase(ask, ids, address.table, dry_run=dry_run)
            for table in rows_by_table if not dry_run else ():
                connection.execute(f"VACUUM FULL {_quote(table)}".encode())
    except psycopg.Error as error:
        raise DependencyUnavailableError("Postgres did not erase the rows.", found=str(error)[:300]) from error
    return rows_by_table


def _erase(ask: _Rows, ids: Sequence[str], table: str | None, *, dry_run: bool) -> dict[str, int]:
    columns: dict[str, list[str]] = {}
    for name, column in ask(_COLUMNS):
        columns.setdefault(name, []).append(column)
    if table is not None and table not in columns:
        raise UsageError("There is no such table with texts in it.", found=table)
    rows_by_table: dict[str, int] = {}
    marks = ", ".join(["%s"] * len(ids))
    for name in columns if table is None else [table]:
        where = " OR ".join(f"{_quote(column)} IN ({marks})" for column in columns[name])
        values = [*ids] * len(columns[name])
        ((rows,),) = ask(f"SELECT count(*) FROM {_quote(name)} WHERE {where}", values)
        if not rows:
            continue
        rows_by_table[name] = rows
        if not dry_run:
            ask(f"DELETE FROM {_quote(name)} WHERE {where}", values)
            if f"{name}_manifest" in columns:
                _vouch(ask, name)
    return rows_by_table


def _vouch(ask: _Rows, table: str) -> None:
    """Let manifests say how many rows there are now."""
    key = "as_of = %s AND model_version = %s"
    for as_of, version, manifest in ask(f"SELECT as_of, model_version, manifest FROM {_quote(table + '_manifest')}"):
        ((rows,),) = ask(f"SELECT count(*) FROM {_quote(table)} WHERE {key}", [as_of, version])
        about: Mapping[str, Any] = json.loads(manifest)
        text = json.dumps({**about, "rows": rows}, indent=2, ensure_ascii=False) + "\n"
        ask(f"UPDATE {_quote(table + '_manifest')} SET manifest = %s WHERE {key}", [text, as_of, version])


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
