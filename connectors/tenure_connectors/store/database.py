"""The database that everything is pulled into: a DuckDB file, or Postgres, by the same statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import duckdb
import pyarrow as pa

from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_features.reading.databases import DUCKDB, POSTGRES, hide_password, is_uri
from tenure_features.reading.engine import quote

_ORDERS = "tenure.orders"

type Row = tuple[Any, ...]


class Database(Protocol):
    """What both kinds can do. Parameters of statements stand where ``%s`` is; names are in the catalogue's schemas."""

    place: str

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a statement and give its rows."""

    def insert(self, table: str, rows: pa.Table) -> None:
        """Add rows under the names of their columns."""

    def transaction(self) -> Any:  # noqa: ANN401  # a context
        """Make everything inside happen as a whole, or not at all."""

    def close(self) -> None:
        """Let go of it."""


@contextmanager
def open_database(place: str, *, read_only: bool = False) -> Iterator[Database]:
    """Open the store; a DuckDB file is made where there is none.

    Parameters
    ----------
    place
        A DuckDB file, or the URI of a Postgres database.
    read_only
        Whether nothing will be written, so that others may read a file at the same time.

    Raises
    ------
    UsageError
        If it is neither.
    DependencyUnavailableError
        If it cannot be reached, or fails on the way.
    """
    scheme = urlsplit(place).scheme if is_uri(place) else ""
    database: Database
    if scheme in POSTGRES:
        database = _Postgres(place)
    elif scheme == DUCKDB or (not scheme and Path(place).suffix in {".duckdb", ".db"}):
        database = _DuckDB(Path(place.partition("://")[2] if scheme else place).expanduser(), read_only=read_only)
    else:
        raise UsageError(
            "The store is a DuckDB file or a Postgres database.",
            found=hide_password(place),
            fix="Say --into shop.duckdb, or --into postgresql://user@host/database.",
        )
    try:
        yield database
    finally:
        database.close()


def as_uri(place: str, schema: str, table: str) -> str:
    """Name a table of a store as ``tenure`` reads it.

    Examples
    --------
    >>> as_uri("shop.duckdb", "tenure", "orders"), as_uri("postgresql://u@h/db", "tenure", "orders")
    ('duckdb://shop.duckdb#tenure.orders', 'postgresql://u@h/db/tenure.orders')
    """
    parts = urlsplit(place)
    if parts.scheme in POSTGRES:
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{schema}.{table}"))
    return f"{DUCKDB}://{place.removeprefix(f'{DUCKDB}://')}#{schema}.{table}"


def place_of_store(uri: str) -> str | None:
    """Give the store whose orders a URI names; None where it names something else.

    Examples
    --------
    >>> place_of_store("duckdb://shop.duckdb#tenure.orders"), place_of_store("postgresql://u@h/db/tenure.orders")
    ('shop.duckdb', 'postgresql://u@h/db')
    >>> place_of_store("orders.csv")
    """
    parts = urlsplit(uri)
    if parts.scheme in POSTGRES and parts.path.endswith(f"/{_ORDERS}"):
        return urlunsplit(parts._replace(path=parts.path.removesuffix(f"/{_ORDERS}")))
    file, _, table = uri.partition("://")[2].partition("#")
    return file if parts.scheme == DUCKDB and table == _ORDERS else None


class _DuckDB:
    def __init__(self, file: Path, *, read_only: bool) -> None:
        self.place = str(file)
        try:
            if not read_only:
                file.parent.mkdir(parents=True, exist_ok=True)
            is_new = not file.exists()
            self._connection = duckdb.connect(str(file), read_only=read_only)
            if is_new:  # it holds what people bought, and their e-mails
                file.chmod(0o600)
        except (duckdb.Error, OSError) as problem:
            raise _unavailable(self.place, problem) from problem

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(sql.replace("%s", "?"), list(parameters)).fetchall()

    def insert(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(quote(name) for name in rows.column_names)
        self._connection.register("tenure_incoming", rows)
        try:
            self.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM tenure_incoming")  # noqa: S608  # quoted
        finally:
            self._connection.unregister("tenure_incoming")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


class _Postgres:
    def __init__(self, uri: str) -> None:
        self.place = uri
        try:
            import psycopg
        except ImportError as problem:
            raise DependencyUnavailableError(
                "Postgres cannot be used.", found=str(problem), fix="Install it with: pip install 'tenure[postgres]'."
            ) from problem
        try:
            self._connection = psycopg.connect(uri, autocommit=True)
        except psycopg.OperationalError as problem:
            raise _unavailable(uri, problem) from problem

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql.encode(), parameters or None)
            return cursor.fetchall() if cursor.description is not None else []

    def insert(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(quote(name) for name in rows.column_names)
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy,
        ):
            for batch in rows.to_batches(max_chunksize=10_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)

    def transaction(self) -> Any:  # noqa: ANN401
        return self._connection.transaction()

    def close(self) -> None:
        self._connection.close()


def _unavailable(place: str, problem: Exception) -> DependencyUnavailableError:
    return DependencyUnavailableError(
        f"The store {hide_password(place)} cannot be opened.",
        found=hide_password(str(problem).strip().split("\n")[0]),
        fix="Close what else has it open, or check host, user and password.",
    )
