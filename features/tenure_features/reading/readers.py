# ruff: noqa: S608  # names are quoted and numbers counted here, nothing comes from outside
"""Files into an engine: Parquet as a view, text as a table of text columns with the lines that did not fit."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from tenure_features.reading.engine import Engine, is_spark, quote, statement, view
from tenure_features.reading.parquet import parquet_copy, parquet_view, sql_list

_DELIMITERS = ",;\t|"


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


def read_text(paths: Sequence[Path], backend: Any, *, name: str = "source") -> RawTable:  # noqa: ANN401
    """Read delimited text with a header line; every column stays text, so that no value is lost to a guess."""
    if is_spark(backend):  # text is read where it lies, and always by the same rules
        raw = read_text(paths, Engine().connect(), name=name)
        copied = read_parquet([parquet_copy(raw.table, name=name)], backend, name=name)
        return replace(raw, table=copied.table)
    header, encoding = _header(paths[0])
    delimiter = max(_DELIMITERS, key=header.count)
    if header.count(delimiter) == 0 and len(header.split()) > 1 and '"' not in header:
        return _read_aligned(paths, backend, names=header.split(), table=name)
    notes = [] if encoding == "utf-8" else [f"Read as {encoding.upper()}."]
    rejects = _load(paths, backend, name, delimiter=delimiter, encoding=encoding)
    if any(kind == "INVALID ENCODING" for kind, _ in rejects):
        notes = ["The text is not UTF-8: read as Latin-1. Export as UTF-8 if names look wrong."]
        rejects = _load(paths, backend, name, delimiter=delimiter, encoding="latin-1")
    table = view(backend, name)
    table = table.rename(
        {column.strip(): column for column in table.columns if column != column.strip() and column.strip()}
    )
    lines = tuple(line for _, line in rejects)
    return RawTable(table, len(lines), tuple(sorted(set(lines)))[:3], tuple(notes))


def _load(
    paths: Sequence[Path],
    backend: Any,  # noqa: ANN401
    name: str,
    *,
    delimiter: str,
    encoding: str,
) -> list[tuple[str, str]]:
    """Load files one by one (DuckDB keeps rejected lines of single files only); return kind and text of the rejects."""
    options = f"delim = '{delimiter}', quote = '\"', escape = '\"', header = true, all_varchar = true"
    options += f", store_rejects = true, encoding = '{encoding}'"
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


def _header(path: Path) -> tuple[str, str]:
    with gzip.open(path, "rb") if path.suffix.casefold() == ".gz" else path.open("rb") as file:
        start = file.read(65536)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", errors="replace").partition("\n")[0], "utf-16"
    return start.decode("utf-8-sig", errors="replace").lstrip("\r\n").partition("\n")[0], "utf-8"
