"""Partitions as rows of a table in DuckDB or Postgres, keyed by moment and model, each replaced in one transaction."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import pyarrow as pa

from tenure_features.errors import DataContractError, DependencyUnavailableError, UsageError
from tenure_features.reading.databases import hide_password
from tenure_serving.destinations.lock import PATIENCE_S, PAUSE_S
from tenure_serving.destinations.partition import Partition, read_manifest

if TYPE_CHECKING:
    import duckdb  # late: only who writes there needs it

_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
_DUCKDB = "duckdb://"
_DUCKDB_TYPES = {"text": "VARCHAR", "moment": "TIMESTAMP", "whole": "BIGINT", "number": "DOUBLE", "texts": "VARCHAR[]"}
_POSTGRES_TYPES = {
    "text": "text", "moment": "timestamp", "whole": "bigint", "number": "double precision", "texts": "text[]",
}  # fmt: skip

Ask = Callable[..., object]
"""Runs a statement with values, and gives the first row of its answer."""


@dataclass(frozen=True)
class TableAddress:
    """A database, and the table in it: ``table`` in the query of a URI, ``scores`` where it is not said."""

    database: str
    table: str

    @classmethod
    def of(cls, uri: str) -> TableAddress:
        """Take a URI apart; `UsageError` where the table has another name than a plain one."""
        place, _, query = uri.partition("?")  # to unsplit a URI depends on what others have told urllib of its scheme
        asked = dict(parse_qsl(query, keep_blank_values=True))
        table = asked.pop("table", "scores")
        if _TABLE.fullmatch(table) is None:
            raise UsageError("A table is named by letters, digits and underscores.", found=repr(table)[:80])
        return cls(f"{place}?{urlencode(asked)}" if asked else place, table)


def write_duckdb(partition: Partition, uri: str) -> str:
    """Write a partition into a table of a DuckDB file, in one transaction.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    DataContractError
        A column of the table is of another type.
    DependencyUnavailableError
        Another process has held the file for ten minutes.
    """
    import duckdb

    address = TableAddress.of(uri)
    path = Path(address.database.removeprefix(_DUCKDB))
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = open_duckdb(path)

    def ask(text: str, values: Sequence[object] = ()) -> object:
        return connection.execute(text.replace("%s", "?"), list(values)).fetchone()

    try:
        connection.begin()
        _make_room(ask, partition, address.table, types=_DUCKDB_TYPES, place=str(path))
        names = _names(partition.schema)
        for batch in partition.batches():
            rows = pa.Table.from_batches([batch])
            connection.register("tenure_batch", rows)
            connection.execute(f"INSERT INTO {address.table} ({names}) SELECT {names} FROM tenure_batch")  # noqa: S608
        _vouch(ask, partition, address.table)
        connection.commit()
    except duckdb.ConversionException as error:
        raise DataContractError("A column of the table is of another type.", found=str(error)[:200]) from error
    finally:
        connection.close()
    return f"{path}: {address.table}"


def find_in_duckdb(partition: Partition, uri: str) -> Mapping[str, Any] | None:
    """Read what vouches for the same moment and model in a table of DuckDB; None where nothing does.

    Raises
    ------
    DependencyUnavailableError
        Another process has held the file for ten minutes.
    """
    import duckdb

    address = TableAddress.of(uri)
    path = Path(address.database.removeprefix(_DUCKDB))
    if not path.exists():
        return None
    connection = open_duckdb(path)
    try:
        row = connection.execute(_find(address.table).replace("%s", "?"), _key(partition)).fetchone()
    except duckdb.CatalogException:  # nobody has written there yet
        return None
    finally:
        connection.close()
    return read_manifest(row[0]) if row else None


def write_postgres(partition: Partition, uri: str) -> str:
    """Write a partition into a table of Postgres by COPY, in one transaction that waits for any other run.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    DataContractError
        A column of the table is of another type.
    DependencyUnavailableError
        The server does not answer or refuses, or the driver is not installed.
    """
    psycopg, address = import_psycopg(), TableAddress.of(uri)
    try:
        with psycopg.connect(address.database) as connection, connection.cursor() as cursor:

            def ask(text: str, values: Sequence[object] = ()) -> object:
                cursor.execute(text.encode(), values)
                return cursor.fetchone() if cursor.description else None

            ask("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"tenure.{address.table}"])
            place, names = hide_password(address.database), _names(partition.schema)
            _make_room(ask, partition, address.table, types=_POSTGRES_TYPES, place=place)
            with cursor.copy(f"COPY {address.table} ({names}) FROM STDIN".encode()) as copy:
                for batch in partition.batches():
                    for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        copy.write_row(values)
            _vouch(ask, partition, address.table)
    except (psycopg.errors.DatatypeMismatch, psycopg.DataError) as error:
        raise DataContractError("A column of the table is of another type.", found=str(error)[:200]) from error
    except psycopg.Error as error:
        raise DependencyUnavailableError("Postgres did not take the scores.", found=str(error)[:300]) from error
    return f"{hide_password(address.database)}: {address.table}"


def find_in_postgres(partition: Partition, uri: str) -> Mapping[str, Any] | None:
    """Read what vouches for the same moment and model in a table of Postgres; None where nothing does.

    Raises
    ------
    DependencyUnavailableError
        The server does not answer or refuses, or the driver is not installed.
    """
    psycopg, address = import_psycopg(), TableAddress.of(uri)
    try:
        with psycopg.connect(address.database) as connection:
            row = connection.execute(_find(address.table).encode(), _key(partition)).fetchone()
    except psycopg.errors.UndefinedTable:  # nobody has written there yet
        return None
    except psycopg.Error as error:
        raise DependencyUnavailableError("Postgres does not answer.", found=str(error)[:300]) from error
    return read_manifest(row[0]) if row else None


def import_psycopg() -> Any:  # noqa: ANN401  # a module, imported late
    """Import the driver of Postgres; `DependencyUnavailableError` where it is not installed."""
    try:
        import psycopg
    except ImportError as error:
        raise DependencyUnavailableError(
            "Postgres needs a driver that is not installed.", fix="Run: pip install 'tenure[postgres]'"
        ) from error
    return psycopg


def _find(table: str) -> str:
    return f"SELECT manifest FROM {table}_manifest WHERE as_of = %s AND model_version = %s"  # noqa: S608  # a plain name


def _key(partition: Partition) -> list[object]:
    return [partition.as_of.to_pydatetime(), partition.model_version]


def open_duckdb(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file that one process writes at a time, waiting for its turn."""
    import duckdb

    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return duckdb.connect(str(path))
        except duckdb.IOException as busy:
            if "lock" not in str(busy) or time.monotonic() > end:
                raise DependencyUnavailableError(f"{path} cannot be opened.", found=str(busy)[:200]) from busy
            time.sleep(PAUSE_S)


def _make_room(ask: Ask, partition: Partition, table: str, *, types: Mapping[str, str], place: str) -> None:
    """Make or widen the tables, stop where the scores are there already, and take away those they replace."""
    columns = {field.name: types[_kind_of(field)] for field in partition.schema}
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    ask(f"CREATE TABLE IF NOT EXISTS {table} ({listed})")
    for name, kind in columns.items():
        ask(f'ALTER TABLE {table} ADD COLUMN IF NOT EXISTS "{name}" {kind}')
    ask(
        f"CREATE TABLE IF NOT EXISTS {table}_manifest "
        f"(as_of TIMESTAMP, model_version {types['text']}, manifest {types['text']})"
    )
    key = _key(partition)
    row = ask(_find(table), key)
    partition.require_new(read_manifest(row[0]) if isinstance(row, tuple) else None, place=place)
    for name in (table, f"{table}_manifest"):
        ask(f"DELETE FROM {name} WHERE as_of = %s AND model_version = %s", key)  # noqa: S608  # a plain name


def _vouch(ask: Ask, partition: Partition, table: str) -> None:
    ask(f"INSERT INTO {table}_manifest VALUES (%s, %s, %s)", [*_key(partition), partition.text()])  # noqa: S608  # a plain name


def _names(schema: pa.Schema) -> str:
    return ", ".join(f'"{name}"' for name in schema.names)


def _kind_of(column: pa.Field) -> str:
    for kind, holds in (
        ("text", pa.types.is_string(column.type) or pa.types.is_large_string(column.type)),
        ("moment", pa.types.is_timestamp(column.type)),
        ("whole", pa.types.is_integer(column.type)),
        ("number", pa.types.is_floating(column.type)),
        ("texts", pa.types.is_list(column.type)),
    ):
        if holds:
            return kind
    raise DataContractError("A column of the scores has a type that no table takes.", found=str(column)[:80])
