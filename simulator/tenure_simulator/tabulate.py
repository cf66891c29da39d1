"""Which tables a block gives, and which a whole shop gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from tenure_features.errors import UsageError
from tenure_features.tables.contracts import TABLES
from tenure_simulator.block import CustomerBlock, orders_table
from tenure_simulator.events import events_table
from tenure_simulator.feedback import feedback_table
from tenure_simulator.identities import identifiers_table
from tenure_simulator.lines import order_lines_table
from tenure_simulator.persons import assignments_table, customers_table
from tenure_simulator.service import service_costs_table

BLOCK_TABLES: Mapping[str, Callable[[CustomerBlock], pa.Table]] = {
    "orders": orders_table,
    "order_lines": order_lines_table,
    "events": events_table,
    "customers": customers_table,
    "identifiers": identifiers_table,
    "feedback": feedback_table,
    "service_costs": service_costs_table,
    "assignments": assignments_table,
}
"""Tables that are written block by block; ``spend`` belongs to the shop as a whole."""

SPEND_TABLE = "spend"


def choose_tables(tables: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tables to write, in the order of the contracts; all of them for None.

    Raises
    ------
    UsageError
        When a name is no table, or ``orders`` is missing.

    Examples
    --------
    >>> choose_tables(["spend", "orders"])
    ('orders', 'spend')
    """
    wanted = set(TABLES) if tables is None else set(tables)
    if unknown := wanted - set(TABLES):
        raise UsageError(f"There is no table {sorted(unknown)[0]!r}.", fix=f"Choose from {', '.join(TABLES)}.")
    if "orders" not in wanted:
        raise UsageError("A shop without orders is no use.", fix="Add 'orders' to the tables.")
    return tuple(name for name in TABLES if name in wanted)
