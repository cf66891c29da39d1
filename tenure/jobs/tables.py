"""The tables beside the orders that a configuration names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from tenure.config import Config
from tenure.jobs.orders import engine_of
from tenure_features.identity import CustomerMap
from tenure_features.tables.shop_table import ShopTable, TableSource, check_table, open_table
from tenure_features.tables.side_readiness import TableReadiness


def open_tables(
    config: Config,
    *,
    as_of: dt.datetime | None = None,
    backend: Any = None,  # noqa: ANN401
    only: Iterable[str] | None = None,
    customers: CustomerMap | None = None,
) -> dict[str, ShopTable]:
    """Open the tables named under ``[tables.*]``, by name, in the order of the file.

    Parameters
    ----------
    config
        What a job is told.
    as_of
        Only rows known strictly before it are read; ``as_of`` under ``[run]`` when None.
    backend
        That of the orders, so that tables can be joined with them.
    only
        Open just those of the tables; all when None.
    customers
        Whose the ids of the tables are, when they carry ids of accounts.

    Raises
    ------
    DataContractError
        When a table cannot be read or breaks its contract.
    """
    wanted = set(config.tables if only is None else only)
    moment = as_of or config.run.as_of
    return {
        name: open_table(
            name, TableSource(table.uri, columns=table.columns), as_of=moment, backend=backend, customers=customers
        )
        for name, table in config.tables.items()
        if name in wanted
    }


def check_tables(config: Config) -> dict[str, TableReadiness]:
    """Give the account of each table named under ``[tables.*]``, broken or not.

    Raises
    ------
    DataContractError
        When there is no table to give an account of.
    """
    as_of, engine = config.run.as_of, engine_of(config.engine)
    return {
        name: check_table(name, TableSource(table.uri, columns=table.columns), as_of=as_of, engine=engine)
        for name, table in config.tables.items()
    }
