"""From source ids to customers: what linking changed, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure.jobs.opening import engine_of, linking_of, order_source, table_source
from tenure_features import OrderLog, Shop, check
from tenure_features.identities import find_identities, identifiers_of, orders_by_account
from tenure_features.identity import Resolution
from tenure_features.identity.customer_map import CustomerMap
from tenure_features.identity.state import APART_FILE, HISTORY_FILE, MAP_FILE
from tenure_features.reading.engine import fetch
from tenure_features.tables.orders import final
from tenure_features.tables.readiness import Readiness

GUARD_FILE = "identity_guards.parquet"
IDENTITY_FILES = (MAP_FILE, HISTORY_FILE, APART_FILE, GUARD_FILE)
"""What an identity run leaves in its folder."""


def check_orders(config: Config) -> Readiness:
    """Give the account of the order log, in customers where ``[identity]`` is enabled and the log is usable.

    Raises
    ------
    TenureError
        As `tenure_features.check` and `tenure_features.open_shop`.
    """
    source, as_of, engine = order_source(config.orders), config.run.as_of, engine_of(config.engine)
    readiness = check(source, as_of=as_of, engine=engine)
    if not config.identity.enabled or not readiness.ready:
        return readiness
    identifiers = identifiers_of({name: table_source(table) for name, table in config.tables.items()})

    def customers_at(moment: pd.Timestamp) -> CustomerMap:
        return find_identities(identifiers, linking_of(config.identity), as_of=moment, engine=engine).customers

    return check(source, as_of=as_of, engine=engine, customers=customers_at)


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
