# Ibis has no isna and notna
"""From the raw columns of a table to columns typed as its contract says, and back: values that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import ibis
import ibis.expr.types as ir

from tenure_features.tables.contract import RECORDED_AT, ContractKind
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.parsing import as_flag, as_id, as_number, as_time, to_text
from tenure_features.tables.schemas import EARLIEST, LATEST

CLEAN = "clean:"
"""Prefix of typed contract columns beside the raw ones."""

LARGEST_NUMBER = 1e15
"""Beyond it float64 has no cents any more, and squares and sums of a few such numbers end in infinity."""

_READ: Mapping[ContractKind, Callable[[ir.Value], ir.Value]] = {
    "id": as_id, "text": to_text, "number": as_number, "flag": as_flag,
}  # fmt: skip


def type_columns(mapped: MappedTable, *, tidy: Collection[str] = ()) -> ir.Table:
    """Add the mapped columns as the contract types them, prefixed with ``clean:``; what cannot be read is null.

    Parameters
    ----------
    mapped
        Which raw column holds what.
    tidy
        Ids known to be written as they are read, on every row.
    """
    contract = mapped.contract
    values = {name: _read(mapped, name, as_it_is=name in tidy) for name in mapped.columns}
    for name, column in contract.columns.items():
        if name in values and column.signed_by in values:
            values[name] = values[column.signed_by].ifelse(-values[name].abs(), values[name])
    if contract.lines_of is not None:
        values.setdefault(contract.lines_of, ibis.null("string"))
    return mapped.table.mutate({CLEAN + name: value for name, value in values.items()})


def _read(mapped: MappedTable, name: str, *, as_it_is: bool) -> ir.Value:
    raw = mapped.table[mapped.columns[name]]
    if as_it_is:
        return raw
    return as_time(raw, formats=mapped.forms[name].formats) if name in mapped.forms else _READ[mapped.kinds[name]](raw)


def without_noise(typed: ir.Table, mapped: MappedTable) -> ir.Table:
    """Make optional numbers that are no finite amount, and optional moments outside the clock, missing.

    A row recorded beyond the clock stays so: at no moment is it known.
    """
    changed: dict[str, ir.Value] = {}
    for name, kind in mapped.kinds.items():
        value = typed[CLEAN + name]
        if name in mapped.contract.required:
            continue
        if kind == "number":
            changed[CLEAN + name] = (value.isnan() | (value.abs() > LARGEST_NUMBER)).ifelse(None, value)
        elif name == RECORDED_AT:
            changed[CLEAN + name] = (value < EARLIEST).ifelse(None, value)
        elif name in mapped.forms:
            changed[CLEAN + name] = ((value < EARLIEST) | (value >= LATEST)).ifelse(None, value)
    return typed.mutate(changed) if changed else typed


def is_unread(typed: ir.Table, mapped: MappedTable, name: str) -> ir.BooleanValue:
    """Say where a column holds something that reads as nothing."""
    raw = typed[mapped.columns[name]]
    written = (to_text(raw) if raw.type().is_string() else raw).notnull()
    if raw.type().is_floating():
        written &= ~raw.isnan()
    return written & typed[CLEAN + name].isnull()


def select_clean(rows: ir.Table, mapped: MappedTable, *, also: Sequence[str] = ()) -> ir.Table:
    """Query the typed columns alone: those of the contract in its order, those beyond it, and others named."""
    own = [name for name in mapped.contract.columns if name in mapped.columns]
    names = [*own, *(name for name in mapped.columns if name not in mapped.contract.columns)]
    return rows.select(**{name: rows[CLEAN + name] for name in names}, **{name: rows[name] for name in also})
