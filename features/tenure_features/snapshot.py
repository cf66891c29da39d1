"""Snapshots: the feature table at one or many origins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.calendar import Calendar, CalendarWindow
from tenure_features.days import Moment, origins_of
from tenure_features.engine import fetch, is_spark
from tenure_features.families import chosen
from tenure_features.frames import DECIMALS, framed
from tenure_features.given import Given
from tenure_features.history import KEYS, OrderHistory
from tenure_features.log import OrderLog
from tenure_features.registry import Feature
from tenure_features.regrouping import is_known_at, known_at
from tenure_features.side_history import POPULATION
from tenure_features.side_tables import SideTable
from tenure_features.tables import CALENDAR

KEYS_FIRST = ("customer_id", "as_of")
PAIRS_AT_ONCE = 1_000_000
"""Orders times origins of one query. A larger query holds more customers in memory and is no faster; a smaller one
spends its time being planned."""
CUSTOMERS_AT_ONCE = 1_000_000
"""Customers of one query of DuckDB: what it holds of more of them would have to be spilled."""


def snapshots(
    log: OrderLog,
    origins: Moment | Sequence[Moment],
    *,
    tables: Mapping[str, SideTable] | None = None,
    features: Iterable[str] | None = None,
    active_days: float | None = None,
    calendar: Calendar | None = None,
    window_days: int | None = None,
) -> pd.DataFrame:
    """Compute features of every customer of the population at each origin.

    Parameters
    ----------
    log
        An opened log.
    origins
        Moments; only rows strictly before each are seen by its rows.
    tables
        Tables opened beside the log, on its backend (`tenure_features.open_table`), by name.
    features
        Names from the catalogue; everything that the log and the tables can give when None.
    active_days
        Narrows the population to customers with an order in the last so many days.
    calendar, window_days
        What is known of coming days in advance, and the length of the window to predict: features of the calendar
        speak of the days of that window. Without both there are none.

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
    DataContractError
        If a feature is asked for whose table or column is not given.
    """
    moments = origins_of(origins)
    given = Given(log, tables or {}, None if window_days is None else calendar)
    wanted = given.available(chosen(None)) if features is None else chosen(features)
    given.require(wanted)
    given.check_reach(moments[-1])
    of_rows = [one for one in wanted if one.table != CALENDAR]
    queries = (
        snapshot_table(orders, several, of_rows, active_days=active_days, given=known)
        for several, known in _batches(given, moments)
        for orders in _shares(known.log, several)
    )
    table = framed(queries, rows=log.readiness.customers * len(moments))
    if given.calendar is None or window_days is None or len(of_rows) == len(wanted):
        return table
    beside = with_calendar(table, given.calendar, [one.name for one in wanted if one.table == CALENDAR], window_days)
    return beside[[*KEYS_FIRST, *(one.name for one in wanted)]]


def with_calendar(table: pd.DataFrame, calendar: Calendar, names: Sequence[str], days: int) -> pd.DataFrame:
    """Add calendar features to snapshots: of the ``days`` days from each row's origin on."""
    features = chosen(names)
    values = {}
    for origin in table["as_of"].unique():
        window = CalendarWindow(calendar, pd.Timestamp(origin), days)
        values[origin] = [round(float(one.build(window)), DECIMALS) for one in features]
    columns = {
        one.name: table["as_of"].map({origin: found[number] for origin, found in values.items()}).astype("float64")
        for number, one in enumerate(features)
    }
    kept = table.drop(columns=[name for name in columns if name in table])
    return pd.concat([kept, pd.DataFrame(columns, index=table.index)], axis=1)


def snapshot_table(
    orders: ir.Table,
    origins: Sequence[pd.Timestamp],
    features: Sequence[Feature],
    *,
    active_days: float | None = None,
    given: Given | None = None,
) -> ir.Table:
    """Build the query of `snapshots` without running it; ``given`` is needed for features beyond the orders."""
    history = OrderHistory(orders, origins)
    of_orders = _values([one for one in features if one.table == "orders"], history)
    beside = list(dict.fromkeys(one.table for one in features if one.table != "orders"))
    if not beside or given is None:
        return history.reduce(of_orders, active_days=active_days).select("customer_id", "as_of", *of_orders)
    table = history.reduce(of_orders | _own(history), active_days=active_days)
    population = table.select(*KEYS, *POPULATION)
    for name in beside:
        side = given.history(name, population, origins)
        values = side.reduce(_values([one for one in features if one.table == name], side))
        table = table.join(values, KEYS)
    return table.select("customer_id", "as_of", *(one.name for one in features))


def _values(features: Sequence[Feature], history: object) -> dict[str, ir.Value]:
    return {one.name: one.build(history).cast("float64") for one in features}


def _own(history: OrderHistory) -> dict[str, ir.Value]:
    """Reduce orders to what histories of other tables know of them, by the names of `POPULATION`."""
    ages = history.age_days.min(where=history.is_order), history.age_days.max(where=history.is_order)
    money = history.total(history.is_order | history.is_return)
    return dict(zip(POPULATION, (*ages, history.count(history.is_order), money), strict=True))


def _batches(given: Given, origins: Sequence[pd.Timestamp]) -> Iterator[tuple[Sequence[pd.Timestamp], Given]]:
    """Give origins that one query may take, with what was known then; those with customers of their own come alone."""
    early = [origin for origin in origins if not is_known_at(given.log, origin)]
    for origin in early:
        with known_at(given, origin) as known:
            yield [origin], known
    readiness, late = given.log.readiness, origins[len(early) :]
    size = max(1, PAIRS_AT_ONCE // max(1, readiness.orders + readiness.returns))
    for start in range(0, len(late), size):
        yield late[start : start + size], given


def _shares(log: OrderLog, origins: Sequence[pd.Timestamp]) -> Iterator[ir.Table]:
    """Give the orders of as many customers as one query may take, in the order of their ids."""
    if len(origins) > 1 or log.readiness.customers <= CUSTOMERS_AT_ONCE or is_spark(log.backend):
        yield log.orders
        return
    customers = log.orders.select("customer_id").distinct()
    numbered = customers.mutate(number=ibis.row_number().over(order_by="customer_id"))
    starts = fetch(numbered.filter((numbered.number > 0) & (numbered.number % CUSTOMERS_AT_ONCE == 0)))
    bounds = [None, *sorted(starts["customer_id"].astype("str")), None]
    for low, high in pairwise(bounds):
        orders = log.orders if low is None else log.orders.filter(log.orders.customer_id >= low)
        yield orders if high is None else orders.filter(orders.customer_id < high)
