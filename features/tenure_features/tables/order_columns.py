"""The optional columns of orders: cost, discount, channel, device, region, with the row each belongs to."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.tables.contract import RECORDED_AT
from tenure_features.tables.typed_columns import CLEAN

NUMBERS, TEXTS = ("cost", "discount"), ("channel", "device", "region")
OPTIONAL = (*NUMBERS, *TEXTS)
"""Optional columns of orders that features read."""


def select_order_columns(rows: ir.Table) -> ir.Table:
    """Query usable rows with their optional columns, typed; numbers that cannot be read or are not finite are null.

    Parameters
    ----------
    rows
        Usable rows: raw columns and ``clean:`` columns.
    """
    plain = ("customer_id", "order_id", "ordered_at", "revenue", RECORDED_AT)
    names = [name for name in (*plain, *OPTIONAL) if CLEAN + name in rows.columns]
    return rows.select(**{name: rows[CLEAN + name] for name in names})
