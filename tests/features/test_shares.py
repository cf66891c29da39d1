"""Shares of customers: in the order of their ids, each once, whatever the ids are made of."""

from __future__ import annotations

import duckdb
import ibis
import pyarrow as pa
import pytest

from tenure_features import Engine
from tenure_features.reading.engine import fetch, keep, statement
from tenure_features.shares import Shares, can_be_shared, ranges, within

IDS = ["", "O'Neil", "Zoë", "a", "b", 'b"c', "ä", "日本"]


@pytest.fixture
def orders():
    rows = pa.table({"customer_id": IDS * 3, "revenue": [float(one) for one in range(3 * len(IDS))]})
    return keep(Engine(threads=3).connect(), "orders", ibis.memtable(rows))


@pytest.mark.parametrize("customers", [1, 3, 7, 8, 100])
def test_shares__hold_every_customer_once_in_order(orders, customers):
    shares = Shares(orders, orders.get_backend(), customers=customers)
    sums = [
        shares.orders.group_by("customer_id").aggregate(total=shares.orders.revenue.sum() * sign) for sign in (1, -1)
    ]
    parts = [part.read_all().sort_by("customer_id") for part in shares.reduce_all(sums)]
    assert [part.num_rows for part in parts[: len(parts) // 2]] == [
        min(customers, len(IDS) - start) for start in range(0, len(IDS), customers)
    ]
    got = pa.concat_tables(parts)
    totals = [float(3 * number + 24) for number in range(len(IDS))]
    assert got["customer_id"].to_pylist() == 2 * IDS
    assert got["total"].to_pylist() == totals + [-total for total in totals]


@pytest.mark.parametrize("consumed", ["wholly", "in part", "until it fails"])
def test_shares__give_the_threads_back(orders, consumed):
    backend = orders.get_backend()
    shares = Shares(orders, backend, customers=2)
    value = shares.orders.customer_id.cast("int64") if consumed == "until it fails" else shares.orders.revenue
    parts = shares.reduce_all([shares.orders.mutate(value=value)])
    if consumed == "until it fails":
        with pytest.raises(duckdb.ConversionException):
            list(parts)
    elif consumed == "in part":
        next(parts)
        parts.close()
    else:
        assert len(list(parts)) == 4
    assert statement(backend, "SELECT current_setting('threads')") == [(3,)]


def test_can_be_shared__where_nothing_belongs_to_a_connection(orders):
    @ibis.udf.scalar.python
    def doubled(value: float) -> float:
        return 2 * value

    beside = ibis.memtable(pa.table({"customer_id": ["a"]}))
    assert can_be_shared(orders.mutate(more=orders.revenue + 1))
    assert not can_be_shared(orders.mutate(more=doubled(orders.revenue)))
    assert not can_be_shared(orders.semi_join(beside, "customer_id"))


def test_ranges__divide_a_table_between_them(orders):
    found = ranges(orders, orders.get_backend(), 3)
    assert found == [(None, "a"), ("a", "ä"), ("ä", None)]
    counts = [fetch(within(orders, *ids).select("customer_id").distinct()) for ids in found]
    assert [len(ids) for ids in counts] == [3, 3, 2]
