"""What the sources of a store cover, where a configuration reads one."""

from __future__ import annotations

from tenure.config import Config
from tenure_connectors.store.coverage import StoreCoverage, cover
from tenure_connectors.store.database import place_of_store


def coverage_of(config: Config) -> StoreCoverage | None:
    """Count what each source of the store covers; None where the orders lie elsewhere.

    Raises
    ------
    DependencyUnavailableError
        If the store cannot be opened.
    """
    store = place_of_store(config.orders.uri)
    return None if store is None else cover(store)
