"""Snapshots: the feature table at one or many origins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.days import Moment, origins_of
from tenure_features.families.calendar import Calendar, CalendarWindow
from tenure_features.families.catalogue import BUILT_IN, Catalogue
from tenure_features.families.feature import Feature
from tenure_features.frames import DECIMALS, sort_and_round
from tenure_features.history import KEYS, OrderHistory
from tenure_features.reading.engine import is_spark, reader
from tenure_features.reading.files import replacing
from tenure_features.shares import CUSTOMERS_AT_ONCE, Shares, can_be_shared, ranges, within
from tenure_features.shop import Shop
from tenure_features.table_history import POPULATION_COLUMNS
from tenure_features.tables.contracts import CALENDAR
from tenure_features.tables.log import OrderLog
from tenure_features.tables.regrouping import is_known_at

KEYS_FIRST = ("customer_id", "as_of")
PAIRS_AT_ONCE = 1_000_000
"""Orders times origins of one query. A larger query holds more customers in memory and is no faster; a smaller one
spends its time being planned."""
CUSTOMERS_BESIDE_TABLES = 1_000_000
"""Customers of one query that reads other tables beside the orders, each of them whole."""


def snapshots(
    shop: Shop,
    origins: Moment | Sequence[Moment],
    *,
    features: Iterable[str] | None = None,
    active_days: float | None = None,
    window_days: int | None = None,
    catalogue: Catalogue = BUILT_IN,
) -> pd.DataFrame:
    """Compute features of every customer of the population at each origin.

    Parameters
    ----------
    shop
        What is known (`tenure_features.open_shop`).
    origins
        Moments; only rows strictly before each are seen by its rows.
    features
        Names from the catalogue; everything that the tables of the shop can give when None.
    active_days
        Narrows the population to customers with an order in the last so many days.
    window_days
        Length of the window to predict: features of the calendar speak of its days. Without it, or without a calendar
        in the shop, there are none.
    catalogue
        What the names mean: the features of this package, and of a user's files where it was made with them.

    Returns
    -------
    DataFrame
        ``customer_id`` (str), ``as_of`` (datetime64[us]), then one float64 column per feature, missing as NaN;
        sorted by ``as_of``, ``customer_id``. Values are rounded to 6 decimals: sums of floats depend on how an engine
        splits its work, and the same log must give the same table.

    Raises
    ------
    UsageError
        If a feature is unknown, an origin cannot be read or lies after the moment the shop was opened for.
    DataContractError
        If a feature is asked for whose table or column is not given.
    """
    asked = _Asked.of(
        shop, origins, features=features, active_days=active_days, window_days=window_days, catalogue=catalogue
    )
    with closing(asked.parts()) as parts:
        return asked.complete(sort_and_round(parts, rows=shop.log.figures.customers * len(asked.origins)))


def write_snapshots(
    path: Path,
    shop: Shop,
    origins: Moment | Sequence[Moment],
    *,
    features: Iterable[str] | None = None,
    active_days: float | None = None,
    window_days: int | None = None,
    catalogue: Catalogue = BUILT_IN,
    beside: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> tuple[int, int]:
    """Write the table of `snapshots` to a Parquet file, some customers at a time, so that memory does not grow with it.

    The folder has to be there; a file of that name is replaced, and only once the new one is whole.

    Parameters
    ----------
    beside
        Adds columns to the rows of some customers, the same for every part; they are not counted as features.

    Returns
    -------
    (int, int)
        How many rows and how many features were written.
    """
    asked = _Asked.of(
        shop, origins, features=features, active_days=active_days, window_days=window_days, catalogue=catalogue
    )
    with closing(asked.parts()) as parts:
        tables = (asked.complete(sort_and_round([part])) for part in parts)
        whole = tables if beside is None else map(beside, tables)
        written = (pa.Table.from_pandas(table, preserve_index=False) for table in whole)
        first, rows = next(written), 0
        with replacing(path) as draft, pq.ParquetWriter(draft, first.schema) as writer:
            for table in chain([first], written):
                writer.write_table(table)
                rows += table.num_rows
    return rows, len(asked.features)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What snapshots were asked for: of which features, at which origins, of which shop."""

    shop: Shop
    origins: Sequence[pd.Timestamp]
    features: tuple[Feature, ...]
    active_days: float | None
    window_days: int | None

    @classmethod
    def of(
        cls,
        shop: Shop,
        origins: Moment | Sequence[Moment],
        *,
        features: Iterable[str] | None,
        active_days: float | None,
        window_days: int | None,
        catalogue: Catalogue,
    ) -> _Asked:
        """Refuse what cannot be computed; see `snapshots`."""
        moments = origins_of(origins)
        seen = replace(shop, calendar=None) if window_days is None else shop
        wanted = catalogue.available(seen.columns) if features is None else catalogue.select(features)
        seen.require(wanted)
        seen.require_reach(moments[-1])
        return cls(shop=seen, origins=moments, features=wanted, active_days=active_days, window_days=window_days)

    def parts(self) -> Generator[pa.RecordBatchReader]:
        """Compute the rows in their order, part by part; features of the calendar are not among their columns."""
        log = self.shop.log
        early = [origin for origin in self.origins if not is_known_at(log, origin)]
        for origin in early:  # it has customers of its own
            with self.shop.regroup_at(origin) as shop_then:
                yield from (reader(self._query(orders, [origin], shop_then)) for orders in _divide(shop_then.log))
        late = self.origins[len(early) :]
        if _is_large(log, CUSTOMERS_AT_ONCE) and all(feature.table == "orders" for feature in self._of_rows):
            shares = Shares(log.orders, log.backend, customers=CUSTOMERS_AT_ONCE)
            queries = [self._query(shares.orders, [origin]) for origin in late]
            if all(map(can_be_shared, queries)):
                yield from shares.reduce_all(queries)
                return
        size = max(1, PAIRS_AT_ONCE // max(1, log.figures.orders + log.figures.returns))
        for start in range(0, len(late), size):
            several = late[start : start + size]
            ranges_of_customers = _divide(log) if size == 1 else [log.orders]
            yield from (reader(self._query(orders, several)) for orders in ranges_of_customers)

    def complete(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the features of the calendar, and bring all into the order that was asked for."""
        dated = [feature for feature in self.features if feature.table == CALENDAR]
        if not dated or self.shop.calendar is None or self.window_days is None:
            return table
        beside = with_calendar(table, self.shop.calendar, dated, self.window_days)
        return beside[[*KEYS_FIRST, *(feature.name for feature in self.features)]]

    @property
    def _of_rows(self) -> list[Feature]:
        return [feature for feature in self.features if feature.table != CALENDAR]

    def _query(self, orders: ir.Table, origins: Sequence[pd.Timestamp], shop_then: Shop | None = None) -> ir.Table:
        shop = self.shop if shop_then is None else shop_then
        return snapshot_table(orders, origins, self._of_rows, active_days=self.active_days, shop=shop)


def with_calendar(table: pd.DataFrame, calendar: Calendar, features: Sequence[Feature], days: int) -> pd.DataFrame:
    """Add calendar features to snapshots: of the ``days`` days from each row's origin on."""
    values: dict[pd.Timestamp, list[float]] = {}
    for origin in table["as_of"].unique():
        window = CalendarWindow(calendar, pd.Timestamp(origin), days)
        values[origin] = [round(float(feature.build(window)), DECIMALS) for feature in features]
    columns = {
        feature.name: table["as_of"]
        .map({origin: by_origin[number] for origin, by_origin in values.items()})
        .astype("float64")
        for number, feature in enumerate(features)
    }
    others = table.drop(columns=[name for name in columns if name in table])
    return pd.concat([others, pd.DataFrame(columns, index=table.index)], axis=1)


def snapshot_table(
    orders: ir.Table,
    origins: Sequence[pd.Timestamp],
    features: Sequence[Feature],
    *,
    active_days: float | None = None,
    shop: Shop | None = None,
) -> ir.Table:
    """Build the query of `snapshots` without running it; ``shop`` is needed for features beyond the orders."""
    history = OrderHistory(orders, origins)
    of_orders = _values([feature for feature in features if feature.table == "orders"], history)
    beside = list(dict.fromkeys(feature.table for feature in features if feature.table != "orders"))
    if not beside or shop is None:
        return history.reduce(of_orders, active_days=active_days).select("customer_id", "as_of", *of_orders)
    table = history.reduce(of_orders | _own(history), active_days=active_days)
    population = table.select(*KEYS, *POPULATION_COLUMNS)
    for name in beside:
        side = shop.history(name, population, origins)
        values = side.reduce(_values([feature for feature in features if feature.table == name], side))
        table = table.join(values, KEYS)
    return table.select("customer_id", "as_of", *(feature.name for feature in features))


def _values(features: Sequence[Feature], history: object) -> dict[str, ir.Value]:
    return {feature.name: feature.build(history).cast("float64") for feature in features}


def _own(history: OrderHistory) -> dict[str, ir.Value]:
    """Reduce orders to what histories of other tables know of them, by the names of `POPULATION_COLUMNS`."""
    ages = history.age_days.min(where=history.is_order), history.age_days.max(where=history.is_order)
    money = history.total(history.is_order | history.is_return)
    return dict(zip(POPULATION_COLUMNS, (*ages, history.count(history.is_order), money), strict=True))


def _divide(log: OrderLog) -> Iterator[ir.Table]:
    """Give the orders of as many customers as one query may take, in the order of their ids."""
    if _is_large(log, CUSTOMERS_BESIDE_TABLES):
        yield from (within(log.orders, *ids) for ids in ranges(log.orders, log.backend, CUSTOMERS_BESIDE_TABLES))
    else:
        yield log.orders


def _is_large(log: OrderLog, customers: int) -> bool:
    return log.figures.customers > customers and not is_spark(log.backend)
