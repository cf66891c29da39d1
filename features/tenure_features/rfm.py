# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""The four columns that CLV packages ask for, straight from a log: frequency, recency, T, monetary value."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.families.arithmetic import ratio
from tenure_features.reading.engine import Engine, fetch, many_groups, spoken_by, with_many_groups
from tenure_features.reading.sources import OrderSource, read_table
from tenure_features.shop import Shop
from tenure_features.tables.contracts import ORDERS
from tenure_features.tables.mapping import map_columns
from tenure_features.tables.parsing import as_number, as_time


def rfm_summary(orders: Shop | OrderSource, as_of: Moment, *, engine: Engine | None = None) -> pd.DataFrame:
    """Summarise every customer in whole days, as ``lifetimes`` and ``pymc-marketing`` do.

    Parameters
    ----------
    orders
        An opened shop; or where a log lies, to read its rows as those packages do: as they are, each an order of its
        own (nothing is checked or repaired, ids stay as they are written, and text dates have to be ISO 8601).
    as_of
        Only rows strictly before it are read; the observation ends on the day before its day.
    engine
        Where a log that is not opened is read.

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
        If ``as_of`` lies after the moment the shop was opened for.
    DataContractError
        If a log that is not opened cannot be read, or a required column is missing.

    Notes
    -----
    Fader, Hardie and Lee (2005), "RFM and CLV", with days as periods.
    """
    moment = utc_naive(as_of)
    if isinstance(orders, OrderSource):
        rows = _rows(orders, engine or Engine())
    else:
        orders.require_reach(moment)
        rows = orders.log.orders
    with many_groups(rows.get_backend()):  # nearly every order is alone on its day
        table = fetch(rfm_table(rows, moment).order_by("customer_id"))
    return table.astype({"customer_id": "str"} | dict.fromkeys(table.columns[1:], "float64"))


def _rows(source: OrderSource, engine: Engine) -> ir.Table:
    backend = with_many_groups(engine).connect()
    raw = read_table(source.uri, backend).table
    mapped = map_columns(raw, source.columns, contract=ORDERS, backend=backend)
    customer, moment, revenue = (mapped.table[mapped.columns[name]] for name in ORDERS.required)
    rows = mapped.table.select(
        customer_id=customer.cast("string"), ordered_at=as_time(moment), revenue=as_number(revenue)
    )
    return rows.filter(rows.customer_id.notnull() & (rows.revenue <= float("inf")))  # what is no number exceeds it


@ibis.udf.agg.builtin(name="arg_min")
def _arg_min(value: float, day: date) -> float: ...  # type: ignore[empty-body]


def rfm_table(orders: ir.Table, as_of: pd.Timestamp) -> ir.Table:
    """Build the query of `rfm_summary` without running it; orders need not be in sequence."""
    moment = as_of.to_pydatetime()
    earlier = orders.filter(orders.ordered_at < moment)
    if "known_to" in earlier.columns:  # only the version of an order that was known
        earlier = earlier.filter(
            (earlier.known_from < moment) & (earlier.known_to.isnull() | (earlier.known_to >= moment))
        )
    earlier = earlier.filter(earlier.revenue >= 0)
    dated = earlier.mutate(day=earlier.ordered_at.date())  # numbers of days only once per customer: dates group faster
    people = _from_sequence(dated) if "opens_day" in dated.columns else _from_days(dated)
    end = ibis.literal((as_of - pd.Timedelta(microseconds=1)).date())
    frequency = people.days - 1.0
    return people.select(
        "customer_id",
        frequency=frequency,
        recency=people["last"].delta(people["first"], unit="day").cast("float64"),
        T=end.delta(people["first"], unit="day").cast("float64"),
        monetary_value=ratio(people.later, frequency).coalesce(0.0).round(6),
    )


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
    # Ibis would let DuckDB sort the days of each customer to find the first.
    at_first = _arg_min(days.spent, days.day) if spoken_by(days) == "duckdb" else days.spent.argmin(days.day)
    return days.group_by("customer_id").aggregate(
        first=days.day.min(),
        last=days.day.max(),
        days=days.count().cast("float64"),
        later=days.spent.sum() - at_first,
    )
