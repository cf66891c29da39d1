"""An opened order log: clean orders in an engine, with the account of how they came about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity.customer_map import CustomerMap
from tenure_features.reading.engine import Engine, digest_table, is_spark, keep
from tenure_features.reading.sources import OrderSource
from tenure_features.table_history import pair_known
from tenure_features.tables.contracts import ORDERS
from tenure_features.tables.moment import day_after_last_order
from tenure_features.tables.opening import Customers, explain_failures, open_stages, read_mapped, require_ready
from tenure_features.tables.order_columns import select_order_columns
from tenure_features.tables.order_figures import order_readiness
from tenure_features.tables.orders import roll_up, whole_orders
from tenure_features.tables.readiness import OrderFigures, Readiness
from tenure_features.tables.schemas import LATEST


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


@dataclass(frozen=True, kw_only=True)
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
    def figures(self) -> OrderFigures:
        """What the log holds: customers, orders, money."""
        if self.readiness.figures is None:
            raise TypeError("An order log is opened by open_orders, which counts its orders.")
        return self.readiness.figures

    @property
    def first_order_at(self) -> pd.Timestamp:
        """Moment of the first order."""
        return _require_moment(self.readiness.first_at)

    @property
    def last_order_at(self) -> pd.Timestamp:
        """Moment of the last order."""
        return _require_moment(self.readiness.last_at)

    @property
    def currency(self) -> str | None:
        """The currency, where the log has such a column."""
        return self.figures.currency

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
    require_ready(readiness)
    return log


def default_as_of(source: OrderSource, *, engine: Engine | None = None) -> pd.Timestamp:
    """Find the day after the last order of a log.

    Raises
    ------
    DataContractError
        If the log cannot be read, or holds no order.
    """
    backend = (engine or Engine()).connect()
    _, mapped = read_mapped(ORDERS, source, backend=backend)
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
    backend = (engine or Engine()).connect()
    stages = open_stages(
        ORDERS,
        source,
        as_of=None if as_of is None else utc_naive(as_of),
        backend=backend,
        customers=customers,
        decide=decide,
    )
    unique = stages.unique
    with explain_failures(source):
        rolled = roll_up(unique.table, lines=unique.lines, returns=source.returns, backend=backend)
    accounts = None
    if stages.customers is not None and (by_account := stages.by_account) is not None:
        accounts = Accounts(select_order_columns(by_account), unique.lines, stages.customers, backend)
    return OrderLog(
        orders=rolled.orders,
        readiness=order_readiness(stages, rolled, source),
        as_of=pd.Timestamp(LATEST) if stages.as_of is None else stages.as_of,
        source=source,
        backend=backend,
        rows=select_order_columns(unique.table),
        lines=unique.lines,
        accounts=accounts,
    )


def _require_moment(moment: pd.Timestamp | None) -> pd.Timestamp:
    if moment is None:
        raise DataContractError("The log holds no order.", fix="Run 'tenure check' on it for the whole account.")
    return moment
