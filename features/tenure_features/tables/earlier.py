# ruff: noqa: PD003  # Ibis has no isna
"""Opened tables as they would have been opened at an earlier moment, without being read again."""

from __future__ import annotations

import itertools
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import define, without_warnings
from tenure_features.tables.log import OrderLog
from tenure_features.tables.order_figures import recount
from tenure_features.tables.shop_table import ShopTable

_numbers = itertools.count()


def log_at(log: OrderLog, moment: pd.Timestamp) -> OrderLog:
    """Give the orders known strictly before a moment; rows read and set aside stay those of the opening."""
    at = moment.to_pydatetime()
    orders = log.orders.filter(log.orders[_known_column(log.orders)] < at)
    ahead = "known_to" if "known_to" in orders.columns else "next_ordered_at"
    orders = orders.mutate({ahead: ibis.ifelse(orders[ahead] < at, orders[ahead], None)})
    orders = _register(log, orders)
    accounts = log.accounts
    if accounts is not None:
        accounts = replace(
            accounts, rows=rows_at(accounts.rows, moment, when="ordered_at"), customers=accounts.customers.until(moment)
        )
    earlier = replace(
        log,
        orders=orders,
        readiness=recount(orders, log.readiness, as_of=moment),
        as_of=moment,
        rows=rows_at(log.rows, moment, when="ordered_at"),
        accounts=accounts,
    )
    vars(earlier)["details"] = earlier.rows  # the name they are kept under is taken
    if earlier.accounts is not None:
        vars(earlier.accounts)["kept"] = earlier.accounts.rows
    return earlier


def table_at(table: ShopTable, moment: pd.Timestamp) -> ShopTable:
    """Give the rows of a table beside the orders that were known strictly before a moment."""
    dated = table.contract.dated_by
    accounts = None if table.accounts is None else rows_at(table.accounts, moment, when=dated)
    customers = None if table.customers is None else table.customers.until(moment)
    rows = _register(table, rows_at(table.rows, moment, when=dated))
    return replace(table, rows=rows, as_of=moment, accounts=accounts, customers=customers)


def rows_at(rows: ir.Table, moment: pd.Timestamp, *, when: str | None) -> ir.Table:
    """Keep rows that happened, and were recorded, strictly before a moment, or do not say when."""
    for name in (when, "recorded_at"):
        if name in rows.columns:
            rows = rows.filter(rows[name].isnull() | (rows[name] < moment.to_pydatetime()))
    return rows


def _known_column(orders: ir.Table) -> str:
    return "known_from" if "known_from" in orders.columns else "ordered_at"


def _register(opened: OrderLog | ShopTable, rows: ir.Table) -> ir.Table:
    with without_warnings():
        return define(opened.backend, f"earlier_{next(_numbers)}", opened.backend.compile(rows))
