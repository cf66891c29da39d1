"""The job behind ``tenure score --to``: everybody scored, and the partition put where others read it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure.config import Config
from tenure.jobs.score import Scoring, open_scoring
from tenure.stages import Progress
from tenure_features import write_snapshots
from tenure_features.errors import DataContractError
from tenure_serving.batch import describe_scores
from tenure_serving.destinations.lock import hold_lock
from tenure_serving.destinations.partition import Partition
from tenure_serving.destinations.publishing import folder_of, publish, require_unpublished
from tenure_serving.score_parts import ScoreParts

PART_ROWS = 50_000
"""Customers scored at a time: as many as a scorer takes."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A partition of scores, and where it lies.

    Attributes
    ----------
    place
        In words.
    customers, model_version, as_of
        What it holds.
    resumed
        Customers whose scores an earlier run had made that did not come to its end.
    notes
        Sentences a reader must know.
    """

    place: str
    customers: int
    model_version: str
    as_of: str
    resumed: int
    notes: tuple[str, ...]


def publish_job(config: Config, model: str, uri: str, *, progress: Progress, work: Path | None = None) -> Publication:
    """Score newer orders and write the partition of their moment to a destination; see `publish`.

    Parameters
    ----------
    config, model, progress
        As in `tenure.jobs.score.score_job`.
    uri
        The destination.
    work
        Folder in which parts of the scores wait for the others: a run that was killed goes on from there. Where the
        destination is a folder it is a hidden one inside; else it is a temporary one that nobody goes on from.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    TenureError
        As `score_job` and `publish`.
    """
    opened = open_scoring(config, model, progress=progress)
    question = _manifest(opened)
    require_unpublished(Partition((), question), uri)
    with _open_work(uri, work) as folder:
        require_unpublished(Partition((), question), uri)  # another run may have come to its end meanwhile
        parts = ScoreParts.open(folder, question)
        with progress.stage("Building the features"):
            rows = _build_snapshot(parts, opened)
        with progress.stage("Scoring the customers"):
            numbers, resumed = _score_parts(parts, opened, rows=rows, progress=progress)
        partition = Partition(tuple(parts.place(number) for number in numbers), parts.manifest())
        with progress.stage("Writing the partition"):
            place = publish(partition, uri)
        parts.remove()
    return Publication(
        place=place,
        customers=rows,
        model_version=partition.model_version,
        as_of=partition.as_of.isoformat(),
        resumed=resumed,
        notes=opened.notes,
    )


def _manifest(opened: Scoring, *, columns: Sequence[str] = (), rows: int = 0) -> dict[str, Any]:
    manifest = describe_scores(
        opened.scorer.bundle,
        as_of=opened.shop.as_of,
        input_fingerprint=opened.shop.fingerprint,
        previous=opened.previous.fingerprint if opened.previous else None,
        currency=opened.shop.currency,
        columns=columns,
        rows=rows,
    )
    settings = opened.config.model_dump_json(include={"economics": True, "report": {"language"}})
    return manifest | {"settings": hashlib.sha256(settings.encode()).hexdigest()}


@contextmanager
def _open_work(uri: str, work: Path | None) -> Iterator[Path]:
    """Offer a folder to work in, which no other run works in at the same time."""
    folder = folder_of(uri)
    if work is None and folder is None:
        with TemporaryDirectory(prefix="tenure-scores-") as draft:
            yield Path(draft)
        return
    place = work if work is not None else Path(str(folder)) / ".tenure-work"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)  # scores of customers wait there
    with hold_lock(place.with_name(f"{place.name}.lock")):
        place.mkdir(exist_ok=True, mode=0o700)  # the run that was waited for has removed it
        yield place


def _build_snapshot(parts: ScoreParts, opened: Scoring) -> int:
    """Write the features of everybody, unless they are there; return how many customers there are."""
    info, shop = opened.scorer.bundle.info, opened.shop
    if not parts.snapshot.is_file():
        write_snapshots(
            parts.snapshot,
            shop,
            shop.as_of,
            features=info.features,
            active_days=info.active_days,
            window_days=info.horizon_days,
            catalogue=opened.catalogue,
        )
    rows = int(pq.read_metadata(parts.snapshot).num_rows)
    if not rows:
        raise DataContractError(
            "Nobody ordered before as_of, so there is nobody to score.",
            found=f"as_of {shop.as_of:%Y-%m-%d}",
            fix="Choose a later --as-of, or check the orders.",
        )
    return rows


def _score_parts(parts: ScoreParts, opened: Scoring, *, rows: int, progress: Progress) -> tuple[range, int]:
    """Score what is not there yet; return the numbers of the parts, and how many customers had been scored before."""
    done = resumed = number = 0
    for number, snapshot in enumerate(_read_snapshot(parts.snapshot)):
        if parts.has(number):
            resumed += len(snapshot)
        else:
            scores = opened.score(opened.with_known(snapshot))
            parts.write(number, scores, _manifest(opened, columns=[str(name) for name in scores], rows=rows))
        done += len(snapshot)
        progress.advance(done, rows)
    return range(number + 1), resumed


def _read_snapshot(path: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=PART_ROWS):
            yield pa.Table.from_batches([batch]).to_pandas()
