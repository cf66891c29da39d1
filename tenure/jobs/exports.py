"""Where a configuration's tables come from: files as they are, or exports of systems read by their presets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa

from tenure.config import Config, OrdersConfig, TableConfig
from tenure_connectors.conversion import Conversion, convert
from tenure_features import OrderSource
from tenure_features.errors import DataContractError
from tenure_features.reading.memory import TableInMemory
from tenure_features.reading.sources import TableSource


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The orders and the tables beside them, ready to be opened.

    Attributes
    ----------
    orders
        The order log.
    tables
        Tables beside it, those that came with the orders' export too.
    account
        What presets did, in sentences; empty where files were read as they are.
    """

    orders: OrderSource
    tables: Mapping[str, TableSource]
    account: tuple[str, ...] = ()


def sources_of(config: Config, *, only: Collection[str] | None = None) -> Sources:
    """Read exports by their presets, and leave other files to be read as they are.

    Parameters
    ----------
    config
        What a job is told.
    only
        Names of the tables beside the orders that are wanted; all of them when None.

    Raises
    ------
    UsageError
        If a preset is named that does not exist.
    DataContractError
        If a file cannot be read, is no export of its preset, or of something else than its table.
    """
    export = _convert(config.orders)
    account = [] if export is None else list(export.account)
    beside: dict[str, TableSource] = {}
    for name, table in config.tables.items():
        if only is not None and name not in only:
            continue
        converted = _convert(table)
        if converted is None:
            beside[name] = TableSource(table.uri, columns=table.columns, encoding=table.encoding)
        else:
            account += converted.account
            beside[name] = _table(converted, name, table.uri)
    if export is not None:
        more = [name for name in export.tables if name != "orders" and name not in config.tables]
        beside |= {name: _table(export, name, config.orders.uri) for name in more if only is None or name in only}
    return Sources(orders=_orders(config.orders, export), tables=beside, account=tuple(account))


def _convert(table: TableConfig) -> Conversion | None:
    """Read an export; a file whose columns are mapped is read as it is."""
    return None if table.columns else convert(table.uri, name=table.preset, encoding=table.encoding)


def _orders(config: OrdersConfig, export: Conversion | None) -> OrderSource:
    if export is None:
        return OrderSource(
            config.uri,
            columns=config.columns,
            returns=config.returns,
            trust_customers=config.trust_customers,
            encoding=config.encoding,
        )
    rows = TableInMemory(_rows(export, "orders", config.uri), config.uri)
    return OrderSource(rows, returns=config.returns, trust_customers=config.trust_customers)


def _table(export: Conversion, name: str, uri: str) -> TableSource:
    return TableSource(TableInMemory(_rows(export, name, uri), f"{name} of {uri}"))


def _rows(export: Conversion, name: str, uri: str) -> pa.Table:
    if name not in export.tables:
        made = ", ".join(export.tables)
        raise DataContractError(
            f"{uri} is no table of {name}, but: {export.preset.title}.",
            found=f"it makes {made}",
            fix=f"Name it as uri under [tables.{next(iter(export.tables))}] in tenure.toml, beside the orders.",
        )
    return export.tables[name]
