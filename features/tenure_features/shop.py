"""A shop: everything known at one moment, opened once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.calendar import Calendar
from tenure_features.families.feature import Feature
from tenure_features.histories import BESIDE, ORDER_DETAILS, History, LineHistory, OrderDetails
from tenure_features.html_view import render_view
from tenure_features.identities import IDENTIFIER_TABLE, Identities, Linking, find_identities, identifiers_of
from tenure_features.identity.customer_map import CustomerMap
from tenure_features.reading.engine import Engine
from tenure_features.reading.memory import Frame, TablePlace
from tenure_features.reading.sources import OrderSource, TableSource
from tenure_features.tables.contracts import CALENDAR
from tenure_features.tables.earlier import log_at, table_at
from tenure_features.tables.log import OrderLog, open_orders, orders_known
from tenure_features.tables.moment import moment_note
from tenure_features.tables.order_columns import OPTIONAL
from tenure_features.tables.orders import whole_orders
from tenure_features.tables.regrouping import regroup, regroup_orders
from tenure_features.tables.shop_table import ShopTable, open_table

type TableInput = Frame | TablePlace | TableSource
"""A table beside the orders: a pandas or Arrow table, a file, a glob or a URI, or one of these with its mapping."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The orders and everything beside them, as known at one moment. Made by `open_shop`.

    Attributes
    ----------
    log
        The orders.
    tables
        Opened beside them, by name; those that no feature reads (spend, assignments, identifiers) do no harm.
    calendar
        What is known of days in advance; None without one.
    identities
        How the ids of the tables became customers; None where they were read as they are.
    currency
        Of every amount: that of the orders, else the one that was named; None where neither says.
    notes
        What a reader must know of how the moment was chosen.
    """

    log: OrderLog
    tables: Mapping[str, ShopTable] = field(default_factory=dict)
    calendar: Calendar | None = None
    identities: Identities | None = None
    currency: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def as_of(self) -> pd.Timestamp:
        """The moment: only rows strictly before it were read."""
        return self.log.as_of

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that was read, whatever the order of its rows; that of the orders where they are alone.

        Of one engine: DuckDB and Spark write moments and numbers as different texts.
        """
        if not self.tables:
            return self.log.fingerprint
        prints = [self.log.fingerprint, *(f"{name}:{table.fingerprint}" for name, table in sorted(self.tables.items()))]
        return hashlib.sha256("|".join(prints).encode()).hexdigest()

    def _repr_html_(self) -> str:
        """Show the moment, the account of the orders and the tables beside them in a notebook."""
        orders = self.log.readiness.to_dict()
        used = ("rows_read", "rows_used", "customers", "orders", "returns")
        return render_view(
            f"A shop as of {self.as_of:%Y-%m-%d}",
            facts={
                **{name.replace("_", " "): orders.get(name) for name in used},
                "currency": self.currency,
                "tables": ", ".join(sorted(self.tables)),
            },
            notes=self.notes,
        )

    @property
    def columns(self) -> dict[str, frozenset[str]]:
        """Columns there are, by the table a feature names; a table that cannot be used is absent."""
        by_table = {name: frozenset(table.rows.columns) for name, table in self.tables.items()}
        if "order_id" not in self.log.readiness.columns:
            by_table.pop("order_lines", None)  # lines are dated by their order
        details = frozenset(self.log.rows.columns) & frozenset(OPTIONAL)
        if self.calendar is not None:
            by_table[CALENDAR] = frozenset(self.calendar.columns)
        return {"orders": frozenset(), **({"order_details": details} if details else {}), **by_table}

    def require(self, features: Sequence[Feature]) -> None:
        """Refuse features that cannot be computed.

        Raises
        ------
        DataContractError
            Naming the tables and columns that are missing.
        """
        lacking: dict[str, list[str]] = {}
        columns = self.columns
        for feature in features:
            if feature.table not in columns:
                lacking.setdefault(_place(feature.table), []).append(feature.name)
            for column in sorted(set(feature.columns) - columns.get(feature.table, frozenset(feature.columns))):
                lacking.setdefault(f"{_place(feature.table)}.{column}", []).append(feature.name)
        if lacking:
            missing = "; ".join(f"{place} (for {_some(names)})" for place, names in lacking.items())
            raise DataContractError(
                "Features are asked for whose tables or columns are not given.",
                found=f"missing: {missing}",
                fix="Name the tables under [tables.*] in tenure.toml, or train a model without them.",
            )

    def require_reach(self, last: pd.Timestamp) -> None:
        """Refuse an origin after the moment of the shop.

        Raises
        ------
        UsageError
            Naming both.
        """
        if last > self.as_of:
            raise UsageError(
                "An origin lies after the moment the shop was opened for.",
                found=f"origin {last}, shop opened with as_of {self.as_of}",
                fix="Open the shop with a later as_of.",
            )

    def history(self, table: str, population: ir.Table, origins: Sequence[pd.Timestamp]) -> History:
        """Build the history of one table at several origins, for the customers of a population."""
        if table == ORDER_DETAILS:
            return OrderDetails(population, orders_known(self.log, origins))
        rows = self.tables[table].rows
        if table == "order_lines":
            return LineHistory(population, rows, orders_known(self.log, origins), origins)
        return BESIDE[table](population, rows, origins)

    def known_at(self, moment: Moment) -> Shop:
        """Give the same shop as it was known at an earlier moment, without reading anything again.

        Columns are read as they were at the opening; rows, orders, customers and figures are those of the moment.

        Raises
        ------
        UsageError
            If the moment lies after that of the shop.
        """
        at = utc_naive(moment)
        self.require_reach(at)
        if at == self.as_of:
            return self
        customers = None
        log = log_at(self.log, at)
        tables = {name: table_at(table, at) for name, table in self.tables.items()}
        accounts = self.log.accounts
        if accounts is not None and log.accounts is not None and not accounts.customers.is_known_at(at):
            log, customers = regroup(log, log.accounts)
            tables = {name: table.group_by_map(customers) for name, table in tables.items()}
        return replace(self, log=log, tables=tables, notes=())

    @contextmanager
    def regroup_at(self, moment: pd.Timestamp) -> Iterator[Shop]:
        """Give the shop in the customers known at an earlier moment, for as long as it is needed."""
        with regroup_orders(self.log, moment) as (log, customers):
            yield (
                self
                if customers is None
                else replace(
                    self, log=log, tables={name: table.group_by_map(customers) for name, table in self.tables.items()}
                )
            )

    def idle_until(self, moment: pd.Timestamp) -> Shop:
        """Give the shop of a later moment in which nothing has happened since."""
        log = replace(self.log, as_of=moment)
        vars(log)["details"] = self.log.details  # they lie in the backend once, under one name
        return replace(
            self, log=log, tables={name: replace(table, as_of=moment) for name, table in self.tables.items()}
        )


def orders(shop: Shop | OrderLog, *, at: Moment | None = None) -> ir.Table:
    """Query the orders of a shop as they are known at a moment: the one meaning of an order.

    Parameters
    ----------
    shop
        An opened shop, or its order log alone.
    at
        Only rows known strictly before it are read. All that the shop was opened with when None.

    Returns
    -------
    Table
        One row per order, lines rolled up and the returns policy applied by the rules of
        `tenure_features.tables.orders`: ``customer_id``, ``order_id`` (missing where there is none), ``ordered_at``,
        ``revenue`` (negative on returns) and of ``cost``, ``discount``, ``channel``, ``device`` and ``region`` those
        that the shop has. Not run yet.
    """
    log = shop.log if isinstance(shop, Shop) else shop
    if at is not None:
        return orders_known(log, [utc_naive(at)]).drop("as_of")
    return whole_orders(log.details, returns=log.source.returns, several=log.lines)


def open_shop(
    orders: Frame | TablePlace | OrderSource,
    as_of: Moment | None = None,
    *,
    order_lines: TableInput | None = None,
    events: TableInput | None = None,
    customers: TableInput | None = None,
    feedback: TableInput | None = None,
    service_costs: TableInput | None = None,
    spend: TableInput | None = None,
    assignments: TableInput | None = None,
    identifiers: TableInput | None = None,
    identity: Linking | None = None,
    calendar: Calendar | None = None,
    currency: str | None = None,
    engine: Engine | None = None,
) -> Shop:
    """Decide the moment, then open the orders and every table beside them once, at that moment.

    Parameters
    ----------
    orders
        A pandas or Arrow table, a file, a glob or a URI; with a mapping of columns or a returns policy, an
        `OrderSource` of it.
    as_of
        Only rows strictly before it are read. The day after the last order when None; `Shop.notes` say so.
    order_lines, events, customers, feedback, service_costs, spend, assignments
        The tables beside the orders there are (`tenure_features.tables.contracts.TABLES`); with a mapping of columns,
        a `TableSource` of each.
    identifiers, identity
        What ids have in common, and how that links them: the ids of every table become customers. Ids are read as they
        are without ``identity``.
    calendar
        What is known of days in advance.
    currency
        Of every amount, where the orders have no such column.
    engine
        Where everything is read, and its limits there.

    Raises
    ------
    UsageError
        When every order lies at or after ``as_of``.
    DataContractError
        When a table cannot be read or breaks its contract, with every breach in one message.

    Examples
    --------
    >>> rows = {"customer_id": ["a", "b"], "ordered_at": ["2024-01-01", "2024-01-02"], "revenue": [10.0, 20.0]}
    >>> shop = open_shop(pd.DataFrame(rows))
    >>> shop.as_of, len(shop.notes)
    (Timestamp('2024-01-03 00:00:00'), 1)
    """
    sources = {
        "order_lines": order_lines, "events": events, "customers": customers, "feedback": feedback,
        "service_costs": service_costs, "spend": spend, "assignments": assignments, "identifiers": identifiers,
    }  # fmt: skip
    return open_sources(
        orders if isinstance(orders, OrderSource) else OrderSource(orders),
        {name: _source(table) for name, table in sources.items() if table is not None},
        as_of=as_of,
        identity=identity,
        calendar=calendar,
        currency=currency,
        engine=engine,
    )


def open_sources(
    orders: OrderSource,
    tables: Mapping[str, TableSource],
    *,
    as_of: Moment | None,
    identity: Linking | None = None,
    calendar: Calendar | None = None,
    currency: str | None = None,
    engine: Engine | None = None,
) -> Shop:
    """Open a shop from its tables by name; see `open_shop`."""
    resolved: list[Identities] = []

    def customers_at(moment: pd.Timestamp) -> CustomerMap:
        backend = (engine or Engine()).connect()  # of their own: identifiers are linked before the orders are cleaned
        table = open_table(IDENTIFIER_TABLE, identifiers_of(tables), as_of=moment, backend=backend)
        resolved.append(find_identities(table, identity or Linking(), as_of=moment))
        return resolved[0].customers

    log = open_orders(orders, as_of, engine=engine, customers=None if identity is None else customers_at)
    identities = resolved[0] if resolved else None
    beside = {
        name: open_table(
            name, table, as_of=log.as_of, backend=log.backend, customers=identities.customers if identities else None
        )
        for name, table in tables.items()
        if name != IDENTIFIER_TABLE
    }
    notes = () if as_of is not None else (moment_note(log.as_of),)
    return Shop(
        log=log,
        tables=beside,
        calendar=calendar,
        identities=identities,
        currency=log.currency or currency,
        notes=notes,
    )


def _source(table: TableInput) -> TableSource:
    return table if isinstance(table, TableSource) else TableSource(table)


def _place(table: str) -> str:
    return "orders" if table == ORDER_DETAILS else table


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
