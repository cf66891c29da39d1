"""The erasure of customers from files of results: rows go, pages that name them go, and what is left is named."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenure_features.reading.files import replacing
from tenure_serving.batch import MANIFEST
from tenure_serving.destinations.row_erasure import erase_from_duckdb

ErasureOutcome = Literal["rows", "file", "left"]
_PAGES = (".html", ".svg")


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What was done to a file.

    Attributes
    ----------
    path
        The file, the object, or the table in words.
    outcome
        ``rows``: so many were taken out. ``file``: it was removed, for a page cannot lose a customer. ``left``: it
        names one, and is of a kind that is not changed here.
    rows
        How many.
    """

    path: Path | str
    outcome: ErasureOutcome
    rows: int = 0


def erase(folder: Path, ids: Collection[str], *, dry_run: bool = False) -> tuple[Erasure, ...]:
    """Take customers out of every file below a folder.

    Parameters
    ----------
    folder
        Of results, partitions, identity maps, assignments or frames; links are not followed out of it.
    ids
        Ids of customers, as they are written in the files. A row goes where a whole cell is one of them.
    dry_run
        Say what would be done, and change nothing.

    Returns
    -------
    tuple of Erasure
        In the order of the paths; files that name none of them are left out.
    """
    wanted = frozenset(ids)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(touched for path in files for touched in _erase_file(path, wanted, dry_run=dry_run))


def _erase_file(path: Path, ids: frozenset[str], *, dry_run: bool) -> Iterator[Erasure]:
    if path.suffix == ".parquet":
        rows = _erase_parquet(path, ids, dry_run=dry_run)
    elif path.suffix == ".csv":
        rows = _erase_csv(path, ids, dry_run=dry_run)
    elif path.suffix == ".duckdb":
        rows = sum(erase_from_duckdb(path, sorted(ids), dry_run=dry_run).values())
    else:
        if _names_one(path, ids):
            if path.suffix in _PAGES and not dry_run:
                path.unlink()
            yield Erasure(path=path, outcome="file" if path.suffix in _PAGES else "left")
        return
    if rows:
        yield Erasure(path=path, outcome="rows", rows=rows)


def _erase_parquet(path: Path, ids: frozenset[str], *, dry_run: bool) -> int:
    table = pq.read_table(path, partitioning=None)
    hit = pa.array([False] * len(table))
    values = pa.array(sorted(ids), pa.string())
    for column, field in zip(table.columns, table.schema, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            hit = pc.or_(hit, pc.is_in(column.cast(pa.string()), values))
    rows = int(pc.sum(hit).as_py() or 0)
    if rows and not dry_run:
        with replacing(path) as draft:
            pq.write_table(table.filter(pc.invert(hit)), draft, compression="zstd")
        _vouch(path, len(table) - rows)
    return rows


def _vouch(path: Path, rows: int) -> None:
    """Let the manifest beside scores say what they are now."""
    for manifest in (path.with_name(MANIFEST), path.with_name(f"_{MANIFEST}")):
        if manifest.is_file():
            content = json.loads(manifest.read_text(encoding="utf-8"))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with replacing(manifest) as draft:
                text = json.dumps(content | {"rows": rows, "sha256": digest}, indent=2, ensure_ascii=False)
                draft.write_text(text + "\n", encoding="utf-8", newline="\n")


def _erase_csv(path: Path, ids: frozenset[str], *, dry_run: bool) -> int:
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    others = [line for line in lines if not ids.intersection(line)]
    if len(others) < len(lines) and not dry_run:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(others)
        with replacing(path) as draft:
            draft.write_bytes(out.getvalue().encode("utf-8", "surrogateescape"))
    return len(lines) - len(others)


def _names_one(path: Path, ids: frozenset[str]) -> bool:
    """Tell whether an id stands in a file as a cell of a page or a value between quotes."""
    content = path.read_bytes()
    return any(re.search(rb"[>\"' ]" + re.escape(name.encode()) + rb"[<\"' .,]", content) for name in ids)
