"""SQL expressions in a column mapping: one scalar expression over the table's columns, nothing else."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tenure_features.errors import DataContractError
from tenure_features.reading.spark import java_format

_ARITHMETIC = (exp.Mul, exp.Add, exp.Sub, exp.Div, exp.Mod, exp.Neg, exp.Abs, exp.Round)
_COMPARISON = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ)
_REFUSED = (exp.Query, exp.Window, exp.Star, exp.Placeholder, exp.Parameter, exp.Lambda)
_FUNCTIONS = (
    exp.Abs, exp.And, exp.Case, exp.Cast, exp.Ceil, exp.Coalesce, exp.Concat, exp.DateFromParts, exp.Exp, exp.Extract,
    exp.Floor, exp.Greatest, exp.If, exp.Least, exp.Left, exp.Length, exp.Ln, exp.Lower, exp.Nullif, exp.Or, exp.Pow,
    exp.RegexpExtract, exp.RegexpReplace, exp.Replace, exp.Right, exp.Round, exp.Sign, exp.SplitPart, exp.Sqrt,
    exp.StrToTime, exp.Substring, exp.TimestampTrunc, exp.Trim, exp.TryCast, exp.UnixToTime, exp.Upper, exp.Year,
)  # fmt: skip
"""Functions of one row that always give the same answer. Any other might read files, the clock or a generator."""
_UNNAMED = frozenset({"try_strptime"})  # sqlglot has no class for it


def parse_expression(text: str, *, contract: str) -> exp.Expression:
    """Parse one scalar SQL expression (DuckDB dialect).

    Raises
    ------
    DataContractError
        If it is not a single scalar expression: a statement, a subquery, an aggregate, a window or a function that
        may reach beyond the row.

    Examples
    --------
    >>> parse_expression("Quantity * UnitPrice", contract="revenue").sql()
    'Quantity * UnitPrice'
    """
    try:
        statements = sqlglot.parse(f"SELECT {text}", dialect="duckdb")
    except SqlglotError as problem:
        raise _refusal(contract, text, "it cannot be parsed as SQL") from problem
    select = statements[0] if len(statements) == 1 else None
    if not isinstance(select, exp.Select):
        raise _refusal(contract, text, "it is more than one expression")
    clauses = {name for name, value in select.args.items() if value}
    if clauses - {"expressions", "kind"} or len(select.expressions) != 1:
        raise _refusal(contract, text, "it is more than one expression")
    expression = select.expressions[0]
    if isinstance(expression, exp.Alias):
        raise _refusal(contract, text, "there are two names side by side")
    for node in expression.walk():
        if isinstance(node, _REFUSED):
            raise _refusal(contract, text, "subqueries, windows and placeholders are not allowed")
        allowed = isinstance(node, _FUNCTIONS) or node.name.casefold() in _UNNAMED
        if isinstance(node, exp.Func) and not allowed:
            raise _refusal(contract, text, f"the function in {node.sql(dialect='duckdb')} is not allowed")
    return expression


def bound_sql(
    expression: exp.Expression, *, columns: dict[str, str], text_columns: set[str], dialect: str = "duckdb"
) -> str:
    """Write an expression as SQL over real columns; text in arithmetic is read as numbers.

    Casts and strptime become their forgiving forms, so that a value that does not fit is missing on its row instead of
    ending the run.

    Parameters
    ----------
    expression
        From `parse_expression`.
    columns
        Real column name by its lower-case form.
    text_columns
        Real names of the columns that hold text.
    dialect
        The SQL to write, as sqlglot calls it.

    Raises
    ------
    KeyError
        Naming the first column that does not exist.
    """
    bound = expression.transform(_forgiving, dialect)
    for node in list(bound.find_all(exp.Column)):
        real = columns[node.name.casefold()]
        name = exp.Column(this=exp.Identifier(this=real, quoted=True))
        number = real in text_columns and _is_number(node)
        new = exp.TryCast(this=name, to=exp.DataType.build("double"), safe=True) if number else name
        if node is bound:
            bound = new
        else:
            node.replace(new)
    return bound.sql(dialect=dialect)


def _forgiving(node: exp.Expression, dialect: str) -> exp.Expression:
    if isinstance(node, exp.StrToTime) and dialect == "spark":
        form = exp.Literal.string(java_format(_strftime(node)))
        return exp.Anonymous(this="try_to_timestamp", expressions=[node.this, form])
    if isinstance(node, exp.StrToTime):
        return exp.Anonymous(this="try_strptime", expressions=[node.this, exp.Literal.string(_strftime(node))])
    if type(node) is exp.Cast:
        return exp.TryCast(this=node.this, to=node.args["to"], safe=True)  # or Spark is given a plain cast
    return node


def _strftime(node: exp.StrToTime) -> str:
    return str(node.args["format"].name)


def _is_number(node: exp.Expression) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        node, parent = parent, parent.parent
    if isinstance(parent, _ARITHMETIC):
        return True
    if not isinstance(parent, _COMPARISON):
        return False
    other = parent.expression if parent.this is node else parent.this
    return isinstance(other, exp.Neg) or (isinstance(other, exp.Literal) and not other.is_string)


def _refusal(contract: str, text: str, why: str) -> DataContractError:
    return DataContractError(
        f"The expression for {contract} cannot be used: {why}.",
        found=text,
        fix="Give a column name or one expression over columns, such as 'Quantity * UnitPrice'; "
        "write a column name with spaces in double quotes: '\"Unit Price\" * Quantity'.",
    )
