"""A file as a source of the store: its orders, and its other rows, as records to compare with the last ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tenure_connectors.apis.source import Document, Record
from tenure_connectors.conversion import convert
from tenure_features.errors import UsageError
from tenure_features.reading.engine import Engine, without_warnings
from tenure_features.reading.sources import TableSource
from tenure_features.tables.contracts import TABLES
from tenure_features.tables.opening import read_mapped
from tenure_features.tables.typed_columns import select_clean, type_columns

_TABLE, _ROWS = "table", "rows"


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """A file that is landed in the store.

    Attributes
    ----------
    name
        What the source is called there: later files of the same name are compared with this one.
    place
        The file, or a glob.
    table
        The table of the contract it is where no preset knows it.
    encoding
        How text is written; None: found.
    """

    name: str
    place: str
    table: str = "orders"
    encoding: str | None = None

    def records(self) -> tuple[list[Record], tuple[str, ...]]:
        """Read the file: a record per order, and one per row of what belongs to no order; and say what was done.

        Raises
        ------
        UsageError
            If there is no such table.
        DataContractError
            If the file cannot be read.
        """
        if self.table not in TABLES:
            raise UsageError(f"There is no table {self.table!r}.", found=", ".join(TABLES), fix="Name one of those.")
        converted = convert(self.place, encoding=self.encoding)
        tables: Mapping[str, Any] = {self.table: self.place} if converted is None else converted.tables
        records = [record for name, place in tables.items() for record in self._records(name, place)]
        return records, () if converted is None else converted.account

    def _records(self, name: str, place: Any) -> Iterator[Record]:  # noqa: ANN401  # a path or an Arrow table
        if isinstance(place, pa.Table) and not place.num_rows:
            return
        source = TableSource(place, encoding=None if isinstance(place, pa.Table) else self.encoding)
        _, mapped = read_mapped(TABLES[name], source, backend=Engine().connect())
        with without_warnings():
            typed = select_clean(type_columns(mapped), mapped).to_pyarrow()
        names = [column for column in typed.column_names if column in TABLES[name].columns]
        groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in typed.select(names).to_pylist():
            plain = {key: value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else value
                     for key, value in row.items() if value is not None}  # fmt: skip
            groups[_key(plain)].append(plain)
        for key, rows in groups.items():
            yield Record(key=f"{name}:{key}", document={_TABLE: name, _ROWS: sorted(rows, key=json.dumps)})

    def make(self, documents: Sequence[Document], account: list[str] | None) -> dict[str, pa.Table]:  # noqa: ARG002
        """Make the tables of records again."""
        rows: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for document in documents:
            rows[document[_TABLE]] += document[_ROWS]
        return {
            name: pa.table(
                {column: [row.get(column) for row in of_table] for column in TABLES[name].columns
                 if any(column in row for row in of_table)}
            )
            for name, of_table in rows.items()
        }  # fmt: skip

    def order_ids(self, document: Document) -> Iterator[str]:
        """Name the orders that a record is about."""
        yield from {row["order_id"] for row in document[_ROWS] if "order_id" in row}


def _key(row: Mapping[str, Any]) -> str:
    """Know an order by its id, and another row by what it says: equal rows are one record of several."""
    if "order_id" in row:
        return str(row["order_id"])
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32]
