"""Every definition in the SQL of other databases; Postgres, started for the test, computes them."""

from __future__ import annotations

from contextlib import contextmanager

import ibis
import numpy as np
import pytest
import sqlglot

from tenure_features import Catalogue, Shop, open_shop, outcomes, snapshots
from tenure_features.days import origins_of
from tenure_features.errors import DataContractError, DependencyUnavailableError, UsageError
from tenure_features.frames import sort_and_round
from tenure_features.reading.databases import hide_password
from tenure_features.reading.dialects import _median_by_sorting, sql_for
from tenure_features.reading.engine import reader, statement, without_warnings
from tenure_features.snapshot import snapshot_table
from tests.features.tables_oracle import shop_tables

ORIGIN = "2023-09-15 12:00:00"


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    """Orders and the tables beside them."""
    folder, tables = tmp_path_factory.mktemp("shop"), shop_tables(3)
    for name, rows in tables.items():
        rows.to_parquet(folder / f"{name}.parquet", index=False)
    paths = {name: folder / f"{name}.parquet" for name in tables}
    return open_shop(paths.pop("orders"), **paths)


@contextmanager
def connected(uri):
    import psycopg
    from ibis.backends.postgres import Backend

    with without_warnings(), psycopg.connect(uri) as connection:
        yield Backend.from_connection(connection)


@pytest.mark.parametrize("dialect", ["postgres", "bigquery", "snowflake"])
def test_catalogue__compiles_for_other_databases(shop, dialect):
    of_rows = [one for one in Catalogue() if one.table != "calendar"]  # computed beside the query
    sql = sql_for(snapshot_table(shop.log.orders, origins_of(ORIGIN), of_rows, shop=shop), dialect)
    assert sqlglot.parse_one(sql, dialect=dialect)
    assert [one.name for one in of_rows if one.name not in sql] == []


def test_median__of_sorted_values_is_the_median(shop):
    medians = [one for one in Catalogue() if one.name in {"adbt_median_days", "lateness_median"}]
    query = snapshot_table(shop.log.orders, origins_of(ORIGIN), medians)
    expected, got = (sort_and_round([reader(one)]) for one in (query, query.op().replace(_median_by_sorting).to_expr()))
    assert got.equals(expected)
    assert got["adbt_median_days"].notna().sum() > 10


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
def test_postgres__gives_the_values_of_duckdb(postgres, opened, random_log, spread):
    shop = opened(random_log(7, spread=spread))
    with connected(postgres) as backend:
        rows = shop.log.orders.to_pyarrow().to_pandas()
        orders = backend.create_table("sequenced", ibis.memtable(rows), overwrite=True)
        table = snapshot_table(orders, origins_of(ORIGIN), [one for one in Catalogue() if one.table == "orders"])
        got = sort_and_round([reader(table)])
    expected = snapshots(shop, ORIGIN)
    assert got["customer_id"].equals(expected["customer_id"])
    for name in expected.columns[2:]:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-9, atol=0, err_msg=name)


def test_orders__lie_in_postgres_or_in_a_duckdb_file(postgres, random_log, tmp_path):
    lines = random_log(5, spread=False)
    lines.to_parquet(tmp_path / "orders.parquet", index=False)
    with connected(postgres) as backend:
        backend.create_table("orders", ibis.memtable(lines), overwrite=True)
    file = ibis.duckdb.connect(tmp_path / "shop.duckdb")
    statement(file, "CREATE SCHEMA sales")
    with without_warnings():
        file.create_table("orders", ibis.memtable(lines), database="sales")
    file.disconnect()
    expected = open_shop(tmp_path / "orders.parquet")
    for uri in (with_table(postgres, "public.orders"), f"duckdb://{tmp_path / 'shop.duckdb'}#sales.orders"):
        shop = open_shop(uri)
        assert shop.fingerprint == expected.fingerprint
        assert outcomes(shop, ORIGIN, 45).equals(outcomes(expected, ORIGIN, 45))


def with_table(uri, table):
    start, question, query = uri.partition("?")
    return f"{start}/{table}{question}{query}"


def test_uri__that_leads_nowhere_is_said_in_a_sentence(postgres, tmp_path):
    ibis.duckdb.connect(tmp_path / "shop.duckdb").disconnect()
    for uri, error, sentence in [
        (with_table(postgres, "public.nothing"), DataContractError, "cannot be read.*nothing"),
        (postgres, UsageError, "names no table"),
        ("postgresql://shop:secret@127.0.0.1:1/sales/orders", DependencyUnavailableError, r"shop:\*\*\*@.*reached"),
        (f"duckdb://{tmp_path / 'shop.duckdb'}", UsageError, "names no table"),
        (f"duckdb://{tmp_path / 'shop.duckdb'}#orders", DataContractError, "cannot be read"),
        (f"duckdb://{tmp_path / 'none.duckdb'}#orders", DataContractError, "does not exist"),
        ("spark://sales.orders", UsageError, "--engine spark"),
        ("s3://bucket/orders", DataContractError, "read from files and databases"),
    ]:
        with pytest.raises(error, match=sentence) as caught:
            open_shop(uri)
        assert "secret" not in str(caught.value)
    assert hide_password("postgresql://db/sales/orders") == "postgresql://db/sales/orders"
