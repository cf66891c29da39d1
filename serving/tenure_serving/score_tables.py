"""Score tables on disk, read back with what they say of themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.errors import UsageError
from tenure_serving.result_folder import recover_folder

_NEEDED = ("customer_id", "horizon_days", "churn_probability", "expected_value", "segment")


@dataclass(frozen=True)
class Scores:
    """A score table and its account of itself.

    Attributes
    ----------
    table
        One row per customer, see `tenure_serving.scorer.SCHEMA`.
    path
        Of the Parquet file.
    about
        The manifest the file carries: ``definitions``, ``currency``, ``model_version``, ``as_of`` and so on.
    """

    table: pd.DataFrame = field(repr=False)
    path: Path
    about: Mapping[str, Any] = field(repr=False)

    @property
    def as_of(self) -> pd.Timestamp:
        """The moment of the scores."""
        return pd.Timestamp(self.table["as_of"].iloc[0])

    @property
    def horizon_days(self) -> int:
        """Days the scores look ahead."""
        return int(self.table["horizon_days"].iloc[0])

    @property
    def currency(self) -> str:
        """Of every amount; empty where nothing says."""
        return str(self.about.get("currency") or "")

    @property
    def definitions(self) -> Mapping[str, str]:
        """What the columns mean, in words, by term."""
        definitions: Mapping[str, str] = self.about.get("definitions") or {}
        return definitions

    def require_earlier(self, as_of: pd.Timestamp, *, horizon_days: int) -> None:
        """Refuse to stand for the previous scores of a moment and a horizon they cannot be compared with.

        Raises
        ------
        UsageError
            They are not of an earlier moment, or of another horizon.
        """
        if self.as_of >= as_of:
            raise UsageError(
                "The previous scores must be of an earlier moment.",
                found=f"as of {self.as_of:%Y-%m-%d} in {self.path}, and now {as_of:%Y-%m-%d}",
            )
        if self.horizon_days != horizon_days:
            raise UsageError(
                "The previous scores must be over the same horizon.",
                found=f"{self.horizon_days} days in {self.path}, and now {horizon_days}",
            )

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the file."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


def scores_path(place: Path) -> Path:
    """Return the score file a path names: itself, or ``scores.parquet`` in it.

    Raises
    ------
    UsageError
        There is none.
    """
    recover_folder(place if place.is_dir() else place.parent)
    path = place / "scores.parquet" if place.is_dir() else place
    if not path.is_file():
        raise UsageError(f"There are no scores at {path}.", fix="Name the --out folder of a run, or its file.")
    return path


def read_scores(place: Path) -> Scores:
    """Read a score table whole.

    Parameters
    ----------
    place
        ``scores.parquet``, or the folder it lies in.

    Raises
    ------
    UsageError
        There is no such table, or it is not a score table.
    """
    path = scores_path(place)
    try:
        arrow = pq.ParquetFile(path).read()
    except pa.ArrowInvalid as error:
        raise UsageError(f"{path} is not a score table.", found=str(error).splitlines()[0]) from error
    missing = [name for name in _NEEDED if name not in arrow.column_names]
    if missing or not arrow.num_rows:
        raise UsageError(
            f"{path} is not a score table.", found=f"no {', '.join(missing)}" if missing else "no rows", fix="Name one."
        )
    about = json.loads((arrow.schema.metadata or {}).get(b"tenure", b"{}"))
    table = arrow.to_pandas()
    if "as_of" not in table:  # a partition has it in its path, and with the time of day in what the file says
        table["as_of"] = pd.Timestamp(about["as_of"])
    return Scores(table, path, about)


def scores_of_frame(table: pd.DataFrame, *, currency: str | None) -> Scores:
    """Take a score table that lies in memory.

    Raises
    ------
    UsageError
        It is not a score table.
    """
    missing = [name for name in ("as_of", *_NEEDED) if name not in table]
    if missing or table.empty:
        raise UsageError("The frame is not a score table.", found=f"no {', '.join(missing) or 'rows'}")
    return Scores(table, Path("a frame"), {"currency": currency})


def earlier_scores(place: Path | None) -> Scores | None:
    """Read the previous scores a job was told of, before it writes where they may lie; None where there are none."""
    if place is None:
        return None
    scores = read_scores(place)
    scores.fingerprint  # noqa: B018  # cached now: the job may write over the file
    return scores
