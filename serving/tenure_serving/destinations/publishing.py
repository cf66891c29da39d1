"""Writing a partition to wherever a URI points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tenure_features.errors import UsageError
from tenure_serving.destinations.parquet import write_folder, write_objects
from tenure_serving.destinations.partition import Partition
from tenure_serving.destinations.tables import write_duckdb, write_postgres

_WRITERS: dict[str, Callable[[Partition, str], str]] = {
    "": lambda partition, uri: write_folder(partition, Path(uri)),
    "file": lambda partition, uri: write_folder(partition, Path(urlsplit(uri).path)),
    "duckdb": write_duckdb,
    "postgresql": write_postgres,
    "s3": write_objects,
    "gs": write_objects,
    "abfs": write_objects,
}


def publish(folder: Path, uri: str) -> str:
    """Write the scores of a folder to a destination, and say where they are.

    Parameters
    ----------
    folder
        Where `tenure_serving.batch.write_scores` wrote them.
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
    writer = _WRITERS.get(urlsplit(uri).scheme)
    if writer is None:
        raise UsageError(
            "This is no place to write scores to.",
            found=uri.partition("://")[0],
            fix=f"Known: a folder, {', '.join(f'{name}://' for name in _WRITERS if name)}.",
        )
    return writer(Partition.in_folder(folder), uri)
