"""The names of the columns of a file, without reading its rows."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tenure_features.reading.encodings import find_text_form, open_bytes, require_encoding
from tenure_features.reading.engine import Engine
from tenure_features.reading.kinds import check_content, kind_of
from tenure_features.reading.readers import DELIMITERS
from tenure_features.reading.sources import files_at
from tenure_features.reading.unpacking import unpack
from tenure_features.reading.workbooks import read_workbooks

_BEGINNING = 1 << 20
_OBJECTS = 500


def read_header(uri: str, *, encoding: str | None = None) -> tuple[str, ...]:
    """Name the columns of the first file that a path or a glob means; of JSON objects, those of the first hundreds.

    Raises
    ------
    DataContractError
        If there is no such file, or it is not what its suffix says.
    UsageError
        If the encoding is unknown.
    """
    path = files_at(uri)[0]
    check_content(path)
    with unpack([path]) as files:
        kind = kind_of(files[0])
        if kind == "parquet":
            return tuple(pq.read_schema(files[0]).names)
        if kind == "workbook":
            return tuple(read_workbooks(files[:1], Engine().connect()).table.columns)
        text = _beginning(files[0], encoding)
        return tuple(_keys_of(text)) if kind == "json" else _titles(text)


def _beginning(path: Path, encoding: str | None) -> str:
    stated = find_text_form(path, most=_BEGINNING).encoding if encoding is None else require_encoding(encoding)
    with open_bytes(path) as file:
        start = file.read(_BEGINNING)
    return start.decode("utf-8-sig" if stated == "utf-8" else stated, errors="replace")


def _titles(text: str) -> tuple[str, ...]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").splitlines(keepends=True)
    if not lines:
        return ()
    delimiter = max(DELIMITERS, key=lines[0].count)
    if delimiter not in lines[0] and '"' not in lines[0]:
        return tuple(lines[0].split())
    return tuple(title.strip() for title in next(csv.reader(lines, delimiter=delimiter), []))


def _keys_of(text: str) -> list[str]:
    keys: dict[str, None] = {}
    for row in itertools.islice(_objects(text), _OBJECTS):
        keys |= dict.fromkeys(_flatten(row, ""))
    return list(keys)


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """Decode one object after another, of an array or of lines, until the text ends, in the middle of one or not."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        if text[place] in "[],\n\r\t ":
            place += 1
            continue
        try:
            value, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            return
        if isinstance(value, dict):
            yield value


def _flatten(row: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, value in row.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"
