"""The order log a configuration names."""

from __future__ import annotations

from tenure.config import OrdersConfig
from tenure_features import OrderSource


def order_source(config: OrdersConfig) -> OrderSource:
    """Describe where the order log lies and how to read it; nothing is opened yet."""
    return OrderSource(config.uri, columns=config.columns, returns=config.returns)
