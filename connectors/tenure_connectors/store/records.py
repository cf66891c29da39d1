"""Records in all their versions: what a system said, and since when it was known."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tenure_connectors.apis.source import Record
from tenure_connectors.store.database import Database

_MAKE = (
    "CREATE SCHEMA IF NOT EXISTS pulled",
    "CREATE SCHEMA IF NOT EXISTS tenure",
    "CREATE TABLE IF NOT EXISTS pulled.records (source TEXT NOT NULL, key TEXT NOT NULL, number BIGINT NOT NULL, "
    "batch BIGINT NOT NULL, document TEXT, changed_at TIMESTAMP)",
    "CREATE TABLE IF NOT EXISTS pulled.incoming (source TEXT, key TEXT, number BIGINT, document TEXT, "
    "changed_at TIMESTAMP)",
    "CREATE TABLE IF NOT EXISTS tenure.pulls (source TEXT NOT NULL, batch BIGINT NOT NULL, started_at TIMESTAMP NOT "
    "NULL, finished_at TIMESTAMP NOT NULL, records BIGINT NOT NULL, changes BIGINT NOT NULL, fields TEXT)",
)
_KEEP = """
INSERT INTO pulled.records
SELECT i.source, i.key, i.number + (SELECT coalesce(max(number), 0) FROM pulled.records), CAST(%s AS BIGINT),
  i.document, i.changed_at
FROM pulled.incoming i LEFT JOIN (
  SELECT key, document, row_number() OVER (PARTITION BY key ORDER BY number DESC) AS place FROM pulled.records
  WHERE source = %s AND key IN (SELECT key FROM pulled.incoming)
) k ON k.key = i.key AND k.place = 1
WHERE i.document IS DISTINCT FROM k.document
"""
_VERSIONS = """
SELECT key, document, changed_at FROM (
  SELECT *, row_number() OVER (PARTITION BY key ORDER BY number DESC) AS place FROM pulled.records
  WHERE source = %s AND batch {until}
) v WHERE place = 1 AND key IN (SELECT key FROM pulled.records WHERE source = %s AND batch = %s)
"""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a record was: None where it is not there, since when it has been so, where that is known (UTC, naive)."""

    document: Mapping[str, Any] | None
    changed_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One pull of one source.

    Attributes
    ----------
    source, number
        Of which, and the how manieth it is; one that broke off is gone on with.
    started_at
        The moment of this pull (UTC, naive).
    previous_at
        When the pull before it began; None for the first.
    fields
        What the records of earlier pulls carried.
    """

    source: str
    number: int
    started_at: dt.datetime
    previous_at: dt.datetime | None
    fields: frozenset[str]


def begin_batch(database: Database, source: str, *, now: dt.datetime) -> Batch:
    """Make the tables of the store where there are none, and number the pull."""
    for statement in _MAKE:
        database.run(statement)
    rows = database.run("SELECT batch, started_at, fields FROM tenure.pulls WHERE source = %s ORDER BY batch", [source])
    fields = frozenset(name for row in rows for name in json.loads(row[2] or "[]"))
    previous = rows[-1][1] if rows else None
    started = now.astimezone(dt.UTC).replace(tzinfo=None)
    return Batch(source=source, number=len(rows) + 1, started_at=started, previous_at=previous, fields=fields)


def newest_change(database: Database, batch: Batch, *, unfinished: bool) -> dt.datetime | None:
    """Give the newest moment of change that is known, in UTC.

    Parameters
    ----------
    unfinished
        Whether what a pull that broke off has brought counts: only where changes come in their order.
    """
    highest = batch.number if unfinished else batch.number - 1
    (row,) = database.run(
        "SELECT max(changed_at) FROM pulled.records WHERE source = %s AND batch <= %s", [batch.source, highest]
    )
    moment: dt.datetime | None = row[0]
    return None if moment is None else moment.replace(tzinfo=dt.UTC)


def present_keys(database: Database, batch: Batch) -> list[str]:
    """Name the records that are there, as far as is known."""
    newest = "SELECT key, document, row_number() OVER (PARTITION BY key ORDER BY number DESC) AS place"
    rows = database.run(
        f"SELECT key FROM ({newest} FROM pulled.records WHERE source = %s) v "  # noqa: S608  # no value of others
        "WHERE place = 1 AND document IS NOT NULL ORDER BY key",
        [batch.source],
    )
    return [row[0] for row in rows]


def keep_records(database: Database, batch: Batch, records: Sequence[Record]) -> None:
    """Keep what is new or has changed, as a whole; what says the same as before leaves nothing behind."""
    last = {record.key: record for record in records}
    if not last:
        return
    rows = pa.table(
        {
            "source": pa.array([batch.source] * len(last)),
            "key": pa.array(list(last)),
            "number": pa.array(range(1, len(last) + 1), pa.int64()),
            "document": pa.array([_write(record) for record in last.values()], pa.string()),
            "changed_at": pa.array([_naive(record.changed_at) for record in last.values()], pa.timestamp("us")),
        }
    )
    with database.transaction():
        database.run("DELETE FROM pulled.incoming")
        database.insert("pulled.incoming", rows)
        database.run(_KEEP, [batch.number, batch.source])
        database.run("DELETE FROM pulled.incoming")


def versions(database: Database, batch: Batch) -> tuple[dict[str, Version], dict[str, Version]]:
    """Give the records that this pull changed, by key: as they were before it, and as they are."""
    read = {
        until: database.run(_VERSIONS.format(until=until), [batch.source, batch.number, batch.source, batch.number])
        for until in ("< %s", "<= %s")
    }
    before, after = (
        {key: Version(document=None if text is None else json.loads(text), changed_at=at) for key, text, at in rows}
        for rows in read.values()
    )
    return before, after


def finish_batch(
    database: Database, batch: Batch, *, finished_at: dt.datetime, records: int, changes: int, fields: frozenset[str]
) -> None:
    """Write down that a pull is done; inside the transaction that adds what it brought."""
    row = [
        batch.source,
        batch.number,
        batch.started_at,
        _naive(finished_at),
        records,
        changes,
        json.dumps(sorted(fields)),
    ]
    database.run("INSERT INTO tenure.pulls VALUES (%s, %s, %s, %s, %s, %s, %s)", row)


def _write(record: Record) -> str | None:
    if record.document is None:
        return None
    return json.dumps(record.document, ensure_ascii=False, sort_keys=True)


def _naive(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.astimezone(dt.UTC).replace(tzinfo=None)
