# ruff: noqa: S608  # names are quoted and numbers counted here, nothing comes from outside
"""Files into an engine: Parquet as a view, text as a table of text columns with the lines that did not fit."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from tenure_features.reading.encodings import find_text_form, open_bytes, require_encoding, write_utf8
from tenure_features.reading.engine import quote, statement, view
from tenure_features.reading.parquet import parquet_view, sql_list

DELIMITERS = ",;\t|"
"""What may set columns apart; the one that is most frequent in the header does."""


@dataclass(frozen=True)
class RawTable:
    """What was read: the table, the lines of text that were not rows, and what had to be assumed."""

    table: ir.Table
    rejected: int = 0
    rejected_examples: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_parquet(paths: Sequence[Path], backend: Any, *, name: str = "source") -> RawTable:  # noqa: ANN401
    """See Parquet files as one table called ``name``; columns are matched by name."""
    return RawTable(parquet_view(paths, backend, name=name))


def read_text(
    paths: Sequence[Path],
    backend: Any,  # noqa: ANN401
    *,
    name: str = "source",
    encoding: str | None = None,
) -> RawTable:
    """Read delimited text with a header line; every column stays text, so that no value is lost to a guess.

    Parameters
    ----------
    paths
        The files, of one header.
    backend
        Where they are read into.
    name
        What the table is called there.
    encoding
        How they are written; found where it is None.
    """
    with tempfile.TemporaryDirectory(prefix="tenure-") as folder:
        clean, notes = _as_utf8(paths, Path(folder), encoding)
        raw = _read_delimited(clean, backend, name)
    return replace(raw, notes=(*notes, *raw.notes))


def _as_utf8(paths: Sequence[Path], folder: Path, stated: str | None) -> tuple[list[Path], list[str]]:
    """Write those files again that DuckDB would not read as they are, and say so."""
    files, notes = [], []
    for number, path in enumerate(paths):
        form = find_text_form(path)
        encoding = form.encoding if stated is None else require_encoding(stated)
        if encoding == form.encoding == "utf-8" and not form.mixed:
            files.append(path)
            continue
        files.append(folder / f"{number}.csv")
        write_utf8(path, files[-1], encoding=encoding)
        if encoding != "utf-8":
            origin = "" if stated or encoding == "utf-16" else ", found by its letters; --encoding says another"
            notes.append(f"Read as {encoding.upper()}{origin}.")
    return files, list(dict.fromkeys(notes))


def _read_delimited(paths: Sequence[Path], backend: Any, name: str) -> RawTable:  # noqa: ANN401
    header = _header(paths[0])
    delimiter = max(DELIMITERS, key=header.count)
    if header.count(delimiter) == 0 and len(header.split()) > 1 and '"' not in header:
        return _read_aligned(paths, backend, names=header.split(), table=name)
    notes = _twice(next(csv.reader([header.strip("\r")], delimiter=delimiter), []))
    rejects = _load(paths, backend, name, delimiter=delimiter)
    table = view(backend, name)
    table = table.rename(
        {column.strip(): column for column in table.columns if column != column.strip() and column.strip()}
    )
    lines = tuple(line for _, line in rejects)
    return RawTable(table, len(lines), tuple(sorted(set(lines)))[:3], notes)


def _twice(names: Sequence[str]) -> tuple[str, ...]:
    """Say which columns a header names more than once: only the first keeps its name."""
    counts = Counter(name.strip().casefold() for name in names)
    more = list(dict.fromkeys(name.strip() for name in names if name.strip() and counts[name.strip().casefold()] > 1))
    if not more:
        return ()
    return (
        f"The header names {', '.join(more)} more than once: the first is meant, the next is called {more[0]}_1. "
        "Map the one you mean.",
    )


def _load(
    paths: Sequence[Path],
    backend: Any,  # noqa: ANN401
    name: str,
    *,
    delimiter: str,
) -> list[tuple[str, str]]:
    """Load files one by one (DuckDB keeps rejected lines of single files only); return kind and text of the rejects."""
    options = f"delim = '{delimiter}', quote = '\"', escape = '\"', header = true, all_varchar = true"
    options += ", store_rejects = true"
    rejects: list[tuple[str, str]] = []
    for number, path in enumerate(paths):
        for leftover in ("reject_errors", "reject_scans"):
            statement(backend, f"DROP TABLE IF EXISTS {leftover}")
        scan = f"read_csv({sql_list([path])}, {options})"
        statement(backend, f"CREATE OR REPLACE TABLE {name}_{number} AS SELECT * FROM {scan}")
        rejects += [
            (str(kind), str(line or "").strip())
            for kind, line in statement(
                backend, "SELECT min(error_type::VARCHAR), min(csv_line) FROM reject_errors GROUP BY file_id, line"
            )
        ]
    parts = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}_{number}" for number in range(len(paths)))
    statement(backend, f"CREATE OR REPLACE VIEW {name} AS {parts}")
    return rejects


def _read_aligned(paths: Sequence[Path], backend: Any, *, names: Sequence[str], table: str) -> RawTable:  # noqa: ANN401
    """Columns set apart by runs of spaces, as in the files that come with published papers."""
    lines = (
        "SELECT string_split_regex(trim(replace(line, chr(13), '')), '\\s+') AS parts "
        f"FROM read_csv({sql_list(paths)}, "
        "delim = '\x01', quote = '', escape = '', header = false, skip = 1, columns = {'line': 'VARCHAR'})"
    )
    fields = ", ".join(f"parts[{i}] AS {quote(name)}" for i, name in enumerate(names, start=1))
    statement(backend, f"CREATE TABLE {table}_lines AS {lines}")
    fits = f"len(parts) = {len(names)}"
    statement(backend, f"CREATE TABLE {table} AS SELECT {fields} FROM {table}_lines WHERE {fits}")
    bad = f"FROM {table}_lines WHERE NOT {fits} AND parts <> ['']"
    rejected = int(statement(backend, f"SELECT count(*) {bad}")[0][0])
    examples = statement(backend, f"SELECT DISTINCT array_to_string(parts, ' ') AS line {bad} ORDER BY line LIMIT 3")
    statement(backend, f"DROP TABLE {table}_lines")
    return RawTable(
        view(backend, table),
        rejected,
        tuple(str(line) for (line,) in examples),
        notes=("Columns are set apart by spaces.",),
    )


def _header(path: Path) -> str:
    with open_bytes(path) as file:
        start = file.read(65536)
    return start.decode("utf-8-sig", errors="replace").lstrip("\r\n").partition("\n")[0]
