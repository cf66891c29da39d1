"""An opened order log: clean orders in an engine, with the account of how they came about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity.customer_map import CustomerMap
from tenure_features.reading.databases import hide_password
from tenure_features.reading.engine import Engine, digest_table, is_row_failure, is_spark, keep
from tenure_features.reading.readers import RawTable
from tenure_features.reading.sources import OrderSource, read_table
from tenure_features.table_history import pair_known
from tenure_features.tables.cleaning import clean_rows
from tenure_features.tables.contracts import ORDERS
from tenure_features.tables.duplicates import deduplicate
from tenure_features.tables.guests import separate_guests
from tenure_features.tables.mapping import MappedTable, map_columns
from tenure_features.tables.moment import day_after_last_order
from tenure_features.tables.order_columns import select_order_columns
from tenure_features.tables.orders import roll_up, whole_orders
from tenure_features.tables.readiness import Readiness
from tenure_features.tables.readiness_figures import Stages, readiness_figures
from tenure_features.tables.schemas import LATEST

_ACCOUNT = "clean:account_id"
"""The id a row carried before it became a customer's."""

Customers = CustomerMap | Callable[[pd.Timestamp], CustomerMap]
"""Whose an id is; or what says so once the moment is decided."""


@dataclass(frozen=True)
class Accounts:
    """The rows behind a log by the ids they carry, and whose those are.

    Attributes
    ----------
    rows
        The query behind `kept`, not run yet; columns as in `OrderLog.details`.
    lines
        Whether some order has several rows.
    customers
        Whose an id is, at any moment.
    """

    rows: ir.Table = field(repr=False)
    lines: bool
    customers: CustomerMap
    backend: Any = field(repr=False, compare=False)

    @cached_property
    def kept(self) -> ir.Table:
        """The rows, kept in the backend once asked."""
        return keep(self.backend, "accounts", self.rows)


@dataclass(frozen=True)
class OrderLog:
    """Clean orders, and what is known about them. Made by `open_orders`.

    Attributes
    ----------
    orders
        Ibis table that `tenure_features.history.OrderHistory` reads.
    readiness
        The account of the log.
    as_of
        The moment it was opened for.
    source
        Where it came from.
    rows
        The query behind `details`, not run yet.
    lines
        Whether some order has several rows.
    accounts
        What earlier moments need whose map of customers was another (`tenure_features.tables.regrouping`);
        None where ids are customers at any time.
    """

    orders: ir.Table = field(repr=False)
    readiness: Readiness = field(repr=False)
    as_of: pd.Timestamp
    source: OrderSource
    backend: Any = field(repr=False, compare=False)
    rows: ir.Table = field(repr=False, compare=False)
    lines: bool = True
    accounts: Accounts | None = field(default=None, repr=False, compare=False)

    @cached_property
    def details(self) -> ir.Table:
        """The clean rows behind the orders, with the optional columns that are there; kept in the backend once asked.

        ``customer_id``, ``order_id``, ``ordered_at``, ``revenue``, and of ``cost``, ``discount``, ``channel``,
        ``device``, ``region`` and ``recorded_at`` those that the log has.
        """
        return keep(self.backend, "details", self.rows)

    @property
    def first_order_at(self) -> pd.Timestamp:
        """Moment of the first order."""
        return _require_moment(self.readiness.first_order_at)

    @property
    def last_order_at(self) -> pd.Timestamp:
        """Moment of the last order."""
        return _require_moment(self.readiness.last_order_at)

    @property
    def currency(self) -> str | None:
        """The currency, where the log has such a column."""
        return self.readiness.currency

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the clean orders, whatever the order of their rows: equal logs, equal fingerprints.

        Of one engine: DuckDB and Spark write moments and numbers as different texts.
        """
        names = [name for name in ("customer_id", "order_id", "ordered_at", "revenue") if name in self.orders.columns]
        text = "STRING" if is_spark(self.backend) else "VARCHAR"
        content = ", ".join(f"CAST({name} AS {text})" for name in names)
        content_digest = digest_table(self.backend, self.orders, f"concat_ws('|', {content})")
        return hashlib.sha256(repr(content_digest).encode()).hexdigest()


def open_orders(
    source: OrderSource,
    as_of: Moment | None = None,
    *,
    engine: Engine | None = None,
    customers: Customers | None = None,
) -> OrderLog:
    """Read, check, clean and roll up an order log.

    Parameters
    ----------
    source
        Where it is and how its columns map.
    as_of
        Only rows strictly before it are read; they alone decide how the log is cleaned. The day after the last order
        when None.
    engine
        Limits of the DuckDB it is opened on.
    customers
        Whose the ids of the log are, when it carries ids of accounts; with a timeline, snapshots and outcomes at an
        earlier origin are those of the customers known then.

    Raises
    ------
    UsageError
        If every order lies at or after ``as_of``.
    DataContractError
        If the log cannot be read or breaks the contract, with every breach in one message.
    """
    log = _open(source, as_of, engine, customers, decide=True)
    readiness = log.readiness
    if readiness.broken and as_of is not None and readiness.rows_after_as_of and not readiness.rows_used:
        raise UsageError(
            f"No order lies before {log.as_of:%Y-%m-%d}, so there is nothing to learn from.",
            found=f"{readiness.rows_after_as_of:,} rows at or after it",
            fix="Choose a later --as-of.",
        )
    if readiness.broken:
        breaches = readiness.broken
        raise DataContractError(
            f"{hide_password(source.uri)} breaks the contract of orders: {' '.join(breaches)}",
            fix="Run 'tenure check' on it for the whole account.",
        )
    return log


def default_as_of(source: OrderSource, *, engine: Engine | None = None) -> pd.Timestamp:
    """Find the day after the last order of a log.

    Raises
    ------
    DataContractError
        If the log cannot be read, or holds no order.
    """
    backend = (engine or Engine()).connect()
    mapped = _map(read_table(source.uri, backend), source, backend)
    return _require_moment(day_after_last_order(mapped))


def orders_known(log: OrderLog, origins: Sequence[pd.Timestamp]) -> ir.Table:
    """Query the orders of a log as they are known at each origin (``as_of``); see `tenure_features.orders`."""
    lines = pair_known(log.details, origins, when="ordered_at")
    return whole_orders(lines, returns=log.source.returns, several=log.lines, by=["as_of"])


def check(
    source: OrderSource,
    as_of: Moment | None = None,
    *,
    engine: Engine | None = None,
    customers: Customers | None = None,
) -> Readiness:
    """Give the account of an order log, broken or not; of all its rows where no moment is named.

    Raises
    ------
    DataContractError
        If there is no table to give an account of: no such file, not what its suffix says, a required column missing.
    """
    return _open(source, as_of, engine, customers).readiness


def _open(
    source: OrderSource,
    as_of: Moment | None,
    engine: Engine | None,
    customers: Customers | None,
    *,
    decide: bool = False,
) -> OrderLog:
    moment = None if as_of is None else utc_naive(as_of)
    backend = (engine or Engine()).connect()
    raw = read_table(source.uri, backend)
    try:
        mapped = _map(raw, source, backend)
        if moment is None and decide:
            moment = day_after_last_order(mapped)
        rows = clean_rows(mapped, as_of=moment)
        customers = _known_customers(customers, mapped, moment)
        if customers is not None:
            table = rows.table.mutate({_ACCOUNT: rows.table["clean:customer_id"]})
            rows = replace(rows, table=customers.apply(table, "clean:customer_id", backend=backend))
        unique = deduplicate(
            rows.table, mapped.source_columns, dates_only=rows.dates_only, has_order_id="order_id" in mapped.columns
        )
        rolled = roll_up(unique.table, lines=unique.lines, returns=source.returns, backend=backend)
    except Exception as problem:
        if not is_row_failure(problem):
            raise
        raise DataContractError(
            f"{hide_password(source.uri)} cannot be cleaned: an expression of the column mapping fails on some row.",
            found=str(problem).split("\n")[0],
            fix="Change the expression so that it holds for every row.",
        ) from problem
    readiness = readiness_figures(Stages(source, moment, raw, mapped, rows, unique, rolled.orders, rolled.dropped))
    accounts = None
    if customers is not None and customers.timeline is not None:
        by_account = unique.table.mutate({"clean:customer_id": unique.table[_ACCOUNT]})
        accounts = Accounts(select_order_columns(by_account, mapped), unique.lines, customers, backend)
    opened_at = pd.Timestamp(LATEST) if moment is None else moment
    details = select_order_columns(unique.table, mapped)
    return OrderLog(rolled.orders, readiness, opened_at, source, backend, details, unique.lines, accounts)


def _map(raw: RawTable, source: OrderSource, backend: Any) -> MappedTable:  # noqa: ANN401
    return separate_guests(map_columns(raw.table, source.columns, contract=ORDERS, backend=backend))


def _known_customers(
    customers: Customers | None, mapped: MappedTable, moment: pd.Timestamp | None
) -> CustomerMap | None:
    if not callable(customers):
        return customers
    moment = day_after_last_order(mapped) if moment is None else moment
    return None if moment is None else customers(moment)


def _require_moment(moment: pd.Timestamp | None) -> pd.Timestamp:
    if moment is None:
        raise DataContractError("The log holds no order.", fix="Run 'tenure check' on it for the whole account.")
    return moment
