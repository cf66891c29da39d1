# ruff: noqa: PD003  # Ibis has no isna
"""Earlier moments see earlier customers: what links later must not group the history that models learn from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import ibis.expr.types as ir
import pandas as pd

from tenure_features.identity.customer_map import CustomerMap, replace_ids
from tenure_features.reading.engine import drop, fetch
from tenure_features.tables.log import Accounts, OrderLog
from tenure_features.tables.order_figures import recount
from tenure_features.tables.orders import COLUMNS, STEPS, roll_up
from tenure_features.tables.shop_table import ShopTable

_numbers = itertools.count()


def is_known_at(log: OrderLog, moment: pd.Timestamp) -> bool:
    """Say whether the customers of a log are those known at a moment."""
    return log.accounts is None or log.accounts.customers.is_known_at(moment)


@contextmanager
def regroup_orders(log: OrderLog, moment: pd.Timestamp) -> Iterator[tuple[OrderLog, ir.Table | None]]:
    """Give orders in the customers known at a moment, for as long as they are needed, and the map by which they are.

    The map (``source_id, customer_id``) is None where these are the customers of the log.
    """
    accounts = log.accounts
    if accounts is None or is_known_at(log, moment):
        yield log, None
        return
    with _group(log, accounts, accounts.customers.at(moment)) as (grouped, customers):
        yield grouped, customers


@contextmanager
def count_over(log: OrderLog, origin: pd.Timestamp, end: pd.Timestamp) -> Iterator[OrderLog]:
    """Give a log in the customers of an origin, with what they turned out to buy by the end of a window."""
    accounts = log.accounts
    if accounts is None or is_known_at(log, origin):
        yield log
        return
    customers = accounts.customers.over(origin, end, ordered=_list_ordered(accounts.kept, origin))
    with _group(log, accounts, customers) as (grouped, _):
        yield grouped


@contextmanager
def table_known_at(table: ShopTable, moment: pd.Timestamp) -> Iterator[ShopTable]:
    """Give one table in the customers known at a moment."""
    customers = table.customers
    if customers is None or table.accounts is None or customers.is_known_at(moment):
        yield table
        return
    customer_ids = customers.at(moment).load_into(table.backend)
    try:
        yield table.group_by_map(customer_ids)
    finally:
        drop(table.backend, _name(customer_ids))


def regroup(log: OrderLog, accounts: Accounts) -> tuple[OrderLog, ir.Table]:
    """Give orders in the customers of other accounts for good, counted anew, and the map by which they are."""
    customer_ids = accounts.customers.load_into(log.backend)
    grouped = _roll_up(log, accounts, customer_ids, f"regrouped_{next(_numbers)}")
    readiness = recount(grouped.orders, log.readiness, as_of=log.as_of)
    regrouped_log = replace(grouped, readiness=readiness, accounts=accounts)
    vars(regrouped_log)["details"] = grouped.rows
    return regrouped_log, customer_ids


@contextmanager
def _group(log: OrderLog, accounts: Accounts, customers: CustomerMap) -> Iterator[tuple[OrderLog, ir.Table]]:
    customer_ids, name = customers.load_into(log.backend), f"regrouped_{next(_numbers)}"
    try:
        yield _roll_up(log, accounts, customer_ids, name), customer_ids
    finally:
        for step in (*(name + ending for ending in STEPS), _name(customer_ids)):
            drop(log.backend, step)


def _roll_up(log: OrderLog, accounts: Accounts, customer_ids: ir.Table, name: str) -> OrderLog:
    rows = replace_ids(accounts.kept, "customer_id", customer_ids)
    columns = [column for column in (*COLUMNS, "recorded_at") if column in rows.columns]
    named = rows.select(**{f"clean:{column}": rows[column] for column in columns})
    rolled = roll_up(named, lines=accounts.lines, returns=log.source.returns, backend=log.backend, name=name)
    grouped = replace(log, orders=rolled.orders, rows=rows, accounts=None)
    vars(grouped)["details"] = rows  # read once or twice: not worth keeping
    return grouped


def _name(table: ir.Table) -> str:
    return str(table.get_name()).rpartition(".")[2]


def _list_ordered(rows: ir.Table, origin: pd.Timestamp) -> list[str]:
    """List the ids with an order known before a moment."""
    moment = origin.to_pydatetime()
    earlier = rows.filter(rows.ordered_at < moment)
    if "recorded_at" in rows.columns:
        earlier = earlier.filter(earlier.recorded_at.isnull() | (earlier.recorded_at < moment))
    return list(fetch(earlier.select("customer_id").distinct())["customer_id"])
