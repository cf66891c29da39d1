"""The account of every table of a shop, whether the shop can be opened or not; each is opened once."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure_features.days import Moment
from tenure_features.identities import IDENTIFIER_TABLE, Linking, find_identities, identifiers_of
from tenure_features.identity.customer_map import CustomerMap
from tenure_features.reading.engine import Engine
from tenure_features.reading.sources import OrderSource, TableSource
from tenure_features.tables.log import check
from tenure_features.tables.readiness import Readiness
from tenure_features.tables.shop_table import check_table, open_as_it_is


def check_shop(
    orders: OrderSource,
    tables: Mapping[str, TableSource],
    *,
    as_of: Moment | None = None,
    identity: Linking | None = None,
    engine: Engine | None = None,
) -> dict[str, Readiness]:
    """Give the account of the orders and of the tables beside them, broken or not.

    Parameters
    ----------
    orders, tables
        Where they are, and how their columns map; see `tenure_features.open_shop`.
    as_of
        Only rows strictly before it are read. All rows when None; identifiers link as of the day after the last order.
    identity
        How ids become customers, in whom orders are counted. Ids are read as they are without it, and where the table
        of identifiers cannot be used.
    engine
        Where everything is read, and its limits there.

    Returns
    -------
    dict
        By name, ``orders`` first.

    Raises
    ------
    UsageError
        When ids are to become customers and there is no table of identifiers.
    DataContractError
        When there is no table to give an account of.
    """
    accounts: dict[str, Readiness] = {}
    identifiers = None if identity is None else identifiers_of(tables)

    def customers_at(moment: pd.Timestamp) -> CustomerMap | None:
        if identity is None or identifiers is None:
            return None
        table = open_as_it_is(IDENTIFIER_TABLE, identifiers, as_of=moment, backend=(engine or Engine()).connect())
        accounts[IDENTIFIER_TABLE] = table.readiness
        return find_identities(table, identity, as_of=moment).customers if table.readiness.ready else None

    log = check(orders, as_of, engine=engine, customers=None if identity is None else customers_at)
    for name, table in tables.items():
        if name not in accounts:
            accounts[name] = check_table(name, table, as_of=as_of, engine=engine)
    return {"orders": log, **{name: accounts[name] for name in tables}}
