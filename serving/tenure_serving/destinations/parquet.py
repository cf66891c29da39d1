"""Partitions as Parquet: in a folder, replaced in one step, or in an object store, object by object."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_serving.batch import MANIFEST, SCORES
from tenure_serving.destinations.partition import Partition
from tenure_serving.result_folder import replace_folder

_VOUCHER = f"_{MANIFEST}"  # readers of partitioned tables skip what begins with an underscore
_LOCK = ".tenure.lock"
_PATIENCE_S, _PAUSE_S = 600.0, 0.2


def write_folder(partition: Partition, folder: Path) -> str:
    """Write a partition below a folder: readers see the old one or the new one, at whatever instant.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    DependencyUnavailableError
        Another run has held the folder for ten minutes.
    """
    place = folder / partition.name
    folder.mkdir(parents=True, exist_ok=True)
    with _hold(folder / _LOCK):
        voucher = place / _VOUCHER
        partition.require_new(_read_json(voucher.read_bytes()) if voucher.is_file() else None, place=str(folder))
        with replace_folder(place, names=(SCORES, _VOUCHER)) as draft:
            with pq.ParquetWriter(draft / SCORES, _without_moment(partition.schema), compression="zstd") as file:
                for batch in partition.batches():
                    file.write_batch(_drop_moment(batch))
            (draft / _VOUCHER).write_text(partition.text(), encoding="utf-8")
    return str(place)


def write_objects(partition: Partition, uri: str) -> str:
    """Write a partition into an object store that Arrow knows (``s3://``, ``gs://``, ``abfs://``).

    An object appears whole or not at all; the manifest is written last, so a run that was killed is done again.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    UsageError
        Arrow does not know the address.
    DependencyUnavailableError
        The store does not answer, or refuses.
    """
    try:
        store, root = pafs.FileSystem.from_uri(uri)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError("This is no place to write scores to.", found=f"{uri.partition('?')[0]}: {error}") from error
    if not root:
        raise UsageError("An object store needs a bucket.", found=uri.partition("?")[0], fix="Say s3://BUCKET/FOLDER")
    place = f"{root.rstrip('/')}/{partition.name}"
    try:
        partition.require_new(_read_object(store, f"{place}/{_VOUCHER}"), place=root)
        with (
            store.open_output_stream(f"{place}/{SCORES}") as stream,
            pq.ParquetWriter(stream, _without_moment(partition.schema), compression="zstd") as file,
        ):
            for batch in partition.batches():
                file.write_batch(_drop_moment(batch))
        with store.open_output_stream(f"{place}/{_VOUCHER}") as stream:
            stream.write(partition.text().encode())
    except OSError as error:
        raise DependencyUnavailableError("The object store did not take the scores.", found=str(error)) from error
    return place


def _without_moment(schema: pa.Schema) -> pa.Schema:
    """Leave ``as_of`` to the name of the partition."""
    return schema.remove(schema.get_field_index("as_of"))


def _drop_moment(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.drop_columns(["as_of"])


def _read_object(store: pafs.FileSystem, path: str) -> Mapping[str, Any] | None:
    if store.get_file_info(path).type != pafs.FileType.File:
        return None
    with store.open_input_stream(path) as stream:
        return _read_json(stream.read())


def _read_json(content: bytes) -> Mapping[str, Any] | None:
    try:
        read = json.loads(content)
    except ValueError:
        return None  # what is no manifest vouches for nothing
    return read if isinstance(read, dict) else None


@contextmanager
def _hold(path: Path) -> Iterator[None]:
    """Hold a lock file; a process that ends, however, lets go of it."""
    try:
        import fcntl
    except ImportError:  # not there on Windows
        yield
        return
    end = time.monotonic() + _PATIENCE_S
    with path.open("ab") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as busy:
                if time.monotonic() > end:
                    raise DependencyUnavailableError(f"Another run is writing into {path.parent}.") from busy
                time.sleep(_PAUSE_S)
        yield
