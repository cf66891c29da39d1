"""Scores that are written part by part: memory does not grow with customers, and a run that was killed goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from tenure_features.reading.files import replacing
from tenure_serving.batch import METADATA, to_arrow

_QUESTION, _SNAPSHOT = "question.json", "snapshot"
# no name ends in .parquet: whoever reads all such files below a folder of partitions must not read these


@dataclass(frozen=True)
class ScoreParts:
    """A folder in which the snapshot and the scores of some customers at a time wait until all are there.

    Attributes
    ----------
    folder
        Belongs to one run at a time; whoever opens it holds a lock.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path, question: Mapping[str, Any]) -> ScoreParts:
        """Open a folder, with what is in it where that is of the very same question, and else empty."""
        asked = json.dumps(dict(question), sort_keys=True, default=str)
        place = folder / _QUESTION
        if not place.is_file() or place.read_text(encoding="utf-8") != asked:
            parts = cls(folder)
            parts.clear()
            with replacing(place) as draft:
                draft.write_text(asked, encoding="utf-8")
        return cls(folder)

    @property
    def snapshot(self) -> Path:
        """Where the features of all customers lie; there once they are whole."""
        return self.folder / _SNAPSHOT

    def place(self, number: int) -> Path:
        """Where a part lies; there once it is whole."""
        return self.folder / f"part-{number:05d}"

    def has(self, number: int) -> bool:
        """Whether a part is there."""
        return self.place(number).is_file()

    def write(self, number: int, scores: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
        """Write a part, whole or not at all."""
        with replacing(self.place(number)) as draft:
            pq.write_table(to_arrow(scores, dict(manifest)), draft, compression="zstd")

    def manifest(self) -> dict[str, Any]:
        """Read what the first part says of the whole."""
        manifest: dict[str, Any] = json.loads(pq.read_schema(self.place(0)).metadata[METADATA])
        return manifest

    def clear(self) -> None:
        """Remove what lies in the folder, the question first: without it nothing counts."""
        (self.folder / _QUESTION).unlink(missing_ok=True)
        for path in (self.snapshot, *self.folder.glob("part-*"), *self.folder.glob(".part-*")):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
