"""The order log a configuration names."""

from __future__ import annotations

from tenure.config import Config, EngineConfig, OrdersConfig
from tenure_features import Engine, OrderLog, OrderSource, check, open_orders
from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity.customer_map import CustomerMap


def order_source(config: OrdersConfig) -> OrderSource:
    """Describe where the order log lies and how to read it; nothing is opened yet."""
    return OrderSource(config.uri, columns=config.columns, returns=config.returns)


def engine_of(config: EngineConfig) -> Engine:
    """Say where tables are read; nothing is started yet."""
    return Engine(config.kind, config.memory_limit, config.threads, config.temp_directory)


def open_log(config: Config) -> OrderLog:
    """Open the order log at the configured ``as_of``, in customers where ``[identity]`` is enabled.

    Raises
    ------
    UsageError
        When every order lies at or after ``as_of``.
    DataContractError
        When the log is not usable for another reason.
    """
    from tenure.jobs.customer_ids import resolve_orders

    return resolve_orders(config).log


def open_accounts(config: Config, *, customers: CustomerMap | None = None) -> OrderLog:
    """Open the order log at the configured ``as_of`` with the ids it carries, or as the customers they are."""
    source, as_of, engine = order_source(config.orders), config.run.as_of, engine_of(config.engine)
    try:
        return open_orders(source, as_of=as_of, customers=customers, engine=engine)
    except DataContractError:
        if as_of is None:
            raise
        readiness = check(source, as_of=as_of, engine=engine)
        if readiness.rows_used or not readiness.rows_after_as_of:
            raise
        raise UsageError(
            f"No order lies before {as_of:%Y-%m-%d}, so there is nothing to learn from.",
            found=f"{readiness.rows_after_as_of:,} rows at or after it",
            fix="Choose a later --as-of.",
        ) from None
