"""Tables handed over: sorted, rounded and typed, however many rows were expected; files of an engine go with it."""

from __future__ import annotations

import gc
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tenure_features import Engine
from tenure_features.families.reductions import move_conditions
from tenure_features.frames import sort_and_round
from tenure_features.reading.engine import fetch, keep, reader, statement, view


@pytest.mark.parametrize("expected_rows", [0, 3000, 10_000], ids=["far too few", "just right", "too many"])
def test_framed__sorts_rounds_and_types_whatever_was_expected(expected_rows):
    backend = Engine().connect()
    who = "CAST(hash(i) % 100000 AS VARCHAR) || '-' || i AS customer_id"
    sql = f"SELECT {who}, DATE '2024-01-01' AS as_of, i / 3 AS third, CASE WHEN i % 2 = 0 THEN i END AS even"
    statement(backend, f"CREATE TABLE early AS {sql} FROM range(3000) AS r(i)")
    statement(backend, "CREATE TABLE late AS SELECT * REPLACE (DATE '2023-01-01' AS as_of) FROM early WHERE third < 2")
    first, second = view(backend, "early"), view(backend, "late")
    tables = (first, second, first, first)  # the last ones need more room while the ones before are being sorted
    got = sort_and_round(map(reader, tables), rows=expected_rows)
    parts = [fetch(one).sort_values("customer_id") for one in tables]
    wanted = pd.concat(parts, ignore_index=True).astype({"as_of": "datetime64[us]", "even": "float64"})
    pd.testing.assert_frame_equal(got, wanted.assign(third=wanted["third"].round(6)))


def test_framed__of_no_rows_has_columns_and_types():
    backend = Engine().connect()
    statement(backend, "CREATE TABLE nobody (customer_id VARCHAR, as_of TIMESTAMP, orders DOUBLE)")
    got = sort_and_round([reader(view(backend, "nobody"))])
    assert dict(got.dtypes.astype(str)) == {"customer_id": "str", "as_of": "datetime64[us]", "orders": "float64"}
    assert got.empty


def test_unfiltered__reduces_to_the_same_values():
    backend = Engine().connect()
    rows = pd.DataFrame({"group": list("aaabbc"), "x": [1.0, 2.5, None, -3.0, 4.0, 7.0], "y": [1, 0, 1, 1, 1, 0]})
    table = keep(backend, "numbers", ibis.memtable(pa.Table.from_pandas(rows)))
    inside = table.y == 1
    plain = {
        "sum": table.x.sum(where=inside), "min": table.x.min(where=inside), "max": table.x.max(where=inside),
        "mean": table.x.mean(where=inside), "std": table.x.std(where=inside, how="sample"),
        "over": table.x.sum(where=inside) / table.x.max(where=inside), "all": table.x.sum(),
        "median": table.x.median(where=inside),
    }  # fmt: skip
    found = [
        fetch(table.group_by("group").aggregate(**how).order_by("group")) for how in (plain, move_conditions(plain))
    ]
    pd.testing.assert_frame_equal(*found)
    assert np.isnan(found[0]["sum"][2])  # a sum over no row is missing, not zero


def test_engine__keeps_its_tables_in_a_folder_that_goes_with_it(tmp_path: Path):
    backend = Engine(temp_directory=tmp_path / "spill").connect()
    statement(backend, "CREATE TABLE numbers AS SELECT range AS n FROM range(1000)")
    assert [path.name for path in (tmp_path / "spill").glob("*/*.duckdb")] == ["tables.duckdb"]
    del backend
    gc.collect()
    assert list((tmp_path / "spill").iterdir()) == []
