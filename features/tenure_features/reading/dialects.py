"""Definitions as SQL for databases that Tenure does not run on itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from tenure_features.reading.engine import without_warnings

WITHOUT_MEDIAN = frozenset({"bigquery", "trino", "mssql"})
"""Databases without an exact median as an aggregate."""


def sql_for(table: ir.Table, dialect: str) -> str:
    """Write a query, such as `tenure_features.snapshot.snapshot_table`, in the SQL of a database.

    Parameters
    ----------
    table
        The query.
    dialect
        ``postgres``, ``bigquery``, ``snowflake``, ``duckdb``, or another that Ibis knows.

    Examples
    --------
    >>> gaps = ibis.table({"customer_id": "string", "gap": "float64"}, name="gaps")
    >>> query = gaps.group_by("customer_id").aggregate(usual=gaps.gap.median())
    >>> "ARRAY_AGG" in sql_for(query, "bigquery"), "PERCENTILE_CONT" in sql_for(query, "postgres")
    (True, True)
    """
    with without_warnings():
        if dialect in WITHOUT_MEDIAN:
            table = table.op().replace(_median_by_sorting).to_expr()
        return str(ibis.to_sql(table, dialect=dialect))


def _median_by_sorting(node: ops.Node, kwargs: Mapping[str, Any] | None) -> ops.Node:
    """Replace a median by the mean of the one or two values in the middle of the sorted values."""
    node = node.__recreate__(kwargs) if kwargs else node
    if not isinstance(node, ops.Median):
        return node
    value = node.arg.to_expr()
    counted = value.notnull() if node.where is None else node.where.to_expr() & value.notnull()
    values, count = value.collect(where=counted, order_by=value), value.count(where=counted)
    middle = (values[(count - 1) // 2] + values[count // 2]) / 2.0
    return middle.op()
