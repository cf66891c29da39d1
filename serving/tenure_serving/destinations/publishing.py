"""Writing a partition to wherever a URI points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tenure_features.errors import UsageError
from tenure_serving.destinations.parquet import find_among_objects, find_in_folder, write_folder, write_objects
from tenure_serving.destinations.partition import Partition
from tenure_serving.destinations.tables import find_in_duckdb, find_in_postgres, write_duckdb, write_postgres


@dataclass(frozen=True)
class _Kind:
    """How a kind of place is written, and how it is asked for the manifest of what is there."""

    write: Callable[[Partition, str], str]
    find: Callable[[Partition, str], Mapping[str, Any] | None]


_FOLDER = _Kind(
    lambda partition, uri: write_folder(partition, _path(uri)),
    lambda partition, uri: find_in_folder(partition, _path(uri)),
)
_OBJECTS = _Kind(write_objects, find_among_objects)
_KINDS = {
    "": _FOLDER,
    "file": _FOLDER,
    "duckdb": _Kind(write_duckdb, find_in_duckdb),
    "postgresql": _Kind(write_postgres, find_in_postgres),
    "s3": _OBJECTS,
    "gs": _OBJECTS,
    "abfs": _OBJECTS,
}


def publish(partition: Partition, uri: str) -> str:
    """Write scores to a destination, and say where they are.

    Parameters
    ----------
    partition
        The scores of one moment.
    uri
        A folder, ``s3://...`` (``gs``, ``abfs``), ``duckdb:///FILE?table=NAME`` or ``postgresql://...?table=NAME``.

    Raises
    ------
    UsageError
        There is no such kind of place.
    NothingToDoError
        The very same scores are there already.
    TenureError
        As the writers of each kind.
    """
    return _kind(uri).write(partition, uri)


def require_unpublished(partition: Partition, uri: str) -> None:
    """Stop where the very same scores are already, before they are made; of the partition, the manifest is asked.

    Raises
    ------
    NothingToDoError
        They are.
    TenureError
        As `publish`.
    """
    partition.require_new(_kind(uri).find(partition, uri), place=uri.partition("?")[0].rpartition("@")[2])


def folder_of(uri: str) -> Path | None:
    """Return the folder that a URI names; None where it names another kind of place."""
    return _path(uri) if urlsplit(uri).scheme in {"", "file"} else None


def _path(uri: str) -> Path:
    parts = urlsplit(uri)
    return Path(parts.path if parts.scheme else uri)


def _kind(uri: str) -> _Kind:
    kind = _KINDS.get(urlsplit(uri).scheme)
    if kind is None:
        raise UsageError(
            "This is no place to write scores to.",
            found=uri.partition("://")[0],
            fix=f"Known: a folder, {', '.join(f'{name}://' for name in _KINDS if name)}.",
        )
    return kind
