"""A condition on customers, as a shop writes it: compared and combined columns, and nothing that could be run."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import pandas as pd
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tenure_features.errors import UsageError

MOST_SIGNS = 2_000
"""Length of a condition; what is longer is no condition a person wrote."""

_MOST_LEVELS = 200
"""Texts with more levels than this are no groups, and their levels are not held against a spelling."""

_Operation = Callable[[Any, Any], Any]
_COMPARED: Mapping[type[exp.Expr], _Operation] = {
    exp.EQ: operator.eq, exp.NEQ: operator.ne, exp.GT: operator.gt, exp.GTE: operator.ge, exp.LT: operator.lt,
    exp.LTE: operator.le,
}  # fmt: skip
_COUNTED: Mapping[type[exp.Expr], _Operation] = {
    exp.Add: operator.add, exp.Sub: operator.sub, exp.Mul: operator.mul, exp.Div: operator.truediv,
}  # fmt: skip
_SIGNS = "=, <>, <, <=, >, >=, between, in (...), is null, and, or, not, + - * / and brackets"


@dataclass(frozen=True)
class Condition:
    """A condition over columns of a table, in the words of SQL.

    Comparisons (``=``, ``<>``, ``<`` ...), ``between``, ``in (...)``, ``is null`` and the four operations on numbers,
    combined with ``and``, ``or`` and ``not``. It is read into a tree of these and of nothing else: there are no
    functions, no other tables, and nothing is handed to an interpreter or a database. What is missing
    fulfils no comparison.

    Raises
    ------
    UsageError
        The text is no condition, or has something in it that is none of these.

    Examples
    --------
    >>> people = pd.DataFrame({"region": ["west", "east", None], "visits_90d": [9.0, 9.0, 9.0]})
    >>> Condition("region = 'west' and visits_90d > 3").holds(people).tolist()
    [True, False, False]
    """

    text: str
    _tree: exp.Expr = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", _read(self.text))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it asks for, each once."""
        return tuple(dict.fromkeys(column.name for column in self._tree.find_all(exp.Column)))

    def require(self, names: Iterable[str]) -> None:
        """Refuse a column that is not known, with the nearest name; `UsageError`."""
        existing = list(names)
        for column in self.columns:
            if column not in existing:
                raise UsageError(
                    f"The condition asks for {column!r}, which there is not.",
                    found=self.text,
                    fix=_nearest(column, existing),
                )

    def holds(self, table: pd.DataFrame, *, check_levels: bool = False) -> pd.Series:
        """Say of every row whether it fulfils the condition; bool, on the table's index.

        Parameters
        ----------
        table
            Has the columns; numbers, texts, booleans and moments (compared with text such as '2024-06-01').
        check_levels
            Whether a text that no row has is taken for a misspelling.

        Raises
        ------
        UsageError
            A column is not there, a text is compared with a number, or a level is misspelt.
        """
        self.require(str(name) for name in table.columns)
        result = _Reader(self.text, table, check_levels).condition(self._tree)
        return result.fillna(value=False).astype(bool)


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(sorted(names)[:30])}."


def _read(text: str) -> exp.Expr:
    if len(text) > MOST_SIGNS:
        raise UsageError("The condition is too long.", found=f"{len(text):,} signs", fix=f"{MOST_SIGNS:,} at most.")
    try:
        tree = sqlglot.parse_one(f"SELECT 1 WHERE {text}", dialect="duckdb")
    except (SqlglotError, RecursionError) as error:
        raise UsageError(
            "The condition cannot be read.",
            found=text,
            fix=f"Write such as region = 'west' and visits_90d > 3: {_SIGNS}.",
        ) from error
    where = tree.args.get("where")
    if not isinstance(tree, exp.Select) or where is None or set(_parts(tree)) != {"expressions", "where"}:
        raise UsageError("This is more than a condition.", found=text, fix=f"Use {_SIGNS}.")
    condition: exp.Expr = where.this
    for node in condition.walk():
        _require_plain(node)
    return condition


def _parts(tree: exp.Expr) -> list[str]:
    return [name for name, value in tree.args.items() if value]


_PLAIN = (
    *_COMPARED, *_COUNTED, exp.And, exp.Or, exp.Not, exp.Paren, exp.Between, exp.In, exp.Is, exp.Null, exp.Neg,
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean,
)  # fmt: skip


def _require_plain(node: exp.Expr) -> None:
    inside = isinstance(node, exp.In) and (node.args.get("query") or node.args.get("unnest"))
    dotted = isinstance(node, exp.Column) and node.args.get("table")
    if type(node) not in _PLAIN or inside or dotted:
        raise UsageError(
            "The condition has something in it that conditions have not.",
            found=node.sql("duckdb"),
            fix=f"Use {_SIGNS}.",
        )


@dataclass(frozen=True)
class _Reader:
    """Works a tree out over the rows of a table; missing values are carried along as SQL does."""

    text: str
    table: pd.DataFrame
    check_levels: bool

    def condition(self, node: exp.Expr) -> pd.Series:
        """Work out a node that says yes or no."""
        match node:
            case exp.Paren():
                result = self.condition(node.this)
            case exp.Not():
                result = ~self.condition(node.this)
            case exp.And():
                result = self.condition(node.this) & self.condition(node.expression)
            case exp.Or():
                result = self.condition(node.this) | self.condition(node.expression)
            case _:
                result = self._single(node)
        return result

    def _single(self, node: exp.Expr) -> pd.Series:
        """Work out a comparison, or a column or word that is yes or no itself."""
        match node:
            case exp.Is():
                result = self._is(node)
            case exp.Between():
                low, high = node.args["low"], node.args["high"]
                result = self._compare(exp.GTE, node.this, low) & self._compare(exp.LTE, node.this, high)
            case exp.In():
                result = pd.Series(False, index=self.table.index, dtype="boolean")
                for item in node.expressions:
                    result |= self._compare(exp.EQ, node.this, item)
            case _ if type(node) in _COMPARED:
                result = self._compare(type(node), node.this, node.expression)
            case _:
                result = self._value(node)
                if not pd.api.types.is_bool_dtype(result.dtype):
                    raise self._problem(node, "says neither yes nor no")
        return result

    def _is(self, node: exp.Is) -> pd.Series:
        if not isinstance(node.expression, exp.Null):
            return self._compare(exp.EQ, node.this, node.expression)
        return self._value(node.this).isna().astype("boolean")

    def _compare(self, how: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> pd.Series:
        values, others = self._value(left), self._value(right)
        for side, other, place in ((values, others, right), (others, values, left)):
            if pd.api.types.is_datetime64_any_dtype(side.dtype) and isinstance(place, exp.Literal):
                read = pd.Series(self._moment(place), index=other.index, dtype=side.dtype)
                values, others = (side, read) if place is right else (read, side)
        kinds = {_kind(series) for series in (values, others)} - {"missing"}
        if len(kinds) > 1:
            raise self._problem(
                left, f"and {right.sql('duckdb')} are {' and '.join(sorted(kinds))}, which cannot be compared"
            )
        if self.check_levels and how in {exp.EQ, exp.NEQ}:
            self._check_level(left, right)
        return pd.Series(_COMPARED[how](values, others), index=self.table.index, dtype="boolean")

    def _moment(self, node: exp.Expr) -> dt.datetime:
        try:
            return dt.datetime.fromisoformat(node.name)
        except ValueError as error:
            raise self._problem(node, "is no date such as '2024-06-01'") from error

    def _check_level(self, left: exp.Expr, right: exp.Expr) -> None:
        column, level = (left, right) if isinstance(left, exp.Column) else (right, left)
        if not (isinstance(column, exp.Column) and isinstance(level, exp.Literal) and level.is_string):
            return
        values = self.table[column.name]
        if _kind(values) != "text":
            return
        levels = sorted({str(value) for value in values.dropna().unique()[: _MOST_LEVELS + 1]})
        if level.name not in levels and len(levels) <= _MOST_LEVELS:
            raise UsageError(
                f"No customer has {column.name} {level.name!r}.", found=self.text, fix=_nearest(level.name, levels)
            )

    def _value(self, node: exp.Expr) -> pd.Series:
        """Work out a node that is a number, a text, a moment or a boolean."""
        match node:
            case exp.Paren():
                result = self._value(node.this)
            case exp.Column():
                result = self._column(node)
            case exp.Literal():
                result = self._constant(node.name if node.is_string else float(node.name))
            case exp.Boolean():
                result = self._constant(bool(node.this))
            case exp.Neg():
                result = -self._number(node.this)
            case _ if type(node) in _COUNTED:
                counted = _COUNTED[type(node)](self._number(node.this), self._number(node.expression))
                result = counted.mask(counted.isin([float("inf"), float("-inf")]))
            case _:
                raise self._problem(node, "is no value")
        return result

    def _constant(self, value: str | float | bool) -> pd.Series:
        kinds = {str: "string", float: "Float64", bool: "boolean"}
        return pd.Series([value] * len(self.table), index=self.table.index, dtype=kinds[type(value)])

    def _number(self, node: exp.Expr) -> pd.Series:
        values = self._value(node)
        if _kind(values) not in {"number", "missing"}:
            raise self._problem(node, "is no number")
        return values.astype("Float64")

    def _column(self, node: exp.Column) -> pd.Series:
        values = self.table[node.name]
        if values.isna().all():
            return pd.Series(pd.NA, index=self.table.index, dtype="Float64")
        if pd.api.types.is_bool_dtype(values.dtype):
            return values.astype("boolean")
        if pd.api.types.is_numeric_dtype(values.dtype):
            numbers = values.astype("Float64")
            return numbers.mask(numbers.isna())
        if not pd.api.types.is_datetime64_any_dtype(values.dtype):
            if not values.map(pd.api.types.is_scalar).all():
                raise self._problem(node, "holds lists, of which nothing can be asked")
            return values.astype("string")
        return values

    def _problem(self, node: exp.Expr, problem: str) -> UsageError:
        return UsageError(f"In the condition, {node.sql('duckdb')} {problem}.", found=self.text)


def _kind(values: pd.Series) -> str:
    if not len(values) or values.isna().all():
        return "missing"
    if pd.api.types.is_bool_dtype(values.dtype):
        return "yes or no"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "number"
    return "moment" if pd.api.types.is_datetime64_any_dtype(values.dtype) else "text"
