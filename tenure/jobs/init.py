"""From files to a configuration: what each is, by its header, written down with the reasons as comments."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tenure.names import require_known
from tenure_connectors.conversion import recognise_preset
from tenure_connectors.preset import Preset
from tenure_connectors.store.coverage import store_tables
from tenure_connectors.store.database import as_uri, open_database
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.databases import is_uri
from tenure_features.reading.headers import read_header
from tenure_features.reading.kinds import is_readable
from tenure_features.tables.aliases import recognise
from tenure_features.tables.contracts import TABLES

_SETTINGS = """
[run]
out = "out"                    # the folder of the results
# as_of = 2024-06-01           # left out: the day after the last order
# horizon_days = 90            # left out: what the data suggests
"""


@dataclass(frozen=True, kw_only=True)
class _Recognised:
    """A file, the table it is, and how it was known."""

    place: str
    table: str
    preset: Preset | None = None
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class WrittenConfiguration:
    """What was written.

    Attributes
    ----------
    path
        The file.
    tables
        File by table.
    unknown
        Files that are no table.
    lines
        What to say about it.
    next_command
        What comes next.
    """

    path: Path
    tables: Mapping[str, str]
    unknown: tuple[str, ...]
    lines: tuple[str, ...]
    next_command: str


def init_job(
    folder: Path | None,
    orders: str | None,
    tables: Mapping[str, str],
    *,
    encoding: str | None,
    out: Path,
    force: bool,
) -> WrittenConfiguration:
    """Recognise files and write their configuration.

    Raises
    ------
    UsageError
        When nothing is named, a table does not exist, or the file is there already.
    DataContractError
        When a file cannot be read, or none is an order log.
    """
    if folder is None and orders is None:
        raise UsageError("No file is named.", fix="Name a folder of exports, or say --orders FILE.")
    if out.exists() and not force:
        raise UsageError(f"{out} is there already.", fix="Say --force to write over it, or --out another file.")
    require_known(tables, tuple(TABLES), what="table")
    named = {"orders": orders, **tables} if orders is not None else dict(tables)
    recognised = [_recognise(place, encoding, table=table) for table, place in named.items()]
    unknown: list[str] = []
    if folder is not None and is_store(folder):
        recognised += [item for item in _of_store(str(folder)) if item.table not in named]
        folder = None
    for path in _files(folder):
        item = _recognise(str(path), encoding)
        if item is None or item.table in {other.table for other in recognised if other is not None}:
            unknown.append(str(path))
        else:
            recognised.append(item)
    usable = [item for item in recognised if item is not None]
    if "orders" not in {item.table for item in usable}:
        raise DataContractError(
            "None of the files is an order log.",
            found=", ".join(unknown) or "no file",
            fix="Name it with --orders FILE, and map its columns under [orders.columns].",
        )
    out.write_text("".join(_text(usable, unknown, out.parent, encoding)), encoding="utf-8")
    lines = [
        f"{item.table}: {item.place} ({item.preset.title if item.preset else 'by its columns'})" for item in usable
    ]
    lines += [f"not used: {place}" for place in unknown]
    following = shlex.join(["tenure", "check", "--config", str(out)])
    return WrittenConfiguration(
        path=out,
        tables={item.table: item.place for item in usable},
        unknown=tuple(unknown),
        lines=(f"Wrote {out}.", *lines),
        next_command=following,
    )


def is_store(place: Path) -> bool:
    """Say whether a place is a file that ``tenure pull`` has filled."""
    return place.is_file() and place.suffix in {".duckdb", ".db"}


def _of_store(place: str) -> list[_Recognised]:
    with open_database(place, read_only=True) as database:
        names = [name for name in store_tables(database) if name in TABLES]
    return [_Recognised(place=as_uri(place, "tenure", name), table=name) for name in names]


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", fix="Name a folder of exports, or say --orders FILE.")
    return sorted(path for path in folder.iterdir() if path.is_file() and is_readable(path))


def _recognise(place: str, encoding: str | None, *, table: str | None = None) -> _Recognised | None:
    if is_uri(place):
        return _Recognised(place=place, table=table or "orders")
    try:
        header = read_header(place, encoding=encoding)
    except DataContractError:
        if table is not None:
            raise
        return None
    preset = recognise_preset(header)
    if preset is not None and not preset.impossible and (table is None or table in preset.tables):
        return _Recognised(place=place, table=table or next(iter(preset.tables)), preset=preset)
    names = [table] if table is not None else sorted(TABLES, key=lambda name: (name not in Path(place).stem, name))
    for name in names:
        columns = {column: recognise(column, header) for column in TABLES[name].required}
        if table is not None or all(columns.values()):
            return _Recognised(place=place, table=name, columns={key: item for key, item in columns.items() if item})
    return None


def _text(usable: list[_Recognised], unknown: list[str], folder: Path, encoding: str | None) -> Iterator[str]:
    yield "# Written by tenure init. Options on the command line win over it; docs/cli.md names every key.\n"
    for item in sorted(usable, key=lambda item: item.table != "orders"):
        yield from _table(item, folder, encoding)
    yield _SETTINGS
    for place in unknown:
        yield f"\n# Not used, since it is no table that is known, or a second one: {_relative(place, folder)}\n"


def _table(item: _Recognised, folder: Path, encoding: str | None) -> Iterator[str]:
    section = "orders" if item.table == "orders" else f"tables.{item.table}"
    yield f"\n[{section}]\nuri = {json.dumps(_relative(item.place, folder), ensure_ascii=False)}\n"
    if encoding is not None:
        yield f"encoding = {json.dumps(encoding)}\n"
    if item.preset is not None:
        yield f"preset = {json.dumps(item.preset.name)}  # {item.preset.title}; see {item.preset.documentation}\n"
        yield from (f"# {note}\n" for note in item.preset.notes)
        if item.preset.statuses:
            yield "# What its statuses mean / Что значат статусы:\n"
        for status, meaning in item.preset.statuses.items():
            yield f"#   {status}: {meaning.english} / {meaning.russian}\n"
    if item.table == "orders":
        yield 'returns = "net"                # net | drop | raise: what orders below zero do\n'
        yield '# currency = "EUR"             # said once, where the orders have no such column\n'
        yield "# trust_customers = true       # when check doubts customers that are right\n"
    if item.columns:
        yield f"\n[{section}.columns]  # column of the contract = column of the file, or an SQL expression\n"
        yield from (f"{name} = {json.dumps(column, ensure_ascii=False)}\n" for name, column in item.columns.items())


def _relative(place: str, folder: Path) -> str:
    return place if is_uri(place) else Path(os.path.relpath(Path(place).expanduser(), folder)).as_posix()
