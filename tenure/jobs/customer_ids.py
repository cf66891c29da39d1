"""From source ids to customers: what linking changed, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tenure_features import OrderLog, Shop
from tenure_features.identities import orders_by_account
from tenure_features.identity import Resolution
from tenure_features.identity.state import APART_FILE, HISTORY_FILE, MAP_FILE
from tenure_features.reading.engine import fetch
from tenure_features.tables.orders import final

GUARD_FILE = "identity_guards.parquet"
IDENTITY_FILES = (MAP_FILE, HISTORY_FILE, APART_FILE, GUARD_FILE)
"""What an identity run leaves in its folder."""


def identity_notes(shop: Shop) -> tuple[str, ...]:
    """Say how many ids became how many customers; nothing where they were read as they are."""
    if shop.log.accounts is None:
        return ()
    before, after = len(orders_by_account(shop.log.accounts)), shop.log.figures.customers
    return (f"{before:,} source ids with orders are {after:,} customers, by the identifiers they share.",)


def identity_files(shop: Shop) -> tuple[str, ...]:
    """Name the files that `write_identities` leaves."""
    return () if shop.identities is None else IDENTITY_FILES


def write_identities(shop: Shop, folder: Path) -> tuple[Path, ...]:
    """Write ``identity_map.parquet`` and what belongs to it; nothing where ids were read as they are."""
    if shop.identities is None:
        return ()
    return (*shop.identities.state.write(folder), write_guards(shop.identities.resolution, folder))


def write_guards(resolution: Resolution, folder: Path) -> Path:
    """Write what is shared and did not link."""
    path = folder / GUARD_FILE
    columns: dict[str, Any] = {"guard": "str", "kind": "str", "value": "str", "source_ids": "int64"}
    resolution.guarded.astype(columns).to_parquet(path, index=False)
    return path


def effects(shop: Shop) -> pd.DataFrame:
    """Set source ids beside customers: how many, how often they order, how many ordered once.

    Returns
    -------
    DataFrame
        Rows ``customers``, ``orders_per_customer``, ``one_time_share``; columns ``figure``, ``before`` (each source id
        taken for a customer) and ``after``; empty where ids were read as they are.
    """
    if shop.log.accounts is None:
        return pd.DataFrame(columns=["figure", "before", "after"])
    before, after = _figures(orders_by_account(shop.log.accounts)), _figures(orders_by_customer(shop.log))
    return pd.DataFrame({"figure": list(before), "before": list(before.values()), "after": list(after.values())})


def _figures(orders: pd.Series[int]) -> dict[str, float]:
    customers = max(len(orders), 1)
    return {
        "customers": float(len(orders)),
        "orders_per_customer": float(orders.sum()) / customers,
        "one_time_share": round(int((orders == 1).sum()) / customers, 6),
    }


def orders_by_customer(log: OrderLog) -> pd.Series[int]:
    """Count the orders of everybody in a log, by customer id."""
    orders = final(log.orders)
    sold = orders.filter(orders.revenue >= 0)
    counted = fetch(sold.group_by("customer_id").aggregate(orders=sold.count()).order_by("customer_id"))
    series: pd.Series[int] = counted.set_index("customer_id")["orders"].astype("int64")
    return series
