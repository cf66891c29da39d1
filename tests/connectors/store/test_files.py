"""Files beside what was pulled: landed again they change nothing, and what differs is dated."""

from __future__ import annotations

import datetime as dt
import stat

import duckdb
import pytest

from tenure_connectors.store.coverage import cover
from tenure_connectors.store.files import FileSource
from tenure_connectors.store.pull import land_file
from tenure_features import OrderSource, open_shop, orders
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch


def day(number):
    return dt.datetime(2026, 1, number, tzinfo=dt.UTC)


def at(number):
    return dt.datetime(2026, 1, number)


ORDERS = "customer,order_date,total,order\nann,02.01.2026,100,1\nben,03.01.2026,50,2\nann,13.01.2026,20,3\n"
STRIPE = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n"
    "ch_1,2026-01-02 10:00:00,20.00,0.00,eur,Paid,cus_1,\nch_2,2026-01-04 10:00:00,30.00,0.00,eur,Paid,cus_2,\n"
)


@pytest.fixture
def land(tmp_path):
    def landing(name, text, now, **more):
        (tmp_path / name).write_text(text)
        source = FileSource(name=name.partition(".")[0], place=str(tmp_path / name), **more)
        return land_file(source, into=str(tmp_path / "shop.duckdb"), now=day(now))

    return landing


@pytest.fixture
def rows(tmp_path):
    def reader(sql):
        with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return reader


def test_files__land_once_and_corrections_are_dated(land, rows, tmp_path):
    assert land("crm.csv", ORDERS, 15).rows == {"orders": 3}
    assert land("crm.csv", ORDERS, 16).rows == {}
    assert stat.S_IMODE((tmp_path / "shop.duckdb").stat().st_mode) == 0o600
    later = ORDERS.replace("03.01.2026,50", "03.01.2026,40") + "cat,05.01.2026,7,4\ncat,17.01.2026,8,5\n"
    assert land("crm.csv", later, 18).rows == {"orders": 4}
    assert rows("SELECT customer_id, ordered_at, revenue, order_id, recorded_at, batch, source FROM tenure.orders "
                "ORDER BY order_id, batch, revenue") == [
        ("crm:ann", at(2), 100.0, "crm:1", None, 1, "crm"),
        ("crm:ben", at(3), 50.0, "crm:2", None, 1, "crm"),
        ("crm:ben", at(3), -50.0, "crm:2", at(18), 3, "crm"), ("crm:ben", at(3), 40.0, "crm:2", at(18), 3, "crm"),
        ("crm:ann", at(13), 20.0, "crm:3", None, 1, "crm"),
        ("crm:cat", at(5), 7.0, "crm:4", at(18), 3, "crm"), ("crm:cat", at(17), 8.0, "crm:5", None, 3, "crm"),
    ]  # fmt: skip
    source = OrderSource(f"duckdb://{tmp_path}/shop.duckdb#tenure.orders", trust_customers=True)
    revenue = {moment: fetch(orders(open_shop(source, as_of=at(moment))))["revenue"].sum() for moment in (17, 19)}
    assert revenue == {17: 170.0, 19: 175.0}  # on the 17th nobody knew of order 4, nor that order 2 would be 40


def test_files__of_several_sources_lie_side_by_side(land, tmp_path):
    land("crm.csv", ORDERS, 15)
    landed = land("payments.csv", STRIPE, 15)
    assert landed.account[0].endswith("was read as: Stripe payments (CSV).") or "Stripe" in landed.account[0]
    land("spend.csv", "date,channel,cost\n2026-01-02,search,5\n2026-01-02,search,5\n", 15, table="spend")
    covered = cover(str(tmp_path / "shop.duckdb"))
    assert [(one.source, one.rows, one.customers, one.first_at) for one in covered.sources] == [
        ("crm", 3, 2, at(2)), ("payments", 2, 2, dt.datetime(2026, 1, 2, 10)),
    ]  # fmt: skip
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT sum(cost) FROM tenure.spend").fetchone() == (10.0,)


def test_files__date_refunds_that_an_export_does_not_date(land, rows):
    land("payments.csv", STRIPE, 10)
    land("payments.csv", STRIPE.replace("30.00,0.00,eur,Paid", "30.00,12.00,eur,Paid"), 20)
    lines = rows("SELECT revenue, recorded_at FROM tenure.orders WHERE order_id = 'payments:ch_2' ORDER BY batch, 1")
    assert lines == [(30.0, None), (-30.0, at(20)), (18.0, at(20))]


def test_files__of_no_table_are_refused(land):
    with pytest.raises(UsageError, match="There is no table 'order'"):
        land("crm.csv", ORDERS, 15, table="order")
