"""Intermediate tables of an engine: materialised, under names of their own, dropped at the end."""

from __future__ import annotations

import itertools
import os
from types import TracebackType
from typing import Any, Self

import ibis.expr.types as ir
import pyarrow as pa

from tenure_features.reading.engine import is_spark, keep, without_warnings
from tenure_features.reading.spark import keep_rows, load_rows

_numbers = itertools.count()


class Workspace:
    """Tables that exist while a job runs, on any Ibis backend.

    Parameters
    ----------
    backend
        An Ibis connection that can create tables.
    """

    def __init__(self, backend: Any) -> None:  # noqa: ANN401  # the Ibis backend class is built dynamically
        self.backend = backend
        self._names: list[str] = []

    def keep(self, table: ir.Table) -> ir.Table:
        """Run a query and keep its rows until the workspace is closed."""
        return self._keep(self._name(), table)

    def load(self, rows: pa.Table) -> ir.Table:
        """Bring rows into the engine."""
        if is_spark(self.backend):
            return load_rows(self.backend, self._name(), rows)
        with without_warnings():
            return self.backend.create_table(self._name(), rows)

    def publish(self, table: ir.Table) -> ir.Table:
        """Run a query and keep its rows beyond the workspace."""
        return self._keep(_fresh(), table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._names:
            drop = self.backend.drop_view if is_spark(self.backend) else self.backend.drop_table
            drop(name, force=True)
        self._names.clear()

    def _keep(self, name: str, table: ir.Table) -> ir.Table:
        return keep_rows(self.backend, name, table) if is_spark(self.backend) else keep(self.backend, name, table)

    def _name(self) -> str:
        self._names.append(_fresh())
        return self._names[-1]


def _fresh() -> str:
    # The process id keeps two jobs of one Spark catalogue apart.
    return f"tenure_identity_{os.getpid()}_{next(_numbers)}"
