# ruff: noqa: PD003  # Ibis has no isna and notna
"""The four columns that CLV packages ask for, straight from a log: frequency, recency, T, monetary value."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.arithmetic import ratio
from tenure_features.days import SECONDS_PER_DAY, Moment, utc_naive, whole_seconds
from tenure_features.engine import fetch
from tenure_features.errors import UsageError
from tenure_features.log import OrderLog


def rfm_summary(log: OrderLog, as_of: Moment) -> pd.DataFrame:
    """Summarise every customer in whole days, as ``lifetimes`` and ``pymc-marketing`` do.

    Parameters
    ----------
    log
        An opened log.
    as_of
        Only rows strictly before it are read; the observation ends on the day before its day.

    Returns
    -------
    DataFrame
        Sorted by ``customer_id`` (str): ``frequency`` (days with orders after the first one), ``recency`` (days from
        the first order day to the last), ``T`` (days from the first order day to the end of the observation) and
        ``monetary_value`` (mean revenue of a day with orders after the first; 0 without one), float64. Returns are left
        out; snapshots net them.

    Raises
    ------
    UsageError
        If ``as_of`` lies after the moment the log was opened for.

    Notes
    -----
    Fader, Hardie and Lee (2005), "RFM and CLV", with days as periods.
    """
    moment = utc_naive(as_of)
    if log.as_of is not None and moment > log.as_of:
        raise UsageError(
            "as_of lies after the moment the log was opened for.",
            found=f"as_of {moment}, log opened with as_of {log.as_of}",
            fix="Open the log with a later as_of, or without one.",
        )
    table = fetch(rfm_table(log.orders, moment))
    types = {"customer_id": "str"} | dict.fromkeys(table.columns[1:], "float64")
    return table.astype(types).sort_values("customer_id", ignore_index=True)


def rfm_table(orders: ir.Table, as_of: pd.Timestamp) -> ir.Table:
    """Build the query of `rfm_summary` without running it; orders need not be in sequence."""
    moment = as_of.to_pydatetime()
    known = orders.filter(orders.ordered_at < moment)
    if "known_to" in known.columns:  # only the version of an order that was known
        known = known.filter((known.known_from < moment) & (known.known_to.isnull() | (known.known_to >= moment)))
    known = known.filter(known.revenue >= 0)
    dated = known.mutate(day=known.ordered_at.date())  # numbers of days only once per customer: dates group faster
    people = _from_sequence(dated) if "opens_day" in dated.columns else _from_days(dated)
    end = (as_of - pd.Timedelta(microseconds=1)).normalize().timestamp() / SECONDS_PER_DAY
    frequency, first, last = people.days - 1.0, _number(people["first"]), _number(people["last"])
    return people.select(
        "customer_id",
        frequency=frequency,
        recency=last - first,
        T=end - first,
        monetary_value=ratio(people.later, frequency).coalesce(0.0).round(6),
    )


def _number(day: ir.DateValue) -> ir.FloatingValue:
    """Count days since 1970."""
    return whole_seconds(day.cast("timestamp(6)")) / SECONDS_PER_DAY


def _from_sequence(orders: ir.Table) -> ir.Table:
    return orders.group_by("customer_id").aggregate(
        first=orders.day.min(),
        last=orders.day.max(),
        days=ibis.ifelse(orders.opens_day, 1, None).count().cast("float64"),
        later=ibis.ifelse(orders.after_first_day, orders.revenue, 0.0).sum(),
    )


def _from_days(orders: ir.Table) -> ir.Table:
    """Sum the days first: orders that are not in sequence do not know which of them opens a day."""
    days = orders.group_by(["customer_id", "day"]).aggregate(spent=orders.revenue.sum())
    return days.group_by("customer_id").aggregate(
        first=days.day.min(),
        last=days.day.max(),
        days=days.count().cast("float64"),
        later=days.spent.sum() - days.spent.argmin(days.day),
    )
