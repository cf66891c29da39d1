"""Two engines, one number: whatever DuckDB computes, Spark computes too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tenure_features import (
    Engine,
    OrderLog,
    OrderSource,
    TableSource,
    catalogue,
    check,
    open_orders,
    open_table,
    outcomes,
    snapshots,
)
from tenure_features.errors import DataContractError, UsageError

from .side_oracle import shop_tables

ORIGINS = ["2023-07-15 12:34:56", "2024-03-01"]


@pytest.fixture(scope="module")
def both(spark, tmp_path_factory) -> Callable[..., tuple[OrderLog, OrderLog]]:
    """The same rows opened on DuckDB and on Spark."""

    def opener(rows: pd.DataFrame, **source) -> tuple[OrderLog, OrderLog]:
        path = tmp_path_factory.mktemp("log") / "orders.parquet"
        rows.to_parquet(path, index=False)
        duckdb, sparks = (open_orders(OrderSource(path, **source), engine=Engine(kind)) for kind in ("duckdb", "spark"))
        return duckdb, sparks

    return opener


def test_engine__is_one_of_two():
    with pytest.raises(UsageError, match="Use duckdb or spark"):
        Engine("polars")


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
def test_spark__gives_the_values_of_duckdb_and_of_the_oracle(both, random_log, oracle, spread):
    lines = random_log(7, spread=spread)
    duckdb, sparks = both(lines)
    assert sparks.readiness.to_dict() == duckdb.readiness.to_dict()
    expected, got = snapshots(duckdb, ORIGINS), snapshots(sparks, ORIGINS)
    assert got[["customer_id", "as_of"]].equals(expected[["customer_id", "as_of"]])
    assert list(got.columns) == list(expected.columns)
    for name in expected.columns[2:]:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-9, atol=0, err_msg=name)
    truth = oracle(lines, ORIGINS[1])
    last = got[got["as_of"] == ORIGINS[1]].reset_index(drop=True)
    for name in [one.name for one in catalogue() if one.table == "orders" and one.name in truth]:
        np.testing.assert_allclose(last[name], truth[name].astype(float), rtol=1e-9, atol=6e-7, err_msg=name)
    labels, again = (outcomes(log, ORIGINS[:1], 45) for log in (duckdb, sparks))
    pd.testing.assert_frame_equal(labels, again, check_exact=False, rtol=1e-9, atol=0)


@pytest.mark.parametrize("recorded", [False, True], ids=["at once", "recorded late"])
def test_spark__computes_every_feature_of_every_table(spark, tmp_path, recorded):
    shop = shop_tables(3, recorded=recorded)
    for name, rows in shop.items():
        rows.to_parquet(tmp_path / f"{name}.parquet", index=False)
    found = []
    for kind in ("duckdb", "spark"):
        log = open_orders(OrderSource(tmp_path / "orders.parquet"), engine=Engine(kind))
        tables = {
            name: open_table(name, TableSource(tmp_path / f"{name}.parquet"), backend=log.backend)
            for name in shop
            if name != "orders"
        }
        found.append((snapshots(log, ORIGINS[0], tables=tables), tables))
    (expected, tables), (got, sparks) = found
    assert {one.name for one in catalogue() if one.table != "calendar"} <= set(expected.columns)
    assert list(got.columns) == list(expected.columns)
    assert got["customer_id"].equals(expected["customer_id"])
    for name in expected.columns[2:]:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-9, atol=0, err_msg=name)
    for name, table in tables.items():
        assert sparks[name].readiness == table.readiness, name


def test_spark__reads_text_expressions_and_the_catalogue(spark, write):
    text = (
        "kunde;wann;menge;preis\n 7.0 ;31.12.2023 18:05;2;1.250,50\nnull;01.02.2024 09:00;1;3\n8;15.1.2024 10:00;x;4\n"
    )
    columns = {
        "customer_id": "kunde",
        "ordered_at": "strptime(wann, '%d.%m.%Y %H:%M')",
        "revenue": "CAST(menge AS DOUBLE) * 2",
    }
    reports = [
        check(OrderSource(write(text), columns=columns), engine=Engine(kind)).to_dict() for kind in ("duckdb", "spark")
    ]
    assert reports[0] == reports[1]
    assert reports[0]["rows_used"] == 1
    plain = {"customer_id": "kunde", "ordered_at": "wann", "revenue": "preis"}
    reports = [
        check(OrderSource(write(text), columns=plain), engine=Engine(kind)).to_dict() for kind in ("duckdb", "spark")
    ]
    assert reports[0] == reports[1]
    assert reports[0]["revenue"] == 1254.5
    spark.sql("CREATE TABLE shop_orders USING parquet AS SELECT 'a' AS customer_id, TIMESTAMP'2024-01-01 10:00:00' AS "
              "ordered_at, 5.0D AS revenue, '1' AS order_id")  # fmt: skip
    log = open_orders(OrderSource("spark://default.shop_orders"), engine=Engine("spark"))
    assert log.readiness.revenue == 5.0
    with pytest.raises(DataContractError, match="Spark catalogue says"):
        open_orders(OrderSource("spark://default.nothing"), engine=Engine("spark"))
