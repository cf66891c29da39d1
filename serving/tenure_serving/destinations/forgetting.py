"""The erasure of customers from wherever a URI points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_features.reading.databases import hide_password
from tenure_serving.destinations.parquet import open_store
from tenure_serving.destinations.publishing import folder_of
from tenure_serving.destinations.row_erasure import erase_from_duckdb, erase_from_postgres
from tenure_serving.destinations.tables import TableAddress
from tenure_serving.erasure import Erasure, erase


def forget_customers(uri: str, ids: Sequence[str], *, dry_run: bool = False) -> tuple[Erasure, ...]:
    """Take customers out of a folder, an object store or a table, and say what was touched.

    Parameters
    ----------
    uri
        A folder, ``s3://...`` (``gs``, ``abfs``), ``duckdb:///FILE?table=NAME`` or ``postgresql://...?table=NAME``.
    ids
        As they are written there.
    dry_run
        Say what would be done, and change nothing.

    Raises
    ------
    UsageError
        There is no such folder, file or table, or no such kind of place.
    DependencyUnavailableError
        A store or a server does not answer.
    """
    folder, scheme = folder_of(uri), urlsplit(uri).scheme
    if folder is not None:
        if not folder.is_dir():
            raise UsageError("There is no such folder.", found=str(folder))
        return erase(folder, ids, dry_run=dry_run)
    if scheme == "postgresql":
        return _rows(hide_password(uri.partition("?")[0]), erase_from_postgres(uri, ids, dry_run=dry_run))
    if scheme == "duckdb":
        address = TableAddress.of(uri)
        path = Path(address.database.removeprefix("duckdb://"))
        if not path.is_file():
            raise UsageError("There is no such file.", found=str(path))
        return _rows(str(path), erase_from_duckdb(path, ids, table=address.table, dry_run=dry_run))
    if scheme in {"s3", "gs", "abfs"}:
        return _erase_objects(uri, ids, dry_run=dry_run)
    raise UsageError("This is no place that customers can be taken out of.", found=uri.partition("://")[0])


def _rows(place: str, rows_by_table: dict[str, int]) -> tuple[Erasure, ...]:
    return tuple(Erasure(path=f"{place}: {table}", outcome="rows", rows=rows) for table, rows in rows_by_table.items())


def _erase_objects(uri: str, ids: Sequence[str], *, dry_run: bool) -> tuple[Erasure, ...]:
    """Bring the objects of one folder at a time here, erase, and put back those that changed."""
    store, root = open_store(uri)
    touched: list[Erasure] = []
    try:
        listing = store.get_file_info(pafs.FileSelector(root, recursive=True))
        files = [PurePosixPath(about.path) for about in listing if about.type == pafs.FileType.File]
        for folder in sorted({path.parent for path in files}):
            with TemporaryDirectory(prefix="tenure-forget-") as draft:
                names = [path.name for path in files if path.parent == folder]
                touched += _erase_copies(store, folder, names, Path(draft), ids, dry_run=dry_run)
    except OSError as error:
        raise DependencyUnavailableError("The object store did not erase the rows.", found=str(error)) from error
    return tuple(touched)


def _erase_copies(
    store: pafs.FileSystem,
    folder: PurePosixPath,
    names: Sequence[str],
    draft: Path,
    ids: Sequence[str],
    *,
    dry_run: bool,
) -> list[Erasure]:
    before: dict[str, bytes] = {}
    for name in names:
        with store.open_input_stream(str(folder / name)) as stream:
            before[name] = stream.read()
        (draft / name).write_bytes(before[name])
    touched = erase(draft, ids, dry_run=dry_run)
    for name, content in before.items():
        if not (draft / name).exists():
            store.delete_file(str(folder / name))
        elif (after := (draft / name).read_bytes()) != content:
            with store.open_output_stream(str(folder / name)) as stream:
                stream.write(after)
    return [
        Erasure(path=str(folder / Path(erasure.path).name), outcome=erasure.outcome, rows=erasure.rows)
        for erasure in touched
    ]
