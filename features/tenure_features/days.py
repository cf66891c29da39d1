"""Elapsed days and moments: the one place where time is subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import ibis.expr.types as ir
import pandas as pd

from tenure_features.errors import UsageError

SECONDS_PER_DAY = 86400.0

Moment = str | date | datetime | pd.Timestamp


def days_between(start: ir.Value, end: ir.Value) -> ir.Value:
    """Elapsed days from ``start`` to ``end``, fractional, counted in whole seconds.

    Built on epoch seconds because engines disagree on ``delta(unit="day")`` (DuckDB counts midnights, Spark elapsed
    days), and cast to float64 before the division because Spark reads ``86400.0`` as a decimal.

    Parameters
    ----------
    start, end
        Timestamp expressions, UTC-naive.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> noon, midnight = ibis.timestamp("2024-01-01 12:00:00"), ibis.timestamp("2024-01-03")
    >>> evaluate(days_between(noon, midnight))
    1.5
    """
    return (whole_seconds(end) - whole_seconds(start)) / SECONDS_PER_DAY


def whole_seconds(moment: ir.Value) -> ir.Value:
    """Count whole seconds since 1970 as float64."""
    # DuckDB's epoch carries fractions of a second, Spark's does not: whole seconds are the same on both.
    return moment.truncate("s").epoch_seconds().cast("float64")


def utc_naive(moment: Moment) -> pd.Timestamp:
    """Read a moment as a UTC-naive timestamp in microseconds; a moment without a zone is UTC already.

    Raises
    ------
    UsageError
        If it cannot be read as a date.

    Examples
    --------
    >>> utc_naive("2024-01-01T02:00:00+02:00")
    Timestamp('2024-01-01 00:00:00')
    """
    try:
        stamp = pd.Timestamp(moment)
    except (ValueError, TypeError) as problem:
        raise UsageError(
            "A date cannot be read.", found=repr(moment), fix="Write it as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS."
        ) from problem
    if pd.isna(stamp):
        raise UsageError("A date is missing.", found=repr(moment), fix="Write it as YYYY-MM-DD.")
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert("UTC").tz_localize(None)
    return stamp.as_unit("us")


def origins_of(moments: Moment | Sequence[Moment]) -> list[pd.Timestamp]:
    """Sort origins and drop repeats.

    Raises
    ------
    UsageError
        If there is none, or one cannot be read.

    Examples
    --------
    >>> origins_of(["2024-03-01", "2024-01-01", "2024-03-01"])
    [Timestamp('2024-01-01 00:00:00'), Timestamp('2024-03-01 00:00:00')]
    """
    several = [moments] if isinstance(moments, (str, date, datetime)) else list(moments)
    if not several:
        raise UsageError("No origin was given.", fix="Give at least one as_of.")
    return sorted({utc_naive(moment) for moment in several})
