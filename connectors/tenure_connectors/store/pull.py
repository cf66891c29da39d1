"""A pull: from what changed in a system to rows of the store, whole or not at all, and to be gone on with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from tenure_connectors.apis.source import ApiSource, Connection, Record, field_names
from tenure_connectors.store.database import Database, open_database
from tenure_connectors.store.entries import Maker, entries
from tenure_connectors.store.files import FileSource
from tenure_connectors.store.records import (
    Batch,
    Version,
    begin_batch,
    finish_batch,
    keep_records,
    newest_change,
    present_keys,
    versions,
)  # fmt: skip
from tenure_features.errors import UsageError
from tenure_features.reading.engine import quote

_TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "TEXT", pa.float64(): "DOUBLE PRECISION", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE", pa.timestamp("us"): "TIMESTAMP",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What a pull brought.

    Attributes
    ----------
    source, batch
        Whose records, and the number of the pull among those of the source.
    records, changes
        How many were read, and how many of them were new or different.
    rows
        Rows that were added, by table of the contract.
    account
        What they were, in sentences.
    drift
        How the fields of the records have changed, in sentences.
    """

    source: str
    batch: int
    records: int
    changes: int
    rows: Mapping[str, int]
    account: tuple[str, ...]
    drift: tuple[str, ...]


def pull_source(source: ApiSource, connection: Connection, *, into: str, full: bool = False) -> Pulled:
    """Read what changed since the last pull, and add it to the store.

    Pages are kept as they come; the tables of the contract follow once all are there, as a whole. Where a pull breaks
    off, the next one goes on.

    Parameters
    ----------
    source
        The system.
    connection
        Where it is, and who asks.
    into
        A DuckDB file, or the URI of a Postgres database.
    full
        Read everything again; what is no longer there counts as deleted.

    Raises
    ------
    UsageError
        If the API refuses the secret, the store is neither, or a source that does not give all it has is read in full.
    DataContractError
        If the records lack what the source lives by.
    DependencyUnavailableError
        If the API or the store does not answer.
    """
    if full and not source.complete:
        raise UsageError(
            f"{source.title} does not give everything it has: what it leaves out would count as deleted.",
            fix="Leave --full out.",
        )
    session = source.sign_on(connection)
    with open_database(into) as database:
        batch = begin_batch(database, source.name, now=connection.now)
        newest = None if full else newest_change(database, batch, unfinished=source.ordered)
        read, seen = 0, set[str]()
        for page in source.read(session, connection, None if newest is None else newest - source.reread):
            source.require_fields(page)
            keep_records(database, batch, page)
            read += len(page)
            if full:
                seen.update(record.key for record in page)
        if full:
            missing = [key for key in present_keys(database, batch) if key not in seen]
            keep_records(database, batch, [Record(key=key, document=None) for key in missing])
        return _finish(database, source, batch, connection.now, read)


def land_file(source: FileSource, *, into: str, now: dt.datetime) -> Pulled:
    """Add the rows of a file to the store, beside what was pulled.

    What is the same as before adds nothing; an order that differs is corrected, with the moment of this landing. A file
    never deletes: what it lacks may lie outside its period.

    Parameters
    ----------
    source
        The file.
    into
        A DuckDB file, or the URI of a Postgres database.
    now
        The moment, in UTC.

    Raises
    ------
    UsageError
        If the store is neither.
    DataContractError
        If the file cannot be read as what it is.
    DependencyUnavailableError
        If the store cannot be used.
    """
    records, account = source.records()
    with open_database(into) as database:
        batch = begin_batch(database, source.name, now=now)
        keep_records(database, batch, records)
        pulled = _finish(database, source, batch, now, len(records))
    return replace(pulled, account=account)


def _finish(database: Database, source: Maker, batch: Batch, now: dt.datetime, read: int) -> Pulled:
    before, after = versions(database, batch)
    account: list[str] = []
    added = entries(source, batch, before, after, account) if after else {}
    fields = frozenset(name for version in after.values() for name in field_names(version.document or {}))
    with database.transaction():
        for name, rows in added.items():
            _add(database, name, rows)
        finish_batch(database, batch, finished_at=now, records=read, changes=len(after), fields=fields or batch.fields)
    return Pulled(
        source=source.name,
        batch=batch.number,
        records=read,
        changes=len(after),
        rows={name: rows.num_rows for name, rows in added.items()},
        account=tuple(account),
        drift=tuple(_drift(batch, after, fields)),
    )


def _add(database: Database, table: str, rows: pa.Table) -> None:
    """Add rows to a table; a column that none of them fills is made when the first one does."""
    filled = [name for name in rows.column_names if rows[name].null_count < rows.num_rows or name == "recorded_at"]
    target = f"tenure.{quote(table)}"
    database.run(f"CREATE TABLE IF NOT EXISTS {target} (source TEXT, batch BIGINT, recorded_at TIMESTAMP)")
    for name in filled:
        kind = _TYPES[rows.schema.field(name).type]
        database.run(f"ALTER TABLE {target} ADD COLUMN IF NOT EXISTS {quote(name)} {kind}")
    database.insert(target, rows.select(filled))


def _drift(batch: Batch, after: Mapping[str, Version], fields: frozenset[str]) -> Iterator[str]:
    """Say which fields are new and which are gone, against all pulls before."""
    if not batch.fields or not fields:
        return
    new, gone = _beyond(fields, batch.fields), _beyond(batch.fields, fields)
    if new:
        yield f"Fields that were not there before: {', '.join(new[:8])}."
    # A few records need not carry everything: only where many came is a field missed.
    if gone and len(after) >= 20:
        yield f"Fields that no record carries any more: {', '.join(gone[:8])}."


def _beyond(names: frozenset[str], others: frozenset[str]) -> list[str]:
    """Give the names that others lack; an object that is missing as a whole lacks nothing."""
    openings = {other[: place + 1] for other in others for place, letter in enumerate(other) if letter == "."}
    wholes = {f"{other}." for other in others}
    return sorted(
        name
        for name in names - others
        if f"{name}." not in openings and not any(name.startswith(whole) for whole in wholes)
    )
