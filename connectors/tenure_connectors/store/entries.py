"""What a pull adds to the tables of the contract: rows that are new, and corrections of those that changed.

Nothing is ever overwritten. An order that was 100 and is 80 keeps its 100 and gets 80 and -100, both recorded at the
moment of the change: whoever asks what was known before sees 100. What has been deleted or cancelled is taken back in
the same way and remains as an order of no money.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from tenure_connectors.apis.source import Document, utc
from tenure_connectors.store.records import Batch, Version
from tenure_features.tables.contract import RECORDED_AT, ContractKind
from tenure_features.tables.contracts import TABLES

TAKEN_BACK: Mapping[str, tuple[str, ...]] = {"orders": ("revenue", "cost", "discount"), "order_lines": ("quantity",)}
"""Columns by which a row can be taken back; of other tables rows are only added."""
_HAPPENED = {"orders": "ordered_at", "events": "occurred_at"}
_DIGITS_OF_SECONDS = 10
_IDS = ("customer_id", "order_id", "source_id")
_TYPES: Mapping[ContractKind, pa.DataType] = {
    "id": pa.string(), "text": pa.string(), "number": pa.float64(), "flag": pa.bool_(), "date": pa.date32(),
    "time": pa.timestamp("us"),
}  # fmt: skip

type Row = tuple[Any, ...]


class Maker(Protocol):
    """What makes tables of the contract of the records of one source."""

    @property
    def name(self) -> str:
        """The source."""

    def make(self, documents: Sequence[Document], account: list[str] | None) -> Mapping[str, pa.Table]:
        """Make the tables of records, and say what they are where somebody asks."""

    def order_ids(self, document: Document) -> Iterable[str]:
        """Name the orders that a record is about."""


@dataclass(frozen=True, kw_only=True)
class _Made:
    """Rows of one table, in the order of its columns."""

    columns: tuple[str, ...]
    rows: list[Row]


@dataclass(frozen=True, kw_only=True)
class _Change:
    """Whether an order was there before the pull, and since when it is as it is."""

    was_known: bool
    since: dt.datetime


def entries(
    source: Maker, batch: Batch, before: Mapping[str, Version], after: Mapping[str, Version], account: list[str]
) -> dict[str, pa.Table]:
    """Give the rows that a batch adds, by table.

    Parameters
    ----------
    source
        Whose records they are.
    batch
        The pull.
    before, after
        The records that it changed, as they were and as they are.
    account
        Takes sentences about what they are.

    Returns
    -------
    dict
        Columns of the contract, and ``source``, ``batch`` and ``recorded_at`` (UTC, naive; missing where a row was
        known from the moment it happened).
    """
    new, old = _make(source, after, account), _make(source, before, None)
    changes = _changes(source, batch, before, after) if batch.previous_at is not None else {}
    added: dict[str, pa.Table] = {}
    for name in TABLES:
        columns = (new.get(name) or old.get(name) or _Made(columns=(), rows=[])).columns
        rows = list(_differences(name, columns, new.get(name), old.get(name)))
        if rows:
            moments = [_when_known(name, dict(zip(columns, row, strict=True)), changes, batch) for row in rows]
            added[name] = _table(name, columns, rows, moments, batch)
    return added


def _make(source: Maker, at_a_moment: Mapping[str, Version], account: list[str] | None) -> dict[str, _Made]:
    """Make the tables of records, typed as their contracts say; ids carry their source, since others number too."""
    documents = [version.document for version in at_a_moment.values() if version.document is not None]
    if not documents:
        return {}
    return {name: _type(name, table, source.name) for name, table in source.make(documents, account).items()}


def _type(name: str, arrow: pa.Table, source: str) -> _Made:
    columns = tuple(column for column in TABLES[name].columns if column in arrow.column_names)
    values = [_values(arrow[column].to_pylist(), column, TABLES[name].columns[column].kind, source)
              for column in columns]  # fmt: skip
    return _Made(columns=columns, rows=list(zip(*values, strict=True)))


def _values(values: list[Any], column: str, kind: ContractKind, source: str) -> list[Any]:
    if column in _IDS:  # an e-mail is the same one everywhere
        return [None if value is None else value if "@" in value else f"{source}:{value.strip()}" for value in values]
    if kind in {"time", "date"}:
        moments = [_read_moment(value) for value in values]
        return [None if at is None else at.date() if kind == "date" else at.replace(tzinfo=None) for at in moments]
    return values


def _read_moment(value: Any) -> dt.datetime | None:  # noqa: ANN401
    """Read a moment of a preset's table; a long number counts seconds, milliseconds or microseconds since 1970."""
    if isinstance(value, str) and value.isdigit() and len(value) > len("20260131"):
        return utc(int(value) / 10.0 ** max(len(value) - _DIGITS_OF_SECONDS, 0))
    return utc(value)


def _changes(
    source: Maker, batch: Batch, before: Mapping[str, Version], after: Mapping[str, Version]
) -> dict[str, _Change]:
    """Say of the orders that changed whether they were known, and when they changed, within this pull."""
    changes = {}
    for key, version in after.items():
        earlier = before.get(key)
        documents = [item.document for item in (version, earlier) if item is not None and item.document is not None]
        for order in {order for document in documents for order in source.order_ids(document)}:
            name = order if "@" in order else f"{source.name}:{order.strip()}"
            changes[name] = _Change(was_known=earlier is not None, since=_moment(version, batch))
    return changes


def _moment(version: Version, batch: Batch) -> dt.datetime:
    """When a change became known: when the system says it happened, if that lies between the pulls, else now."""
    changed = version.changed_at
    if changed is None or batch.previous_at is None or not batch.previous_at < changed <= batch.started_at:
        return batch.started_at
    return changed


def _differences(name: str, columns: tuple[str, ...], new: _Made | None, old: _Made | None) -> Iterator[Row]:
    """Give the rows that came, and the negatives of those that went."""
    if old is None or new is None:
        came, went = ([] if new is None else new.rows), ([] if old is None else old.rows)
    else:
        counted, earlier = Counter(new.rows), Counter(old.rows)
        came, went = list((counted - earlier).elements()), list((earlier - counted).elements())
    yield from came
    signed = TAKEN_BACK.get(name, ())
    if signed:
        for row in went:
            yield tuple(
                -value if column in signed and value is not None else value
                for column, value in zip(columns, row, strict=True)
            )


def _when_known(name: str, row: Mapping[str, Any], changes: Mapping[str, _Change], batch: Batch) -> dt.datetime | None:
    """Say since when a row is known; on the first pull, all that happened is known since it happened."""
    if batch.previous_at is None:
        return None
    happened = row.get(_HAPPENED.get(name, ""))
    change = changes.get(row.get("order_id") or "")
    if change is not None and change.was_known:
        return change.since
    on_time = change is not None if name not in _HAPPENED else happened is not None and happened >= batch.previous_at
    if on_time:
        return None
    return batch.started_at if change is None else change.since


def _table(
    name: str, columns: tuple[str, ...], rows: list[Row], moments: list[dt.datetime | None], batch: Batch
) -> pa.Table:
    by_column = dict(zip(columns, zip(*rows, strict=True), strict=True))
    arrays = {
        column: pa.array(values, _TYPES[TABLES[name].columns[column].kind]) for column, values in by_column.items()
    }
    arrays.setdefault("source", pa.array([batch.source] * len(rows), pa.string()))
    arrays["batch"] = pa.array([batch.number] * len(rows), pa.int64())
    arrays[RECORDED_AT] = pa.array(moments, pa.timestamp("us"))
    return pa.table(arrays)
