"""Snapshots: the feature table at one or many origins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from tenure_features.days import Moment, origins_of
from tenure_features.engine import fetch
from tenure_features.errors import UsageError
from tenure_features.families import chosen
from tenure_features.history import KEYS, OrderHistory
from tenure_features.log import OrderLog
from tenure_features.registry import Feature

DECIMALS = 6
PAIRS_AT_ONCE = 1_000_000
"""Orders times origins of one query. A larger query holds more customers in memory and is no faster; a smaller one
spends its time being planned."""


def snapshots(
    log: OrderLog,
    origins: Moment | Sequence[Moment],
    *,
    features: Iterable[str] | None = None,
    active_days: float | None = None,
) -> pd.DataFrame:
    """Compute features of every customer of the population at each origin.

    Parameters
    ----------
    log
        An opened log.
    origins
        Moments; only rows strictly before each are seen by its rows.
    features
        Names from the catalogue; all of them when None.
    active_days
        Narrows the population to customers with an order in the last so many days.

    Returns
    -------
    DataFrame
        ``customer_id`` (str), ``as_of`` (datetime64[us]), then one float64 column per feature, missing as NaN;
        sorted by ``as_of``, ``customer_id``. Values are rounded to 6 decimals: sums of floats depend on how an engine
        splits its work, and the same log must give the same table.

    Raises
    ------
    UsageError
        If a feature is unknown, an origin cannot be read or lies after the moment the log was opened for.
    """
    moments = origins_of(origins)
    wanted = chosen(features)
    _check_reach(log, moments[-1])
    parts = [
        framed(fetch(snapshot_table(log.orders, several, wanted, active_days=active_days)))
        for several in _batches(log, moments)
    ]
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def snapshot_table(
    orders: ir.Table, origins: Sequence[pd.Timestamp], features: Sequence[Feature], *, active_days: float | None = None
) -> ir.Table:
    """Build the query of `snapshots` without running it."""
    history = OrderHistory(orders, origins)
    values = {one.name: one.build(history).cast("float64") for one in features}
    table = history.reduce(values, active_days=active_days)
    return table.select("customer_id", "as_of", *values)


def framed(table: pd.DataFrame) -> pd.DataFrame:
    """Sort a fetched table by its keys, give its columns their promised types and round its numbers."""
    numbers = [name for name in table.columns if name not in KEYS]
    types = {"customer_id": "str", "as_of": "datetime64[us]"} | dict.fromkeys(numbers, "float64")
    sorted_table = table.astype(types).sort_values(KEYS, ignore_index=True)
    for name in numbers:
        sorted_table[name] = _rounded(sorted_table[name].to_numpy())
    return sorted_table


def _rounded(values: np.ndarray) -> np.ndarray:
    """Round halves away from zero, here and not in the query: engines disagree on halves, and are slower at it."""
    scale = 10.0**DECIMALS
    with np.errstate(over="ignore"):  # beyond 1e302, where there are no decimals left to round
        magnitude = np.floor(np.abs(values) * scale + 0.5) / scale
    return np.copysign(np.where(np.isinf(magnitude), np.abs(values), magnitude), values)


def _batches(log: OrderLog, origins: Sequence[pd.Timestamp]) -> Iterator[Sequence[pd.Timestamp]]:
    size = max(1, PAIRS_AT_ONCE // max(1, log.readiness.orders + log.readiness.returns))
    for start in range(0, len(origins), size):
        yield origins[start : start + size]


def _check_reach(log: OrderLog, last: pd.Timestamp) -> None:
    if log.as_of is not None and last > log.as_of:
        raise UsageError(
            "An origin lies after the moment the log was opened for.",
            found=f"origin {last}, log opened with as_of {log.as_of}",
            fix="Open the log with a later as_of, or without one.",
        )
