"""A partition of scores as a batch wrote it: one moment, one model, a file that is read in batches, and a manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.errors import NothingToDoError
from tenure_serving.batch import MANIFEST, SCORES

BATCH_ROWS = 50_000
"""Rows that are in memory at a time."""

_IDENTITY = (
    "model_version", "as_of", "input_fingerprint", "tenure_version", "previous_scores", "settings", "currency",
)  # fmt: skip


@dataclass(frozen=True)
class Partition:
    """Scores on disk, and what their manifest says.

    Attributes
    ----------
    files
        Parquet files of the same columns, whose rows follow each other.
    manifest
        What `tenure_serving.batch.describe_scores` says of all of them.
    """

    files: tuple[Path, ...]
    manifest: Mapping[str, Any]

    @classmethod
    def in_folder(cls, folder: Path) -> Partition:
        """Take the scores that lie in the folder of a scoring."""
        return cls((folder / SCORES,), json.loads((folder / MANIFEST).read_text(encoding="utf-8")))

    @property
    def as_of(self) -> pd.Timestamp:
        """The moment of the scores."""
        return pd.Timestamp(self.manifest["as_of"])

    @property
    def model_version(self) -> str:
        """The model behind them."""
        return str(self.manifest["model_version"])

    @property
    def name(self) -> str:
        """The folder of the partition, as readers of partitioned tables know it."""
        return f"as_of={self.as_of:%Y-%m-%d}"

    @property
    def schema(self) -> pa.Schema:
        """Columns and types."""
        return pq.read_schema(self.files[0])

    def text(self, **further: object) -> str:
        """Write the manifest, and what else is to be said."""
        return json.dumps({**self.manifest, **further}, indent=2, ensure_ascii=False) + "\n"

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Read the rows, few at a time."""
        for path in self.files:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=BATCH_ROWS)

    def require_new(self, there: Mapping[str, Any] | None, *, place: str) -> None:
        """Stop where the very same scores are already.

        Raises
        ------
        NothingToDoError
            A manifest there has the same model, moment, orders and settings.
        """
        if there is not None and same_scores(there, self.manifest):
            raise NothingToDoError(
                f"These scores are there already: model {self.model_version}, as of {self.as_of}, in {place}."
            )


def same_scores(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Tell whether two manifests are of the same scores."""
    return all(first.get(name) == second.get(name) for name in _IDENTITY)


def read_manifest(content: bytes | str) -> Mapping[str, Any] | None:
    """Read a manifest; what is none vouches for nothing."""
    try:
        read = json.loads(content)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
