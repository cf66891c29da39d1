"""How a model did on past windows: the tables that travel in its bundle, so that whoever scores can show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tenure_features.stored import Stored

_TEXTS = ("candidate", "kind")
_MOMENT = "origin"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "backtest": ("candidate", "kind", "origin"),
    "calibration": ("predicted", "actual", "low", "high", "customers"),
    "deciles": ("decile", "customers", "predicted_value", "actual_value"),
    "totals": ("origin", "predicted", "actual"),
    "dates": ("origin", "ordered", "error_days", "adbt_error_days"),
}
"""Columns that a table has where it is not empty; further ones are numbers."""
_MOST_COLUMNS, _MOST_NOTES = 100, 100


@dataclass(frozen=True, kw_only=True)
class StoredEvidence:
    """What a backtest showed, summed up: nothing in it is of a single customer.

    Attributes
    ----------
    reason
        Why the champion was chosen, one sentence.
    notes
        What a reader must know of the training, such as that the history was short.
    unseen
        Share of the days to predict whose time of the year no closed window had shown.
    signal
        Whether the champion told customers apart in closed windows; True where none has closed.
    backtest
        One row per candidate and origin; empty where no past window had closed, as are the tables below.
    calibration, deciles, totals, dates
        Of the champion, as `tenure_training.backtest_tables` makes them.
    """

    reason: str
    notes: tuple[str, ...] = ()
    unseen: float = 0.0
    signal: bool = True
    backtest: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibration: pd.DataFrame = field(default_factory=pd.DataFrame)
    deciles: pd.DataFrame = field(default_factory=pd.DataFrame)
    totals: pd.DataFrame = field(default_factory=pd.DataFrame)
    dates: pd.DataFrame = field(default_factory=pd.DataFrame)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; `from_stored` reads them back."""
        tables = {name: _columns(getattr(self, name)) for name in _COLUMNS}
        return {
            "reason": self.reason,
            "notes": list(self.notes),
            "unseen": self.unseen,
            "signal": self.signal,
            **tables,
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> StoredEvidence:
        """Read what `to_dict` wrote; `DataContractError` where a table is not what it must be."""
        saved = stored.fields("reason", "notes", "unseen", "signal", *_COLUMNS)
        notes = tuple(note.text() for note in saved["notes"].items(most=_MOST_NOTES))
        tables = {name: _table(saved[name], name) for name in _COLUMNS}
        unseen, signal = saved["unseen"].number(0.0, 1.0), saved["signal"].flag()
        return cls(reason=saved["reason"].text(), notes=notes, unseen=unseen, signal=signal, **tables)


def _columns(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the columns in their order, which an object of JSON does not keep."""
    return [
        {"name": str(name), "values": [_plain(value) for value in column]}
        for name, column in (table.items() if len(table) else ())
    ]


def _plain(value: object) -> object:
    """Return a JSON value: moments as text, numbers to nine digits, what is missing or endless as null."""
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return float(f"{number:.9g}") if np.isfinite(number) else None


def _table(stored: Stored, name: str) -> pd.DataFrame:
    columns = [item.fields("name", "values") for item in stored.items(most=_MOST_COLUMNS)]
    if not columns:
        return pd.DataFrame()
    by_name = {column["name"].text(most=100, least=1): column["values"] for column in columns}
    missing = [column for column in _COLUMNS[name] if column not in by_name]
    if missing or len(by_name) < len(columns):
        stored.refuse(f"a table with {', '.join(_COLUMNS[name])}, each once")
    read = {column: _column(values, column) for column, values in by_name.items()}
    if len({len(values) for values in read.values()}) > 1:
        stored.refuse("a table of columns of one length")
    return pd.DataFrame(read)


def _column(stored: Stored, name: str) -> pd.Series:
    values = stored.items()
    if name in _TEXTS:
        return pd.Series([value.text(most=100, least=1) for value in values], dtype="str")
    if name == _MOMENT:
        return pd.Series([value.moment() for value in values], dtype="datetime64[us]")
    return pd.Series([np.nan if value.missing else value.number() for value in values], dtype="float64")
