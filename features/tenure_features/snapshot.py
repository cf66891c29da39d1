"""Snapshots: the feature table at one or many origins, in one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, origins_of
from tenure_features.engine import fetch
from tenure_features.errors import UsageError
from tenure_features.families import chosen
from tenure_features.history import KEYS, OrderHistory
from tenure_features.log import OrderLog
from tenure_features.registry import Feature

DECIMALS = 6


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
    table = snapshot_table(log.orders, moments, wanted, active_days=active_days).order_by(KEYS)
    return framed(fetch(table))


def snapshot_table(
    orders: ir.Table, origins: Sequence[pd.Timestamp], features: Sequence[Feature], *, active_days: float | None = None
) -> ir.Table:
    """Build the query of `snapshots` without running it."""
    history = OrderHistory(orders, origins)
    values = {one.name: one.build(history).cast("float64").round(DECIMALS) for one in features}
    table = history.reduce(values, active_days=active_days)
    return table.select("customer_id", "as_of", *values)


def framed(table: pd.DataFrame) -> pd.DataFrame:
    """Give keys and values of a fetched table their promised types."""
    numbers = [name for name in table.columns if name not in KEYS]
    types = {"customer_id": "str", "as_of": "datetime64[us]"} | dict.fromkeys(numbers, "float64")
    return table.astype(types)


def _check_reach(log: OrderLog, last: pd.Timestamp) -> None:
    if log.as_of is not None and last > log.as_of:
        raise UsageError(
            "An origin lies after the moment the log was opened for.",
            found=f"origin {last}, log opened with as_of {log.as_of}",
            fix="Open the log with a later as_of, or without one.",
        )
