# Ibis has no isna and notna
"""The optional columns of orders: cost, discount, channel, device, region, with the row each belongs to."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.parsing import as_number, to_text

NUMBERS, TEXTS = ("cost", "discount"), ("channel", "device", "region")
OPTIONAL = (*NUMBERS, *TEXTS)
"""Optional columns of orders that features read."""


def select_order_columns(rows: ir.Table, mapped: MappedTable) -> ir.Table:
    """Query usable rows with their optional columns, typed; numbers that cannot be read or are not finite are null.

    Parameters
    ----------
    rows
        Usable rows: raw columns and ``clean:`` columns.
    mapped
        Which raw column holds what.
    """
    plain = ("customer_id", "order_id", "ordered_at", "revenue", "recorded_at")
    columns = {name: rows[f"clean:{name}"] for name in plain if f"clean:{name}" in rows.columns}
    for name in NUMBERS:
        if name in mapped.columns:
            number = as_number(rows[mapped.columns[name]])
            columns[name] = (number.isnan() | number.isinf()).ifelse(None, number)
    for name in TEXTS:
        if name in mapped.columns:
            columns[name] = to_text(rows[mapped.columns[name]])
    return rows.select(**columns)
