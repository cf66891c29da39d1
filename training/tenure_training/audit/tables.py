"""The tables a training reads, as plain frames that a check may doctor, and the way back to a log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from tenure_features import OrderLog, OrderSource, Shop
from tenure_features.reading.engine import fetch
from tenure_features.reading.sources import ReturnsPolicy, TableSource
from tenure_features.shop import open_sources
from tenure_features.tables.contracts import TABLES
from tenure_features.tables.shop_table import ShopTable
from tenure_training.frame import Frames

Tables = Mapping[str, pd.DataFrame]
"""Rows by table name, with the columns of the contracts; ``orders`` is always there."""

BuildFrames = Callable[[Tables], Frames]
"""Builds snapshots and labels from tables: what is audited. It reads every row it is given, late ones too."""


def sample_customers(customers: Sequence[str], *, most: int) -> list[str]:
    """Choose at most so many customers by a hash of their id: the same ones every time, whatever their order.

    Examples
    --------
    >>> sample_customers(["b", "a", "c"], most=2) == sample_customers(["c", "b", "a"], most=2)
    True
    """
    distinct = sorted(set(customers), key=lambda customer: hashlib.sha256(customer.encode()).digest())
    return sorted(distinct[:most])


def order_lines(log: OrderLog, customers: Sequence[str]) -> pd.DataFrame:
    """Fetch the clean rows behind the orders of some customers.

    Parameters
    ----------
    log
        An opened log.
    customers
        Whose rows.

    Returns
    -------
    DataFrame
        ``customer_id``, ``order_id`` (made up where the log has none), ``ordered_at`` (datetime64[us]), ``revenue`` and
        the optional columns that are there, sorted by time and customer.
    """
    rows = fetch(log.rows.filter(log.rows.customer_id.isin(list(customers))))
    rows = rows.sort_values(["ordered_at", "customer_id", "revenue"], ignore_index=True)
    numbered = pd.Series([f"audit-{number}" for number in range(len(rows))], index=rows.index)
    order_ids = rows["order_id"].astype(object) if "order_id" in rows else numbered
    return rows.assign(order_id=order_ids.where(order_ids.notna(), numbered)).astype({"ordered_at": "datetime64[us]"})


def find_time_column(table: str, rows: pd.DataFrame) -> str | None:
    """Name the column that says when a row of a table happened, or else was recorded; None where the rows do not say.

    Examples
    --------
    >>> orders, lines = pd.DataFrame(columns=["ordered_at"]), pd.DataFrame()
    >>> find_time_column("orders", orders), find_time_column("order_lines", lines)
    ('ordered_at', None)
    """
    return next((name for name in (TABLES[table].dated_by, "recorded_at") if name in rows), None)


def table_rows(table: ShopTable, orders: pd.DataFrame) -> pd.DataFrame | None:
    """Fetch the rows of a table beside the orders that are about the customers of some orders, or about the orders.

    None where the table names neither.
    """
    key = next((name for name in ("customer_id", "order_id") if name in table.rows.columns), None)
    if key is None:
        return None
    return fetch(table.rows.filter(table.rows[key].isin(orders[key].astype(str).unique().tolist())))


def reopen(tables: Tables, folder: Path, *, until: pd.Timestamp, returns: ReturnsPolicy) -> Shop:
    """Write tables into a folder and open them like any others, with every row before a moment.

    ``returns`` is the policy of the shop that the rows are of: they are lines as they arrived, before any policy.
    """
    paths = {name: folder / f"{name}.parquet" for name in tables}
    for name, rows in tables.items():
        rows.to_parquet(paths[name], index=False)
    beside = {name: TableSource(path) for name, path in paths.items() if name != "orders"}
    # who bought was settled when the shop was opened; in a sample of it one customer easily has a large share
    orders = OrderSource(paths["orders"], returns=returns, trust_customers=True)
    return open_sources(orders, beside, as_of=until)
