"""A source: how the records of one system are read from its API, and by which preset they become tables."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.conversion import make_tables
from tenure_connectors.preset import Preset
from tenure_features.errors import DataContractError
from tenure_features.reading.engine import Engine, without_warnings
from tenure_features.reading.sources import read_table
from tenure_features.tables.guests import GUESTS

type Document = Mapping[str, Any]
"""A record as the API gives it."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of a system.

    Attributes
    ----------
    key
        What it is known by for ever.
    document
        As the API gives it; None where it has been deleted.
    changed_at
        When it last changed, in UTC; None where the system does not say.
    """

    key: str
    document: Document | None
    changed_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Where a system is, and who asks.

    Attributes
    ----------
    settings
        What a source wants to know, such as the name of the shop.
    secrets
        By their names.
    base_url
        Where the API is, if not where the system has it: a proxy, an installation of one's own.
    now
        The moment of the pull, in UTC.
    pause_s
        How long the seconds are by which pauses are counted.
    """

    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    base_url: str | None
    now: dt.datetime
    pause_s: float = 1.0

    def wait(self, seconds: float) -> None:
        """Give a system time."""
        time.sleep(max(seconds, 0.0) * self.pause_s)


Pages = Iterator[Sequence[Record]]


@dataclass(frozen=True, kw_only=True)
class ApiSource:
    """One system.

    Attributes
    ----------
    name, title
        What it is called on the command line, and by people.
    preset
        Turns its records into tables of the contract.
    fields
        Paths in a record by the preset's keys, such as ``customer.id``; a key that is not named here is looked for
        under the names that the preset knows.
    customer
        Keys of whose record it is, the first that is there.
    order
        Key of what becomes the id of an order.
    settings
        What it must be told, and in which words it asks.
    secrets
        Sets of secrets of which one is needed.
    sign_on
        Opens the connection.
    read
        Gives the pages of what changed since a moment (None: everything), the oldest change first where it can.
    expand
        Gives the rows of a record, itself and those inside it.
    ordered
        Whether changes come in their order, so that a pull that broke off goes on where it stopped.
    complete
        Whether a pull of everything gives all there is, so that what it lacks has been deleted.
    reread
        How long before the newest change a pull begins again, since systems change the past silently.
    documentation
        Pages of the system that describe what is used.
    notes
        What a reader must know.
    """

    name: str
    title: str
    preset: Preset
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    customer: tuple[str, ...]
    order: str = "id"
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[tuple[str, ...], ...]
    sign_on: Callable[[Connection], ApiSession]
    read: Callable[[ApiSession, Connection, dt.datetime | None], Pages]
    expand: Callable[[Document], Iterable[Document]] = lambda document: (document,)
    ordered: bool = True
    complete: bool = False
    reread: dt.timedelta = dt.timedelta(minutes=10)
    documentation: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def paths(self, key: str) -> tuple[str, ...]:
        """Where a key of the preset is looked for."""
        return self.fields.get(key, self.preset.columns[key])

    def rows(self, document: Document) -> Iterator[dict[str, str | None]]:
        """Give the rows of a record by the keys of its preset, as text."""
        for row in self.expand(document):
            yield {key: _text(_first(row, self.paths(key))) for key in self.preset.columns}

    def make(self, documents: Sequence[Document], account: list[str] | None) -> dict[str, pa.Table]:
        """Make the tables of the contract of records, identifiers among them; values are as their preset leaves them.

        Parameters
        ----------
        documents
            The records.
        account
            Takes sentences about what the orders were; None where nobody asks.
        """
        rows = [row for document in documents for row in self.rows(document)]
        columns = {key: pa.array([row[key] for row in rows], pa.string()) for key in self.preset.columns}
        canonical = read_table(pa.table(columns), Engine().connect(), name="canonical", empty=True).table
        with without_warnings():
            made = {name: table.to_pyarrow() for name, table in make_tables(self.preset, canonical, account)}
        return made | {"identifiers": self._identifiers(rows)}

    def order_ids(self, document: Document) -> Iterator[str]:
        """Name the orders that a record is about."""
        yield from (order for row in self.rows(document) if (order := row.get(self.order)) is not None)

    def _identifiers(self, rows: Sequence[Mapping[str, str | None]]) -> pa.Table:
        """Say whose an e-mail and a phone are, so that the same person can be found in another system."""
        seen = dict.fromkeys(
            (who, kind, value)
            for row in rows
            for kind in ("email", "phone")
            if (value := row.get(kind)) is not None and (who := self._whose(row)) is not None
        )
        names = ("source_id", "kind", "value")
        columns = dict(zip(names, zip(*seen, strict=True), strict=True)) if seen else dict.fromkeys(names, ())
        arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
        return pa.table({"source": pa.array([self.name] * len(seen), pa.string()), **arrays})

    def _whose(self, row: Mapping[str, str | None]) -> str | None:
        """Give the customer of a record as `tenure_connectors.preset.person` does."""
        first, *others = self.customer
        candidates = [(row[first] or "").strip(), *((row[key] or "").strip().lower() for key in others)]
        return next((text for text in candidates if text and text.lower() not in GUESTS), None)

    def require_fields(self, records: Sequence[Record]) -> None:
        """Refuse records that no longer carry what the source lives by.

        Raises
        ------
        DataContractError
            If a field that is needed is on none of the records.
        """
        documents = [record.document for record in records if record.document is not None]
        for key in self.preset.required:
            if documents and not any(_has(document, path) for document in documents for path in self.paths(key)):
                raise DataContractError(
                    f"{self.title} no longer gives {self.paths(key)[0]}.",
                    found=", ".join(sorted(field_names(documents[0]))[:12]),
                    fix="The API has changed, or the secret may not read it. Nothing of this page was kept.",
                )


def look_up(document: Document, path: str) -> Any:  # noqa: ANN401
    """Give what is at a path of names and places, or None.

    Examples
    --------
    >>> look_up({"a": {"b": [{"c": 7}]}}, "a.b.0.c"), look_up({"a.b": 1}, "a.b"), look_up({}, "a.b")
    (7, 1, None)
    """
    if path in document:
        return document[path]
    value: Any = document
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def field_names(document: Document, above: str = "") -> Iterator[str]:
    """Name the fields of a record, those inside others with dots."""
    for name, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from field_names(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def utc(text: object) -> dt.datetime | None:
    """Read a moment as APIs write it, ISO 8601 or seconds since 1970; one without an offset is UTC.

    Examples
    --------
    >>> utc("2026-01-04T01:40:32-05:00"), utc(1767508832), utc("2026-01-04T06:40:32.000+0000"), utc(None)
    (datetime.datetime(2026, 1, 4, 6, 40, 32, tzinfo=datetime.timezone.utc),
     datetime.datetime(2026, 1, 4, 6, 40, 32, tzinfo=datetime.timezone.utc),
     datetime.datetime(2026, 1, 4, 6, 40, 32, tzinfo=datetime.timezone.utc), None)
    """
    if text is None or text == "":
        return None
    try:
        moment = (
            dt.datetime.fromtimestamp(text, dt.UTC)
            if isinstance(text, (int, float))
            else dt.datetime.fromisoformat(str(text))
        )
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _first(document: Document, paths: Sequence[str]) -> Any:  # noqa: ANN401
    values = (look_up(document, path) for path in paths)
    return next((value for value in values if value is not None and value != ""), None)


def _has(document: Document, path: str) -> bool:
    if path in document:
        return True
    above, _, name = path.rpartition(".")
    holder = look_up(document, above) if above else document
    return name in holder if isinstance(holder, Mapping) else holder is not None and look_up(document, path) is not None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, Mapping)) else str(value)
