"""What a point and a comma mean in a column of amounts: one value alone cannot say, the column as a whole can."""

from __future__ import annotations

from dataclasses import replace

import ibis.expr.types as ir

from tenure_features.reading.engine import fetch
from tenure_features.tables.mapping import COMPUTED, MappedTable
from tenure_features.tables.parsing import bare_number

_COMMA = r"^[-+]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})$"
_POINT = r"^[-+]?(\d+|\d{1,3}(,\d{3})+)\.(\d{1,2}|\d{4,})$"
_EITHER = r"^[-+]?\d{1,3}[.,]\d{3}$"
"""1.234 is one and a bit, or a thousand."""


def settle_amounts(mapped: MappedTable) -> MappedTable:
    """Rewrite amounts with decimal commas whose thousands are set apart by points, such as 1.234, and say so.

    Nothing is rewritten where the column has decimal points too, or no amount that could be read two ways.
    """
    for name in [name for name, kind in mapped.kinds.items() if kind == "number"]:
        column = mapped.table[mapped.columns[name]]
        if column.type().is_string():
            mapped = _settle(mapped, name, column)
    return mapped


def _settle(mapped: MappedTable, name: str, column: ir.StringValue) -> MappedTable:
    bare = bare_number(column)
    unclear = bare.re_search(_EITHER)
    seen = fetch(
        mapped.table.aggregate(
            comma=bare.re_search(_COMMA).sum(), point=bare.re_search(_POINT).sum(), unclear=unclear.sum()
        )
    ).fillna(0)
    comma, point, either = (int(seen[item].iloc[0]) for item in ("comma", "point", "unclear"))
    if not either or not comma or point:
        return mapped
    settled = f"{COMPUTED}{name}:settled"
    rewritten = bare.replace(".", "").replace(",", ".")
    read = f"in {either:,} amounts a point sets thousands apart, a comma does not"
    note = f"{mapped.origin[name]} has decimal commas: {read}."
    return replace(
        mapped,
        table=mapped.table.mutate({settled: bare.re_search(_COMMA + "|" + _EITHER).ifelse(rewritten, column)}),
        columns={**mapped.columns, name: settled},
        notes=(*mapped.notes, note),
    )
