"""Tables by URI: in Postgres, in a DuckDB file, in the Spark catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import ibis.expr.types as ir

from tenure_features.errors import DataContractError, DependencyUnavailableError, UsageError
from tenure_features.reading.engine import define, is_spark, quote, statement, without_warnings
from tenure_features.reading.parquet import new_copy, parquet_view

POSTGRES, DUCKDB, SPARK = ("postgresql", "postgres"), "duckdb", "spark"
EXAMPLE = "postgresql://user@host/database/schema.table"
URI_KINDS = f"{EXAMPLE}, duckdb://file.duckdb#schema.table or, with the engine spark, spark://catalog.schema.table"


def is_uri(text: str) -> bool:
    """Say whether a table is named by URI, not by path."""
    return "://" in text


def hide_password(uri: object) -> str:
    """Write a URI without its password.

    Examples
    --------
    >>> hide_password("postgresql://shop:secret@db/sales/public.orders"), hide_password("orders.csv")
    ('postgresql://shop:***@db/sales/public.orders', 'orders.csv')
    """
    parts = urlsplit(str(uri))
    if not is_uri(str(uri)) or not parts.password:
        return str(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@", 1)))


def read_uri(uri: str, backend: Any, *, name: str) -> ir.Table:  # noqa: ANN401
    """See the table behind a URI in the backend, under a name.

    Raises
    ------
    DataContractError
        If the kind of URI is not read, or there is no such table.
    DependencyUnavailableError
        If the database cannot be reached or its driver is not installed.
    UsageError
        If the URI asks for an engine that is not in use.
    """
    scheme = uri.partition("://")[0].casefold()
    if scheme in POSTGRES:
        return parquet_view([_postgres_copy(uri)], backend, name=name)
    if scheme == DUCKDB:
        return _duckdb(uri, backend, name)
    if scheme == SPARK:
        return _spark(uri, backend, name)
    raise DataContractError(
        "Tables are read from files and databases.", found=hide_password(uri), fix=f"Give a path, {URI_KINDS}."
    )


def _postgres_copy(uri: str) -> Path:
    """Copy a table from Postgres into a Parquet file, batch by batch."""
    parts = urlsplit(uri)
    path, _, table = parts.path.rpartition("/")
    schema, _, plain = table.rpartition(".")
    if not path.strip("/") or not plain:
        raise UsageError("The URI names no table.", found=hide_password(uri), fix=f"Write it like {EXAMPLE}.")
    try:
        import psycopg
        from ibis.backends import postgres
    except ImportError as problem:
        raise DependencyUnavailableError(
            "Postgres cannot be read.",
            found=str(problem),
            fix="Install its driver with: pip install 'tenure[postgres]'.",
        ) from problem
    with without_warnings():
        try:
            connection = psycopg.connect(urlunsplit(parts._replace(scheme="postgresql", path=path)))
        except psycopg.OperationalError as problem:
            raise DependencyUnavailableError(
                f"The database of {hide_password(uri)} cannot be reached.",
                found=str(problem).strip().split("\n")[0],
                fix="Check host, port, user and password; PGPASSWORD and ~/.pgpass are honoured.",
            ) from problem
        with connection, _missing(uri, "the database"):
            source = postgres.Backend.from_connection(connection).table(plain, database=schema or None)
            numbers = {
                column: source[column].cast("float64") for column in source.columns if _is_decimal(source[column])
            }
            copy = new_copy(plain)
            source.mutate(**numbers).to_parquet(copy)
    return copy


def _is_decimal(column: ir.Value) -> bool:
    return bool(column.type().is_decimal())


def _duckdb(uri: str, backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    path, _, table = uri.partition("://")[2].partition("#")
    if not table:
        raise UsageError("The URI names no table.", found=uri, fix="Write it like duckdb://file.duckdb#schema.table.")
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataContractError(
            f"{path} does not exist.", fix="Check the path; it is relative to the working directory."
        )
    if is_spark(backend):
        import duckdb

        copy = new_copy(name)
        with duckdb.connect(str(file), read_only=True) as connection, _missing(uri, str(file)):
            connection.execute(f"COPY (SELECT * FROM {_quote_dotted(table)}) TO '{copy}'")  # noqa: S608
        return parquet_view([copy], backend, name=name)
    with _missing(uri, str(file)):
        escaped = str(file).replace("'", "''")
        statement(backend, f"ATTACH IF NOT EXISTS '{escaped}' AS {quote('file_' + name)} (READ_ONLY)")
        return define(backend, name, f"SELECT * FROM {quote('file_' + name)}.{_quote_dotted(table)}")  # noqa: S608


def _spark(uri: str, backend: Any, name: str) -> ir.Table:  # noqa: ANN401
    table = uri.partition("://")[2]
    if not is_spark(backend):
        raise UsageError(
            f"{uri} is a table of the Spark catalogue.",
            found="engine duckdb",
            fix="Use the engine spark: --engine spark.",
        )
    with _missing(uri, "the Spark catalogue"):
        parts = ".".join(quote(part, backend) for part in table.split("."))
        return define(backend, name, f"SELECT * FROM {parts}")  # noqa: S608  # quoted above


def _quote_dotted(table: str) -> str:
    return ".".join(quote(part) for part in table.split("."))


@contextmanager
def _missing(uri: str, where: str) -> Iterator[None]:
    """Say that there is no such table, whatever the database calls that."""
    try:
        yield
    except Exception as problem:
        raise DataContractError(
            f"The table of {hide_password(uri)} cannot be read.",
            found=f"{where} says: {str(problem).strip().split(chr(10))[0]}",
            fix="Check the schema and the name of the table, and that it may be read.",
        ) from problem
