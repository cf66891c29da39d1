# ruff: noqa: S608  # names are quoted, expressions parsed and vetted before they get here
"""From the columns a file has to the columns the contract names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.engine import define, dialect, is_refusal, quote, statement, without_warnings
from tenure_features.tables.aliases import plain, recognise
from tenure_features.tables.contract import Contract, ContractKind
from tenure_features.tables.date_forms import DateForm, detect_form
from tenure_features.tables.expressions import bound_sql, parse_expression

_WORTH_RECOGNISING = frozenset({"order_id", "is_return", "currency", "status"})
"""Optional columns that change what an order is; the others count when they are mapped, or called just so."""

COMPUTED = "tenure:"
"""Prefix of columns computed from expressions; no source column is taken for one."""


@dataclass(frozen=True, kw_only=True)
class MappedTable:
    """A raw table and, per contract column, the column of it that holds its values.

    Attributes
    ----------
    contract
        What it is to be.
    table
        The raw columns, and one computed column per expression.
    columns
        Column of ``table`` by contract column.
    origin
        What the user would call it: source column or expression, by contract column.
    notes
        What was recognised without being mapped.
    """

    contract: Contract
    table: ir.Table
    columns: Mapping[str, str]
    origin: Mapping[str, str]
    notes: tuple[str, ...]

    @cached_property
    def kinds(self) -> Mapping[str, ContractKind]:
        """How each column is read: as the contract says, and columns beyond it as what they hold."""
        own = self.contract.columns
        return {
            name: own[name].kind if name in own else _kind_of(self.table[column])
            for name, column in self.columns.items()
        }

    @cached_property
    def forms(self) -> Mapping[str, DateForm]:
        """How each column of moments is written; the texts are looked at once."""
        dates = [name for name, kind in self.kinds.items() if kind in {"time", "date"}]
        return {name: detect_form(self.table, self.table[self.columns[name]]) for name in dates}

    @property
    def dated_by(self) -> str | None:
        """Contract column that says when a row happened, where it is there."""
        return self.contract.dated_by if self.contract.dated_by in self.columns else None

    @property
    def source_columns(self) -> list[str]:
        """Columns that were in the file."""
        return [name for name in self.table.columns if not name.startswith(COMPUTED)]


def map_columns(
    raw: ir.Table,
    mapping: Mapping[str, str],
    *,
    contract: Contract,
    backend: Any,  # noqa: ANN401
    name: str = "",
) -> MappedTable:
    """Resolve a column mapping; what is not mapped is recognised by name.

    Views it needs are called ``named`` and ``mapped``, after ``name``.

    Raises
    ------
    UsageError
        If a contract column of the mapping does not exist.
    DataContractError
        If a source column does not exist, an expression cannot be used, or a required column is not found.
    """
    _check_names(mapping, contract)
    origin = dict(mapping)
    notes = _recognise(origin, raw.columns, contract)
    _check_required(origin, raw.columns, contract)
    real = {name.casefold(): name for name in reversed(raw.columns)}
    columns: dict[str, str] = {}
    computed: dict[str, str] = {}
    for column, text in origin.items():
        source = text if text in raw.columns else real.get(text.casefold())
        if source is not None:
            columns[column] = source
            continue
        columns[column] = COMPUTED + column
        computed[COMPUTED + column] = _expression(column, text, raw, real, dialect(backend))
    mapped = MappedTable(
        contract=contract, table=_with(raw, computed, backend, name), columns=columns, origin=origin, notes=notes
    )
    _refuse_truths(mapped)
    return mapped


def _refuse_truths(mapped: MappedTable) -> None:
    """Refuse what is true or false where an amount or a moment is meant: read as 1 and 0 it would look like one."""
    for name, column in mapped.columns.items():
        kind = mapped.contract.columns[name].kind if name in mapped.contract.columns else None
        if kind in {"number", "time", "date"} and mapped.table[column].type().is_boolean():
            raise DataContractError(
                f"{mapped.origin[name]} is true or false: it cannot be {name}.",
                found=f"{name} is {mapped.contract.columns[name].meaning}",
                fix=f"Map a column or an expression that gives a {'number' if kind == 'number' else 'moment'}.",
            )


def _kind_of(column: ir.Value) -> ContractKind:
    dtype = column.type()
    if dtype.is_boolean():
        return "flag"
    return "number" if dtype.is_numeric() else "time" if dtype.is_temporal() else "text"


def _check_names(mapping: Mapping[str, str], contract: Contract) -> None:
    for name in mapping:
        if name not in contract.columns and not contract.open:
            near = get_close_matches(name, contract.columns, n=1)
            raise UsageError(
                f"The table {contract.name} has no column {name!r} to map.",
                found=", ".join(contract.columns),
                fix=f"Did you mean {near[0]!r}? A mapping reads contract_column=source_column."
                if near
                else "A mapping reads contract_column=source_column.",
            )


def _recognise(origin: dict[str, str], columns: tuple[str, ...], contract: Contract) -> tuple[str, ...]:
    """Add what can be recognised to ``origin`` and say so."""
    notes = []
    for name in contract.columns:
        if name in origin:
            continue
        worth = contract.columns[name].required or name in _WORTH_RECOGNISING
        column = recognise(name, columns) if worth else name if name in columns else None
        column = None if column in origin.values() else column
        if name == "revenue" and column is None:
            column = _quantity_times_price(columns)
        if column is not None:
            origin[name] = column
            if column != name:
                notes.append(f"{column} was read as {name}.")
    return tuple(notes)


def _quantity_times_price(columns: tuple[str, ...]) -> str | None:
    by_plain = {plain(column): column for column in columns}
    price = by_plain.get("unitprice") or by_plain.get("price")
    if "quantity" in by_plain and price:  # UCI Online Retail and its second edition
        return f"{quote(by_plain['quantity'])} * {quote(price)}"
    return by_plain.get("price")


def _check_required(origin: Mapping[str, str], columns: tuple[str, ...], contract: Contract) -> None:
    missing = [name for name in contract.required if name not in origin]
    if not missing:
        return
    near = [
        match
        for name in missing
        for match in get_close_matches(plain(name), {plain(column): column for column in columns}, n=1, cutoff=0.5)
    ]
    guess = next((column for column in columns if near and plain(column) == near[0]), columns[0])
    headless = sum(any(letter.isdigit() for letter in column) for column in columns) * 2 > len(columns)
    hint = " The first line looks like data: the file needs a header line." if headless else ""
    raise DataContractError(
        f"{'Column' if len(missing) == 1 else 'Columns'} {', '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} not in the file and not mapped.",
        found=", ".join(columns),
        fix=f"Map {'it' if len(missing) == 1 else 'each'}, for example --column {missing[0]}={guess!r}.{hint}",
    )


def _expression(name: str, text: str, raw: ir.Table, real: dict[str, str], speech: str) -> str:
    expression = parse_expression(text, contract=name)
    text_columns = {column for column in raw.columns if raw[column].type().is_string()}
    try:
        return bound_sql(expression, columns=real, text_columns=text_columns, dialect=speech)
    except KeyError as problem:
        unknown = str(problem.args[0])
        near = get_close_matches(unknown, real, n=1, cutoff=0.5)
        raise DataContractError(
            f"The mapping {name}={text} names a column that is not in the file: {unknown}.",
            found=", ".join(raw.columns),
            fix=f"Did you mean {real[near[0]]!r}?" if near else "Use one of the columns found.",
        ) from problem


def _with(raw: ir.Table, computed: Mapping[str, str], backend: Any, prefix: str) -> ir.Table:  # noqa: ANN401
    if not computed:
        return raw
    with without_warnings():
        define(backend, f"{prefix}named", f"SELECT * FROM ({backend.compile(raw)})")
    for name, sql in computed.items():
        contract = name.removeprefix(COMPUTED)
        try:
            statement(backend, f"SELECT {sql} FROM {prefix}named LIMIT 0")
        except Exception as problem:
            if not is_refusal(problem):
                raise
            raise DataContractError(
                f"The expression for {contract} does not fit the columns of the file.",
                found=f"{sql}: {str(problem).split(chr(10))[0]}",
                fix="Check the names and types; text is read as numbers only inside arithmetic.",
            ) from problem
    added = ", ".join(f"({sql}) AS {quote(name, backend)}" for name, sql in computed.items())
    return define(backend, f"{prefix}mapped", f"SELECT *, {added} FROM {prefix}named")
