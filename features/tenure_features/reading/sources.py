"""Where a table comes from: frames in memory, files checked to be what they seem, or tables by URI, through Ibis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from glob import glob, has_magic
from pathlib import Path
from typing import Any, Literal, get_args

from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.databases import hide_password, is_uri, read_uri
from tenure_features.reading.engine import Engine, count, is_refusal, is_spark
from tenure_features.reading.json_objects import read_json
from tenure_features.reading.kinds import KIND_NAMES, SUPPORTED, check_content, is_readable, kind_of
from tenure_features.reading.memory import Frame, TableInMemory, TablePlace, place_of, read_memory
from tenure_features.reading.parquet import parquet_copy
from tenure_features.reading.readers import RawTable, read_parquet, read_text
from tenure_features.reading.unpacking import unpack
from tenure_features.reading.workbooks import read_workbooks

ReturnsPolicy = Literal["net", "drop", "raise"]


@dataclass(frozen=True)
class TableSource:
    """A table by path or URI, or in memory, and how its columns map to the contract.

    Parameters
    ----------
    uri
        A file, a glob of files of one kind, a table by URI (`tenure_features.reading.databases`), or a pandas or Arrow
        table.
    columns
        Source column, or SQL expression over source columns, by contract column
        (`tenure_features.tables.contracts.TABLES`). What is not mapped is found by name or by a known alias.
        ``customers`` takes columns beyond the contract.
    encoding
        How text files are written, such as ``cp1251``; found where it is None.

    Examples
    --------
    >>> TableSource("events.parquet", columns={"customer_id": "user", "occurred_at": "ts"}).columns["occurred_at"]
    'ts'
    """

    uri: TablePlace | Frame
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "uri", place_of(self.uri))


@dataclass(frozen=True)
class OrderSource(TableSource):
    """An order log: a table with a returns policy.

    Parameters
    ----------
    uri, columns, encoding
        As of any `TableSource`.
    returns
        What happens to returns (orders that sum to less than zero): ``net`` keeps them as negative revenue, ``drop``
        leaves them out, ``raise`` breaks the contract.
    trust_customers
        Whether the customers are right although each ordered once, or one holds more than a twentieth of the orders.

    Examples
    --------
    >>> source = OrderSource("orders.csv", columns={"customer_id": "CustomerID", "revenue": "Quantity * UnitPrice"})
    >>> source.returns
    'net'
    """

    returns: ReturnsPolicy = "net"
    trust_customers: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.returns not in get_args(ReturnsPolicy):
            raise UsageError("The returns policy is unknown.", found=repr(self.returns), fix="Use net, drop or raise.")


def read_table(
    uri: TablePlace | Frame,
    backend: Any,  # noqa: ANN401
    *,
    name: str = "source",
    empty: bool = False,
    encoding: str | None = None,
) -> RawTable:
    """Read a file, a glob, a URI or a frame into the backend, under a name. Columns of text files stay text.

    Parameters
    ----------
    uri
        A file, a glob of files of one kind, a table by URI, or a pandas or Arrow table.
    backend
        Where it is read into.
    name
        What the raw table is called there.
    empty
        Whether a table without rows is fine.
    encoding
        How text files are written, such as ``cp1251``; found where it is None.

    Raises
    ------
    DataContractError
        If there is nothing to read, or it is not what its suffix says.
    """
    uri = place_of(uri)
    if isinstance(uri, TableInMemory):
        return _require_rows(read_memory(uri, backend, name=name), uri, empty=empty)
    if is_uri(str(uri)):
        return _require_rows(RawTable(read_uri(str(uri), backend, name=name)), uri, empty=empty)
    paths = files_at(str(uri))
    for path in paths:
        check_content(path)
    with unpack(paths) as files:
        raw = _read_files(files, uri, backend, name=name, encoding=encoding)
    return _require_rows(raw, uri, empty=empty)


def _read_files(
    files: list[Path],
    uri: TablePlace,
    backend: Any,  # noqa: ANN401
    *,
    name: str,
    encoding: str | None,
) -> RawTable:
    kinds = {kind_of(path) for path in files}
    if len(kinds) > 1:
        raise DataContractError(
            f"{uri} matches files of different kinds.",
            found=", ".join(sorted({path.suffix for path in files})),
            fix="Narrow the pattern to one suffix, such as 'orders/*.parquet'.",
        )
    (kind,) = kinds
    try:
        if kind == "parquet":
            return read_parquet(files, backend, name=name)
        if is_spark(backend):  # files are read where they lie, and always by the same rules
            raw = _read_files(files, uri, Engine().connect(), name=name, encoding=encoding)
            return replace(raw, table=read_parquet([parquet_copy(raw.table, name=name)], backend, name=name).table)
        if kind == "text":
            return read_text(files, backend, name=name, encoding=encoding)
        return (read_json if kind == "json" else read_workbooks)(files, backend, name=name)
    except Exception as problem:
        if not (is_refusal(problem) or isinstance(problem, (OSError, EOFError))):
            raise
        raise DataContractError(
            f"{uri} cannot be read as {KIND_NAMES[kind]}.",
            found=str(problem).strip().split("\n")[0],
            fix=f"Export it again as {SUPPORTED}.",
        ) from problem


def _require_rows(raw: RawTable, uri: TablePlace, *, empty: bool) -> RawTable:
    if not empty and count(raw.table.limit(1)) == 0:
        raise DataContractError(
            f"{hide_password(uri)} has a header but no rows."
            if not raw.rejected
            else f"{hide_password(uri)} has no row that fits its header.",
            found=", ".join(raw.table.columns) + "".join(f"; line: {line}" for line in raw.rejected_examples[:1]),
            fix="Check the export: it must hold one row per order or order line.",
        )
    return raw


def files_at(uri: str) -> list[Path]:
    """Give the files that a path or a glob means.

    Raises
    ------
    DataContractError
        If there is none, or it is a folder.
    """
    path = Path(uri).expanduser()
    if path.is_dir():
        inside = sorted({entry.suffix for entry in path.iterdir() if is_readable(entry)})
        fix = f"Read its files with a glob: '{uri.rstrip('/')}/*{inside[0]}'." if inside else "Give a file or a glob."
        raise DataContractError(f"{uri} is a directory.", found=", ".join(inside), fix=fix)
    if path.exists():
        return [path]
    if has_magic(uri):
        matches = sorted(Path(name) for name in glob(str(path), recursive=True) if Path(name).is_file())  # noqa: PTH207
        if not matches:
            raise DataContractError(
                f"No file matches {uri}.", fix="Check the pattern and the folder it starts from; quote it in the shell."
            )
        return matches
    near = [entry.name for entry in path.parent.iterdir() if entry.is_file()] if path.parent.is_dir() else []
    raise DataContractError(
        f"{uri} does not exist.",
        found=f"in {path.parent}: {', '.join(sorted(near)[:8])}" if near else "",
        fix="Check the path; it is relative to the folder the command runs in.",
    )
