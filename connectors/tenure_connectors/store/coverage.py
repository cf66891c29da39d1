"""What each source of a store covers, and how far sources know the same people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from tenure_connectors.store.database import Database, open_database

_MOMENTS = {"orders": "ordered_at", "events": "occurred_at"}
_SHARED = """
SELECT a.source, b.source, count(DISTINCT a.value)
FROM (SELECT DISTINCT source, kind, lower(value) AS value FROM tenure.identifiers) a
JOIN (SELECT DISTINCT source, kind, lower(value) AS value FROM tenure.identifiers) b
  ON a.kind = b.kind AND a.value = b.value AND a.source < b.source
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class SourceCoverage:
    """The rows of one source in one table.

    Attributes
    ----------
    source, table
        Of which, and where.
    rows, customers
        How many, corrections among them, and of how many ids of customers.
    first_at, last_at
        When the first and the last happened (UTC, naive).
    corrections
        Rows that became known later than they happened.
    pulled_at
        When the source was last pulled or landed.
    """

    source: str
    table: str
    rows: int
    customers: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    corrections: int
    pulled_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """E-mails and phones that two sources have in common."""

    first: str
    second: str
    identifiers: int


@dataclass(frozen=True, kw_only=True)
class StoreCoverage:
    """What the sources of a store cover, and what they share."""

    sources: tuple[SourceCoverage, ...]
    overlaps: tuple[Overlap, ...]

    def lines(self) -> Iterator[str]:
        """Say it in sentences."""
        for source in self.sources:
            period = "" if source.first_at is None else f", {source.first_at:%Y-%m-%d} to {source.last_at:%Y-%m-%d}"
            later = f", {source.corrections:,} known later" if source.corrections else ""
            pulled = "" if source.pulled_at is None else f"; last pulled {source.pulled_at:%Y-%m-%d %H:%M}"
            rows = f"{source.rows:,} rows of {source.table} of {source.customers:,} customers"
            yield f"{source.source}: {rows}{period}{later}{pulled}."
        for shared in self.overlaps:
            yield f"{shared.first} and {shared.second} share {shared.identifiers:,} e-mails or phones."
        if self.overlaps:
            yield "Say enabled = true under [identity] to count the people behind them once."


def store_tables(database: Database) -> list[str]:
    """Name the tables of the contract that a store has."""
    rows = database.run("SELECT table_name FROM information_schema.tables WHERE table_schema = 'tenure' ORDER BY 1")
    return [row[0] for row in rows if row[0] != "pulls"]


def cover(place: str) -> StoreCoverage:
    """Count what each source of a store covers.

    Raises
    ------
    DependencyUnavailableError
        If it cannot be opened.
    """
    with open_database(place, read_only=True) as database:
        tables = store_tables(database)
        pulls: dict[str, dt.datetime] = dict(
            database.run("SELECT source, max(started_at) FROM tenure.pulls GROUP BY 1")
        )
        sources = []
        for table in (name for name in _MOMENTS if name in tables):
            when = _MOMENTS[table]
            rows = database.run(
                f"SELECT source, count(*), count(DISTINCT customer_id), min({when}), max({when}), count(recorded_at) "  # noqa: S608
                f"FROM tenure.{table} GROUP BY 1 ORDER BY 1"
            )
            sources += [
                SourceCoverage(source=row[0], table=table, rows=row[1], customers=row[2], first_at=row[3],
                               last_at=row[4], corrections=row[5], pulled_at=pulls.get(row[0]))
                for row in rows
            ]  # fmt: skip
        shared = database.run(_SHARED) if "identifiers" in tables else []
    return StoreCoverage(
        sources=tuple(sources),
        overlaps=tuple(Overlap(first=row[0], second=row[1], identifiers=row[2]) for row in shared),
    )
