# ruff: noqa: S608  # names are quoted, and ids are quoted as texts
"""A log in shares of its customers: each is reduced by one thread of its own, so that no two have to be merged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from tenure_features.reading.engine import quote, statement, threads_of, without_warnings

CUSTOMERS_AT_ONCE = 100_000
"""Customers of one share. DuckDB holds about one kilobyte for each while it reduces the catalogue: with more of them
memory is waited for, with fewer the query is planned too often: 50,000 are as fast, 25,000 and 250,000 a little
slower, 500,000 take almost twice as long."""
SHARE = "share_of_orders"


class Shares:
    """The orders of a log on DuckDB, divided among queries by ranges of customer ids.

    Parameters
    ----------
    orders
        A kept table. It lies in the order of its customers, so that a query reads little beyond its share.
    customers
        How many make a share.
    """

    def __init__(self, orders: ir.Table, backend: Any, *, customers: int = CUSTOMERS_AT_ONCE) -> None:  # noqa: ANN401
        self._backend = backend
        self._name = _name(orders)
        self._ranges = ranges(orders, backend, customers)
        self.orders = ibis.table(orders.schema(), name=SHARE)
        """Stands for the orders of any share in the queries that `reduce_all` takes."""

    def reduce_all(self, queries: Sequence[ir.Table]) -> Iterator[pa.RecordBatchReader]:
        """Run queries on every share, as many at once as there are threads.

        Yields
        ------
        RecordBatchReader
            The rows of the first query for the first share, for the second, and so on; then those of the next query.
        """
        with self._connections(queries) as connections, ThreadPoolExecutor(connections.qsize()) as pool:

            def run_query(query: int, low: str | None, high: str | None) -> pa.Table:
                connection = connections.get()
                try:
                    return connection.sql(f"EXECUTE query_{query}({_text(low)}, {_text(high)})").to_arrow_table()
                finally:
                    connections.put(connection)

            tasks = ((query, *share) for query in range(len(queries)) for share in self._ranges)
            for table in _in_order(pool, run_query, tasks, ahead=connections.qsize()):
                yield table.to_reader()

    @contextmanager
    def _connections(self, queries: Sequence[ir.Table]) -> Iterator[SimpleQueue[Any]]:
        """Give a connection per thread that has the queries prepared; a query of theirs runs in one thread."""
        threads = threads_of(self._backend)
        connections: SimpleQueue[Any] = SimpleQueue()
        texts = [self._prepare(number, query) for number, query in enumerate(queries)]
        for _ in range(threads):
            connections.put(connection := self._backend.con.cursor())
            for text in texts:
                connection.execute(text)
        statement(self._backend, "SET threads = 1")
        try:
            yield connections
        finally:
            statement(self._backend, f"SET threads = {threads}")

    def _prepare(self, number: int, query: ir.Table) -> str:
        with without_warnings():
            text = ibis.to_sql(query, dialect="duckdb")
        share = (
            f"SELECT * FROM {self._name} WHERE ($1 IS NULL OR customer_id >= $1) AND ($2 IS NULL OR customer_id < $2)"
        )
        return f"PREPARE query_{number} AS WITH {SHARE} AS NOT MATERIALIZED ({share}) SELECT * FROM ({text})"


def ranges(orders: ir.Table, backend: Any, customers: int) -> list[tuple[str | None, str | None]]:  # noqa: ANN401
    """Divide the customers of a kept table into ranges of so many: the first id of each, and of the next.

    None stands for the beginning of the first and the end of the last.
    """
    ids = f"SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS number FROM {_name(orders)} GROUP BY 1"
    borders = statement(backend, f"SELECT customer_id FROM ({ids}) WHERE number > 1 AND (number - 1) % {customers} = 0")
    return list(pairwise([None, *sorted(str(start) for (start,) in borders), None]))


def within(orders: ir.Table, low: str | None, high: str | None) -> ir.Table:
    """Keep the orders of customers from ``low`` up to ``high``, without it."""
    later = orders if low is None else orders.filter(orders.customer_id >= low)
    return later if high is None else later.filter(later.customer_id < high)


def can_be_shared(query: ir.Table) -> bool:
    """Say whether a query runs on any connection: tables in memory and functions in Python belong to one."""
    return not query.op().find((ops.InMemoryTable, ops.udf.ScalarUDF, ops.udf.AggUDF))


def _in_order[T](
    pool: Executor, call: Callable[..., T], tasks: Iterable[tuple[Any, ...]], *, ahead: int
) -> Iterator[T]:
    """Give results in the order of their tasks; only so many are computed before they are asked for."""
    waiting: deque[Future[T]] = deque()
    for task in tasks:
        waiting.append(pool.submit(call, *task))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _name(orders: ir.Table) -> str:
    return quote(orders.get_name().rpartition(".")[2])  # catalogue and schema before it are the current ones


def _text(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"
