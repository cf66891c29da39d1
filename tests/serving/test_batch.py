"""Scores on disk say what they are, appear whole or not at all, and are not written twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure_features.errors import DataContractError, NothingToDoError
from tenure_serving.batch import find_scores, read_definitions, write_scores
from tenure_serving.score_columns import CLV_COLUMNS, SCHEMA
from tenure_serving.scorer import Scorer

NOT_LEARNT = {"next_order_low_at", "next_order_high_at", *CLV_COLUMNS}
"""Columns that the small model of these tests has nothing to give for."""

LATER = pd.Timestamp("2024-07-01")


@pytest.fixture
def scores(bundle, later_snapshot) -> pd.DataFrame:
    return Scorer(bundle).score(later_snapshot)


@pytest.fixture
def write(bundle, tmp_path):
    def write(scores, **more):
        more = {"bundle": bundle, "input_fingerprint": "feed", **more}
        return write_scores(scores, tmp_path / "out", **more)

    return write


def test_batch__writes_every_column_with_its_type(write, scores):
    written = write(scores)
    types = {field.name: str(field.type) for field in pq.read_schema(written.scores)}
    arrow = {"string": "string", "datetime": "timestamp[us]", "long": "int64", "double": "double"}
    kinds = {name: kind for name, kind in SCHEMA.items() if name not in NOT_LEARNT}
    assert types == {name: {"strings": "list<element: string>", **arrow}[kind] for name, kind in kinds.items()}
    back = pd.read_parquet(written.scores)
    reasons = ["churn_reasons", "value_reasons"]
    pd.testing.assert_frame_equal(back.drop(columns=reasons), scores.drop(columns=reasons))
    assert pq.ParquetFile(written.scores).metadata.row_group(0).column(0).compression == "ZSTD"


def test_batch__file_and_manifest_carry_the_definitions(write, scores, bundle):
    written = write(scores)
    manifest = json.loads(written.manifest.read_text())
    assert manifest == written.content
    assert manifest["definitions"] == bundle.info.definitions
    assert manifest["sha256"] == hashlib.sha256(written.scores.read_bytes()).hexdigest()
    told = {key: manifest[key] for key in ("schema_version", "model_version", "as_of", "horizon_days", "rows")}
    assert told == {
        "schema_version": 1,
        "model_version": bundle.version,
        "as_of": "2024-07-01T00:00:00",
        "horizon_days": 90,
        "rows": 50,
    }
    del manifest["sha256"]
    assert read_definitions(written.scores) == manifest


def test_batch__names_no_place_of_this_machine(write, scores, tmp_path):
    written = write(scores)
    assert str(tmp_path).encode() not in written.scores.read_bytes() + written.manifest.read_bytes()


def test_batch__same_scores_in_any_order_are_the_same_bytes(write, scores, tmp_path):
    first = write(scores).scores.read_bytes()
    shuffled = scores.iloc[np.random.default_rng(2).permutation(len(scores))]
    (tmp_path / "out" / "manifest.json").unlink()
    assert write(shuffled).scores.read_bytes() == first


def test_batch__the_same_result_is_not_written_twice(write, scores, bundle):
    written = write(scores)
    before = written.scores.stat().st_mtime_ns
    with pytest.raises(NothingToDoError, match=f"there already: model {bundle.version}, as of 2024-07-01"):
        write(scores)
    assert written.scores.stat().st_mtime_ns == before


@pytest.mark.parametrize("what", ["orders", "model", "columns", "file", "manifest"])
def test_batch__anything_new_is_written(write, scores, bundle, what):
    written = write(scores)
    more, table = {}, scores
    if what == "orders":
        more = {"input_fingerprint": "food"}
    elif what == "model":
        more = {"bundle": replace(bundle, version="another")}
    elif what == "columns":
        table = scores.assign(clv_net=1.0)
    else:
        {"file": written.scores, "manifest": written.manifest}[what].write_bytes(b"torn")
    assert write(table, **more).content["rows"] == 50
    assert pq.read_table(written.scores).column_names == list(table.columns)


def test_batch__finished_work_is_found_before_it_is_repeated(write, scores, bundle, tmp_path):
    question = {"bundle": bundle, "as_of": LATER, "input_fingerprint": "feed"}
    assert find_scores(tmp_path / "out", **question) is None
    written = write(scores)
    assert find_scores(tmp_path / "out", **question) == written
    assert find_scores(tmp_path / "out", **question | {"as_of": LATER + pd.Timedelta(days=1)}) is None


def test_batch__partitions_read_as_one_table_everywhere(write, scores, tmp_path):
    for days in (0, 30):
        moment = LATER + pd.Timedelta(days=days, hours=6)
        write(scores.assign(as_of=moment), partitioned=True)
    folder = tmp_path / "out"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == [
        "as_of=2024-07-01/_manifest.json",
        "as_of=2024-07-01/scores.parquet",
        "as_of=2024-07-31/_manifest.json",
        "as_of=2024-07-31/scores.parquet",
    ]
    assert pd.read_parquet(folder)["as_of"].value_counts().to_dict() == {"2024-07-01": 50, "2024-07-31": 50}
    counted = (
        duckdb.read_parquet(f"{folder}/*/*.parquet", hive_partitioning=True)
        .aggregate("as_of, count(*)")
        .order("as_of")
        .fetchall()
    )
    assert [(str(day), rows) for day, rows in counted] == [("2024-07-01", 50), ("2024-07-31", 50)]
    assert read_definitions(folder / "as_of=2024-07-01" / "scores.parquet")["as_of"] == "2024-07-01T06:00:00"
    with pytest.raises(NothingToDoError):
        write(scores.assign(as_of=LATER + pd.Timedelta(hours=6)), partitioned=True)


def test_batch__a_reader_keeps_the_scores_it_opened(write, scores):
    path = write(scores).scores
    before = path.read_bytes()
    with path.open("rb") as reader:
        write(scores.assign(expected_value=1.0), input_fingerprint="food")
        assert reader.read() == before
    assert path.read_bytes() != before


def test_batch__a_crash_leaves_the_old_scores_and_no_litter(write, scores, tmp_path, monkeypatch):
    before = write(scores).scores.read_bytes()

    def crash(writer, table):  # the file is open by then, and holds its first bytes
        raise OSError("disk full")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", crash)
    with pytest.raises(OSError, match="disk full"):
        write(scores, input_fingerprint="food")
    assert (tmp_path / "out" / "scores.parquet").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.json", "scores.parquet"]


def test_batch__reasons_are_lists_of_text(write, scores):
    table = scores.assign(churn_reasons=[["silent for 96 days", "usual gap 21"], *[[]] * 49])
    column = pq.read_table(write(table).scores)["churn_reasons"]
    assert column.type.value_type == pa.string()
    assert column[0].as_py() == ["silent for 96 days", "usual gap 21"]


def test_batch__one_moment_per_file(write, scores):
    with pytest.raises(DataContractError, match="0 of them in 0 rows"):
        write(scores.head(0))
    with pytest.raises(DataContractError, match="2 of them in 50 rows"):
        write(scores.assign(as_of=[LATER] * 49 + [LATER + pd.Timedelta(days=1)]))


def test_batch__a_file_without_definitions_is_not_ours(tmp_path):
    pq.write_table(pa.table({"customer_id": ["a"]}), tmp_path / "scores.parquet")
    with pytest.raises(DataContractError, match=r"scores\.parquet does not say what its columns mean"):
        read_definitions(tmp_path / "scores.parquet")


def test_batch__of_many_customers_is_written_some_at_a_time_and_is_the_same(write, scores, tmp_path, monkeypatch):
    mixed = scores.sample(frac=1.0, random_state=1).assign(campaign=[None] * 30 + ["spring"] * 20)
    whole = pq.read_table(write(mixed).scores)
    monkeypatch.setattr("tenure_serving.batch._ROWS_AT_ONCE", 7)
    parts = pq.ParquetFile(write(mixed, input_fingerprint="again").scores)
    assert parts.num_row_groups == 8
    assert parts.read().equals(whole)
