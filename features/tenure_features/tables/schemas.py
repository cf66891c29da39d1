"""Table contracts as pandera schemas on Ibis: the gate every clean table passes before anything is computed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from tenure_features.reading.engine import without_warnings
from tenure_features.tables.contract import Contract, ContractKind

TYPES: dict[ContractKind, dt.DataType] = {
    "id": dt.string,
    "text": dt.string,
    "time": dt.Timestamp(scale=6),
    "date": dt.date,
    "number": dt.float64,
    "flag": dt.boolean,
}
"""The type each kind of column has once a table is clean."""

EARLIEST, LATEST = datetime(1970, 1, 2), datetime(2100, 1, 1)
"""Moments outside are typing errors or zeros of a clock. A day after 1970 begins, so that a zero in any zone is out."""


def schema(contract: Contract, columns: tuple[str, ...]) -> Any:  # noqa: ANN401  # pandera ships no types for Ibis
    """Build the pandera schema of those columns of a contract that a table has.

    Required columns must be there and hold no missing value; numbers are finite, moments lie in 1970..2099.
    """
    with without_warnings():  # importing pandera imports pyspark.pandas where installed, which warns of pandas 3
        import pandera.ibis as pandera

    def column(name: str) -> Any:  # noqa: ANN401
        kind, required = contract.columns[name].kind, contract.columns[name].required
        checks = {
            "number": [pandera.Check(lambda data: ~data.table[data.key].isinf(), name="finite")],
            "time": [pandera.Check.in_range(EARLIEST, LATEST, include_max=False)],
        }.get(kind, [])
        return pandera.Column(TYPES[kind], checks, nullable=not required, required=required)

    names = [name for name in contract.columns if name in columns or contract.columns[name].required]
    return pandera.DataFrameSchema({name: column(name) for name in names}, name=contract.name)


def contract_breaches(table: ir.Table, contract: Contract) -> tuple[str, ...]:
    """List where a clean table breaks its contract, one sentence each; empty when it keeps it.

    Examples
    --------
    >>> from tenure_features.reading.engine import Engine, statement, view
    >>> from tenure_features.tables.contracts import TABLES
    >>> backend = Engine().connect()
    >>> row = "DATE '2024-01-01' AS date, 'search' AS channel, 'inf'::DOUBLE AS cost"
    >>> statement(backend, f"CREATE TABLE spend AS SELECT {row}")
    [(1,)]
    >>> print(*contract_breaches(view(backend, "spend"), TABLES["spend"]))
    Column cost of spend breaks the check 'finite'.
    """
    checked = schema(contract, table.columns)
    moments = [name for name in table.columns if table[name].type().is_timestamp()]
    table = table.mutate(**{name: table[name].cast(TYPES["time"]) for name in moments})  # Spark's carry no precision
    with without_warnings():
        from pandera.errors import SchemaErrors

        try:
            checked.validate(table, lazy=True)
        except SchemaErrors as problems:
            return tuple(
                f"Column {finding['column']} of {contract.name} breaks the check {finding['check']!r}."
                for kinds in problems.message.values()
                for findings in kinds.values()
                for finding in findings
            )
    return ()
