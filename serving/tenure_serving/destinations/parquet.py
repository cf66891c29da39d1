"""Partitions as Parquet: in a folder, replaced in one step, or in an object store, object by object."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_serving.batch import MANIFEST, METADATA, SCORES
from tenure_serving.destinations.lock import hold_lock
from tenure_serving.destinations.partition import Partition, read_manifest, same_scores
from tenure_serving.result_folder import recover_folder, replace_folder

_VOUCHER = f"_{MANIFEST}"  # readers of partitioned tables skip what begins with an underscore
_LOCK = ".tenure.lock"


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
    with hold_lock(folder / _LOCK):
        partition.require_new(find_in_folder(partition, folder), place=str(folder))
        with replace_folder(place, names=(SCORES, _VOUCHER)) as draft:
            digest = _write_file(partition, draft / SCORES)
            (draft / _VOUCHER).write_text(partition.text(sha256=digest), encoding="utf-8")
    return str(place)


def find_in_folder(partition: Partition, folder: Path) -> Mapping[str, Any] | None:
    """Read what vouches for the partition of the same moment; None where nothing does."""
    place = folder / partition.name
    if place.is_dir():
        recover_folder(place)  # what a run that was killed has left: nobody writes into the place when nothing is to do
    voucher = place / _VOUCHER
    return read_manifest(voucher.read_bytes()) if voucher.is_file() else None


def write_objects(partition: Partition, uri: str) -> str:
    """Write a partition into an object store that Arrow knows (``s3://``, ``gs://``, ``abfs://``).

    The scores are uploaded under another name and take their own in one step, so that readers find the old ones or
    the new ones, whole. The old manifest goes before that and the new one comes after it: one that is there tells of
    the scores beside it, and a run that was killed is done again.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    UsageError
        Arrow does not know the address.
    DependencyUnavailableError
        The store does not answer, or refuses.
    """
    store, root = open_store(uri)
    place = f"{root}/{partition.name}"
    upload = f"{place}/_{SCORES}.{uuid.uuid4().hex}"
    try:
        partition.require_new(_find_object(store, place), place=root)
        with tempfile.TemporaryDirectory(prefix="tenure-upload-") as folder:
            digest = _write_file(partition, Path(folder) / SCORES)
            with (Path(folder) / SCORES).open("rb") as source, store.open_output_stream(upload) as stream:
                shutil.copyfileobj(source, stream, 1 << 20)
        if store.get_file_info(f"{place}/{_VOUCHER}").type == pafs.FileType.File:
            store.delete_file(f"{place}/{_VOUCHER}")
        store.move(upload, f"{place}/{SCORES}")
        manifest = partition.text(sha256=digest).encode()  # before its object is opened: one that is closed is there
        with store.open_output_stream(f"{place}/{_VOUCHER}") as stream:
            stream.write(manifest)
    except OSError as error:
        raise DependencyUnavailableError("The object store did not take the scores.", found=str(error)) from error
    return place


def find_among_objects(partition: Partition, uri: str) -> Mapping[str, Any] | None:
    """Read what vouches for the partition of the same moment in an object store; None where nothing does.

    Raises
    ------
    UsageError, DependencyUnavailableError
        As `write_objects`.
    """
    store, root = open_store(uri)
    try:
        return _find_object(store, f"{root}/{partition.name}")
    except OSError as error:
        raise DependencyUnavailableError("The object store does not answer.", found=str(error)) from error


def open_store(uri: str) -> tuple[pafs.FileSystem, str]:
    """Open an object store, and return it with the path in it; `UsageError` where Arrow does not know the address."""
    try:
        store, root = pafs.FileSystem.from_uri(uri)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError("This is no place to write scores to.", found=f"{uri.partition('?')[0]}: {error}") from error
    if not root:
        raise UsageError("An object store needs a bucket.", found=uri.partition("?")[0], fix="Say s3://BUCKET/FOLDER")
    return store, root.rstrip("/")


def _find_object(store: pafs.FileSystem, place: str) -> Mapping[str, Any] | None:
    """Read the manifest beside scores, if it tells of them: two runs at once may have left those of the other."""
    paths = [f"{place}/{name}" for name in (_VOUCHER, SCORES)]
    if any(about.type != pafs.FileType.File for about in store.get_file_info(paths)):
        return None
    with store.open_input_stream(paths[0]) as stream:
        manifest = read_manifest(stream.read())
    own = read_manifest((pq.read_schema(paths[1], filesystem=store).metadata or {}).get(METADATA, b""))
    return manifest if manifest is not None and own is not None and same_scores(manifest, own) else None


def _write_file(partition: Partition, path: Path) -> str:
    """Write the rows without the moment, which the name of the partition holds; return the hash of the file."""
    schema = partition.schema
    with pq.ParquetWriter(path, schema.remove(schema.get_field_index("as_of")), compression="zstd") as file:
        for batch in partition.batches():
            file.write_batch(batch.drop_columns(["as_of"]))
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
