"""What an identity run leaves for the next one: the map, the history of merges and splits, what is kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity.assignment import HISTORY_COLUMNS, MAP

MAP_FILE, HISTORY_FILE, APART_FILE = "identity_map.parquet", "identity_history.parquet", "identity_apart.parquet"

APART: Mapping[str, str] = {
    "separation": "string",
    "source": "string",
    "source_id": "string",
    "side": "string",
    "moment": "timestamp(6)",
}
"""Columns of what must not be linked: the source ids on the two sides of each separation."""

_ARROW = {"string": pa.string(), "timestamp(6)": pa.timestamp("us"), "int64": pa.int64()}


def arrow_table(frame: pd.DataFrame, columns: Mapping[str, str]) -> pa.Table:
    """Give a table exactly these columns and types."""
    kinds = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])
    return pa.Table.from_pandas(frame.reindex(columns=list(columns)), schema=kinds, preserve_index=False)


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """Make a table without rows."""
    frame: pd.DataFrame = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()]).empty_table().to_pandas()
    return frame


@dataclass(frozen=True)
class IdentityState:
    """The map of a run with its history.

    Attributes
    ----------
    rows
        The map, see `tenure_features.identity.assignment.MAP`.
    history
        Merges, splits and undone merges, see `tenure_features.identity.assignment.HISTORY_COLUMNS`.
    apart
        What must not be linked, see `APART`.
    """

    rows: pd.DataFrame
    history: pd.DataFrame = field(default_factory=lambda: empty(HISTORY_COLUMNS))
    apart: pd.DataFrame = field(default_factory=lambda: empty(APART))

    @property
    def current(self) -> pd.DataFrame:
        """The rows that are valid now, one per source id."""
        return self.rows[self.rows["valid_to"].isna()]

    @property
    def moment(self) -> pd.Timestamp | None:
        """The latest moment at which anything changed; None for a map without a change."""
        moments = [*self.history["moment"].dropna(), *self.rows["valid_to"].dropna(), *self.apart["moment"].dropna()]
        return max(moments, default=None)

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write the three tables as Parquet files into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = (
            (MAP_FILE, self.rows, MAP),
            (HISTORY_FILE, self.history, HISTORY_COLUMNS),
            (APART_FILE, self.apart, APART),
        )
        for name, frame, columns in parts:
            pq.write_table(arrow_table(frame, columns), folder / name)
        return tuple(folder / name for name, _, _ in parts)


def read_state(path: Path) -> IdentityState:
    """Read the map of an earlier run, and its history and separations where they lie beside it.

    Parameters
    ----------
    path
        ``identity_map.parquet``, or the folder it lies in.

    Raises
    ------
    UsageError
        When there is no such file.
    DataContractError
        When it is not a map.
    """
    file = path / MAP_FILE if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"There is no identity map {file}.", fix="Name the identity_map.parquet of an earlier run.")
    frames = [_read(file, MAP)]
    for name, columns in ((HISTORY_FILE, HISTORY_COLUMNS), (APART_FILE, APART)):
        beside = file.parent / name
        frames.append(_read(beside, columns) if beside.is_file() else empty(columns))
    return IdentityState(*frames)


def _read(file: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    try:
        table = pq.read_table(file)
    except (pa.ArrowInvalid, OSError) as problem:
        raise DataContractError(f"{file} cannot be read as Parquet.", found=str(problem).split("\n")[0]) from problem
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise DataContractError(
            f"{file} is not a table of an identity run.",
            found=f"no {', '.join(missing)}",
            fix="Name the identity_map.parquet of an earlier run.",
        )
    frame: pd.DataFrame = table.select(list(columns)).to_pandas()
    return frame
