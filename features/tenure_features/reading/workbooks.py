"""Excel workbooks and OpenDocument sheets into an engine; every cell becomes text, dates as ISO 8601."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from tenure_features.errors import DataContractError
from tenure_features.reading.engine import keep
from tenure_features.reading.readers import RawTable

_LOOKED_AT = 30
"""Rows from the top among which the header is looked for: reports of accounting begin with a title."""


def read_workbooks(paths: Sequence[Path], backend: Any, *, name: str = "source") -> RawTable:  # noqa: ANN401
    """Read the first sheet with rows of each workbook; sheets of several workbooks are one table, by column name.

    Raises
    ------
    DataContractError
        If a workbook cannot be read, is locked by a password, or has no row.
    """
    tables, notes = [], []
    for path in paths:
        table, sentences = _read_sheet(path)
        tables.append(table)
        notes += sentences
    rows = pa.concat_tables(tables, promote_options="default")
    return RawTable(keep(backend, name, ibis.memtable(rows)), notes=tuple(dict.fromkeys(notes)))


def _read_sheet(path: Path) -> tuple[pa.Table, list[str]]:
    import fastexcel

    try:
        workbook = fastexcel.read_excel(path)
        for sheet in workbook.sheet_names:
            rows = workbook.load_sheet(sheet, header_row=None, dtypes="string")
            if rows.height > 1 and rows.width:
                table, notes = _with_header(pa.Table.from_batches([rows.to_arrow()]))
                several = f"Read from the sheet {sheet}, the first with rows." if len(workbook.sheet_names) > 1 else ""
                return table, [several, *notes] if several else notes
    except fastexcel.FastExcelError as problem:
        raise DataContractError(
            f"{path.name} cannot be read as an Excel workbook.",
            found=str(problem).split("\n")[0],
            fix="Take its password off, or save it again as .xlsx or .csv.",
        ) from problem
    raise DataContractError(f"{path.name} has a header but no rows.", fix="Check the export: it must hold rows.")


def _with_header(cells: pa.Table) -> tuple[pa.Table, list[str]]:
    """Name columns after the first row that is about as full as the fullest near the top; leave out empty ones."""
    top = cells.slice(0, _LOOKED_AT).to_pylist()
    filled = [sum(bool(str(value or "").strip()) for value in row.values()) for row in top]
    place = next(number for number, count in enumerate(filled) if count >= 0.8 * max(filled))
    header = [str(value or "").strip() for value in top[place].values()]
    used = [number for number, title in enumerate(header) if title]
    body = cells.slice(place + 1).select(used)
    names: list[str] = []
    for number in used:
        seen = sum(title.partition(".")[0] == header[number] for title in names)
        names.append(f"{header[number]}.{seen + 1}" if header[number] in names else header[number])
    empty = pa.compute.field(0).is_null()
    for number in range(1, len(used)):
        empty &= pa.compute.field(number).is_null()
    body = body.rename_columns([str(number) for number in range(len(used))]).filter(~empty).rename_columns(names)
    body = body.cast(pa.schema([(title, pa.string()) for title in names]))
    return body, [f"The header was found in row {place + 1}."] if place else []
