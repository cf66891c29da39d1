"""Two engines, one number: whatever DuckDB computes, Spark computes too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tenure_features import (
    Catalogue,
    Engine,
    OrderSource,
    Shop,
    TableSource,
    check,
    open_orders,
    open_shop,
    open_table,
    outcomes,
    rfm_summary,
    snapshots,
)
from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity import IdentitySettings, IdentityState, Resolution, customer_map, resolve, undo_merge
from tenure_features.identity.components import components
from tenure_features.identity.emails import normal_email, tidy_email
from tenure_features.identity.hashes import hash_key, is_hash, md5_of
from tenure_features.identity.kinds import identifier_kind, is_blocked
from tenure_features.identity.phones import compact_phone
from tenure_features.identity.values import _plain
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import fetch, keep, statement, without_warnings
from tenure_serving.scorer import Scorer
from tenure_serving.segments import Segmenter
from tenure_serving.spark import score_on_spark
from tenure_training.frame import Frames
from tenure_training.models.bundle import BundleInfo, definitions, package_versions, write_bundle
from tenure_training.models.registry import CANDIDATES
from tests.features.tables_oracle import shop_tables

from .test_dialects import connected, with_table

ORIGINS = ["2023-07-15 12:34:56", "2024-03-01"]


@pytest.fixture(scope="module")
def both(spark, tmp_path_factory) -> Callable[..., tuple[Shop, Shop]]:
    """The same rows opened on DuckDB and on Spark."""

    def opener(rows: pd.DataFrame, **source) -> tuple[Shop, Shop]:
        path = tmp_path_factory.mktemp("log") / "orders.parquet"
        rows.to_parquet(path, index=False)
        return tuple(open_shop(OrderSource(path, **source), engine=Engine(kind)) for kind in ("duckdb", "spark"))

    return opener


def test_engine__is_one_of_two():
    with pytest.raises(UsageError, match="Use duckdb or spark"):
        Engine("polars")


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
def test_spark__gives_the_values_of_duckdb_and_of_the_oracle(both, random_log, oracle, spread):
    lines = random_log(7, spread=spread)
    ducks, sparks = both(lines)
    assert sparks.log.readiness.to_dict() == ducks.log.readiness.to_dict()
    expected, got = snapshots(ducks, ORIGINS), snapshots(sparks, ORIGINS)
    assert got[["customer_id", "as_of"]].equals(expected[["customer_id", "as_of"]])
    assert list(got.columns) == list(expected.columns)
    for name in expected.columns[2:]:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-9, atol=0, err_msg=name)
    truth = oracle(lines, ORIGINS[1])
    last = got[got["as_of"] == ORIGINS[1]].reset_index(drop=True)
    for name in [one.name for one in Catalogue() if one.table == "orders" and one.name in truth]:
        np.testing.assert_allclose(last[name], truth[name].astype(float), rtol=1e-9, atol=6e-7, err_msg=name)
    labels, again = (outcomes(shop, ORIGINS[:1], 45) for shop in (ducks, sparks))
    pd.testing.assert_frame_equal(labels, again, check_exact=False, rtol=1e-9, atol=0)


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
def test_spark__summarises_the_four_columns_like_duckdb(both, random_log, spread):
    expected, got = (rfm_summary(shop, ORIGINS[0]) for shop in both(random_log(5, spread=spread)))
    assert len(expected) > 5
    pd.testing.assert_frame_equal(got, expected, check_exact=False, rtol=1e-9, atol=0)


def test_spark__summarises_the_four_columns_of_a_file_like_duckdb(spark, write, random_log):
    source = OrderSource(write(random_log(5), "log.parquet"))
    expected, got = (rfm_summary(source, ORIGINS[0], engine=Engine(kind)) for kind in ("duckdb", "spark"))
    assert len(expected) > 5
    pd.testing.assert_frame_equal(got, expected, check_exact=False, rtol=1e-9, atol=0)


@pytest.mark.parametrize("recorded", [False, True], ids=["at once", "recorded late"])
def test_spark__computes_every_feature_of_every_table(spark, tmp_path, recorded):
    paths = {}
    for name, rows in shop_tables(3, recorded=recorded).items():
        paths[name] = tmp_path / f"{name}.parquet"
        rows.to_parquet(paths[name], index=False)
    orders, found = paths.pop("orders"), []
    for kind in ("duckdb", "spark"):
        shop = open_shop(orders, **paths, engine=Engine(kind))
        found.append((snapshots(shop, ORIGINS[0]), shop.tables))
    (expected, tables), (got, sparks) = found
    assert {one.name for one in Catalogue() if one.table != "calendar"} <= set(expected.columns)
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
    assert log.figures.revenue == 5.0
    with pytest.raises(DataContractError, match="Spark catalogue says"):
        open_orders(OrderSource("spark://default.nothing"), engine=Engine("spark"))


def test_spark__reads_tables_of_postgres_and_of_duckdb_files(spark, postgres, random_log, tmp_path):
    lines = random_log(5, spread=False).head(60)
    events = pd.DataFrame({"customer_id": ["c1"], "occurred_at": pd.to_datetime(["2024-01-01"]), "event": ["visit"]})
    with connected(postgres) as backend, duckdb.connect(tmp_path / "shop.duckdb") as file:
        for name, rows in (("orders", lines), ("events", events)):
            rows.to_parquet(tmp_path / f"{name}.parquet", index=False)
            backend.create_table(f"spark_{name}", ibis.memtable(rows), overwrite=True)
            file.execute(f"CREATE TABLE spark_{name} AS FROM '{tmp_path / name}.parquet'")
    expected = open_orders(OrderSource(tmp_path / "orders.parquet")).readiness.to_dict()
    for start in (with_table(postgres, "public."), f"duckdb://{tmp_path / 'shop.duckdb'}#"):
        head, question, query = start.partition("?")
        log = open_orders(OrderSource(f"{head}spark_orders{question}{query}"), engine=Engine("spark"))
        assert log.readiness.to_dict() | {"uri": ""} == expected | {"uri": ""}
        beside = open_table("events", TableSource(f"{head}spark_events{question}{query}"), backend=log.backend)
        assert beside.to_pandas().equals(events)


IDENTIFIERS = [  # source, source_id, kind, value, day
    ("shop", "1", "email", "Ada@Example.com", "2024-01-01"),
    ("app", "2", "email", "ada.work+app@gmail.com", "2024-01-05"),
    ("app", "3", "email", "adawork@googlemail.com ", "2024-01-06"),
    ("shop", "1", "phone", "+49 151 07654321", "2024-03-01"),
    ("app", "2", "phone", "0151 07654321", "2024-03-02"),  # from here on 1 and 2 are one
    ("crm", "9", "email", "9bb0a3a4b3de7c4bba8e4d7e2ddfa4f6", "2024-01-07"),  # an md5 of nobody
    ("crm", "8", "email", "3e3417d7ef77d5932a6734b916515ed5", "2024-01-08"),  # md5 of ada@example.com
    *(("store", f"t{i}", "user_id", "till", "2024-01-09") for i in range(6)),  # set aside: more than five
    *(("store", f"{who}{i}", "email", f"{who}@example.com", "2024-01-10") for who in "ab" for i in range(3)),
    *(("store", f"{who}0", "phone", "+49 151 07654322", "2024-01-11") for who in "ab"),  # split again: six
    *(("web", f"p{i}", "phone", "+49 151 07654323", f"2024-01-{i + 10}") for i in range(12)),  # over the limit
    ("shop", "5", "email", "bob@example.com", "2024-01-12"),
    ("shop", "6", "email", "eve@example.com", "2024-01-12"),
    *(("shop", one, "device", "TABLET", "2024-01-13") for one in ("5", "6")),  # of a family
    *((source, one, "device", "PHONE", "2024-01-14") for source, one in (("shop", "5"), ("web", "guest"))),
    *(("shop", one, "loyalty_card", "LC-77", "2024-04-20") for one in ("5", "6")),  # one person after all
    ("web", "7", "email", "test@test.com", "2024-01-15"),
    ("web", "7", "fax", "7", ""),
]


def linked_on(kind: str, as_of: str, previous: IdentityState | None = None, **asked: Any) -> Resolution:
    given = asked.pop("rows", IDENTIFIERS)
    names = ["source", "source_id", "kind", "value"]
    columns = {name: pa.array([row[at] for row in given]) for at, name in enumerate(names)}
    days = pa.array([pd.Timestamp(row[4]) if row[4] else None for row in given], pa.timestamp("us"))
    rows, backend = ibis.memtable(pa.table(columns | {"seen_at": days})), Engine(kind).connect()
    rules = IdentitySettings(default_region="DE", largest=5)
    found = resolve(rows, as_of=as_of, backend=backend, settings=rules, previous=previous, **asked)
    if kind == "spark" and not asked:  # of the intermediate tables, only the map is left
        assert sum("tenure_identity" in str(row) for row in statement(backend, "SHOW TABLES")) == 1
    return found


def assert_same(one: Resolution, other: Resolution) -> None:
    for name in ("rows", "history", "apart"):
        pd.testing.assert_frame_equal(getattr(other.state, name), getattr(one.state, name))
    for name in ("guarded", "problems"):
        pd.testing.assert_frame_equal(getattr(other, name), getattr(one, name), check_dtype=False)
    assert (other.source_ids, other.customers) == (one.source_ids, one.customers)


def test_spark__links_identifiers_like_duckdb(spark):
    expected, got = linked_on("duckdb", "2024-02-01"), linked_on("spark", "2024-02-01")
    assert_same(expected, got)
    customer = got.state.current.set_index("source_id")["customer_id"]
    assert customer[["1", "2", "3", "8", "5", "6", "guest"]].tolist() == ["1", "2", "2", "1", "5", "6", "5"]
    assert set(got.guarded["guard"]) == {
        "over the limit of its kind", "shared by several people", "too large: split", "too large: set aside",
    }  # fmt: skip


def test_spark__reads_identifiers_like_duckdb(spark):
    """Regular expressions, trimming and hashes are each engine's own."""
    typed = [
        " Ada.B@Example.COM\t", "mailto:ada@example.com", "a.d.a+news@gmail.com", "A.da@GoogleMail.com", "+x@gmail.com",
        "++x@gmail.com", "a+b+c@outlook.com", "ada+shop@example.com", "ada@@example.com", "ada@example", "ÄDA@MÜLL.DE",
        "\\1$1@gmail.com", "", " ", "+49 (0)151/076-543.21", "0151 ext. 7", "lc 12-34", "none@x.org", "SECRET-1",
        "+10000000000", "1234567890", "0000-0000", "77777", "E-Mail", "hashed_email", "Phone Hash", "cookie-id",
        "3E3417D7EF77D5932A6734B916515ED5", "aaaa", "(not set)",
    ]  # fmt: skip
    settings, found = IdentitySettings(blocked=("secret-1",)), []
    rows = [(kind, value) for kind in settings.by_trust for value in typed]
    for engine in ("duckdb", "spark"):
        backend = Engine(engine).connect()
        table = ibis.memtable(pa.table({"kind": [kind for kind, _ in rows], "value": [value for _, value in rows]}))
        kept = keep(backend, "typed", table.mutate(hashed=is_hash(table.value)))
        read = kept.mutate(
            known=identifier_kind(kept.value, settings.by_trust),
            email=normal_email(kept.value),
            tidy=tidy_email(kept.value),
            phone=compact_phone(kept.value),
            plain=_plain(kept, settings),
            blocked=is_blocked(kept.kind, kept.value, settings),
            md5=md5_of(kept.value, engine=backend.name),
            sha256=hash_key(kept.value, engine=backend.name),
        )
        found.append(fetch(read.order_by(["kind", "value"])))
    pd.testing.assert_frame_equal(found[1], found[0])
    assert found[0]["blocked"].nunique() == found[0]["hashed"].nunique() == 2


def test_spark__keeps_ids_merges_and_what_was_told_apart_like_duckdb(spark):
    before = linked_on("duckdb", "2024-02-01").state
    merged = linked_on("duckdb", "2024-04-01", before).state
    apart = undo_merge(merged, customer_id="1", other="2", as_of="2024-04-01")
    expected, got = (linked_on(kind, "2024-05-01", apart) for kind in ("duckdb", "spark"))
    assert_same(expected, got)
    customer = got.state.current.set_index("source_id")["customer_id"]
    assert customer[["1", "2", "3", "8", "5", "6"]].tolist() == ["1", "2", "2", "1", "5", "5"]
    assert got.history[["event", "customer_id", "other_id"]].to_numpy().tolist() == [
        ["merge", "1", "2"], ["undo", "1", "2"], ["merge", "5", "6"],
    ]  # fmt: skip
    assert "told apart" in set(got.guarded["guard"])


def test_spark__sees_earlier_customers_like_duckdb(spark, tmp_path):
    days = ["2024-01-10", "2024-01-20", "2024-02-10", "2024-03-10", "2024-03-25"]
    rows = pd.DataFrame({"customer_id": ["1", "2", "3", "2", "5"], "ordered_at": pd.to_datetime(days), "revenue": 1.0})
    rows.to_parquet(tmp_path / "orders.parquet")
    found = []
    for kind in ("duckdb", "spark"):
        linked = linked_on(kind, "2024-05-01", rows=IDENTIFIERS[:5], timeline=True)
        who = customer_map(linked.state.current, timeline=linked.timeline)
        log = open_orders(OrderSource(tmp_path / "orders.parquet"), "2024-05-01", engine=Engine(kind), customers=who)
        shop = Shop(log=log)
        table = snapshots(shop, ["2024-03-01", "2024-05-01"], features=["orders_total"])
        found.append(table.merge(outcomes(shop, "2024-03-01", 31), on=["customer_id", "as_of"], how="left"))
    pd.testing.assert_frame_equal(found[1], found[0])
    assert found[1][["customer_id", "orders_total"]].to_numpy().tolist() == [["1", 1], ["2", 2], ["1", 4], ["5", 1]]


def test_spark__scores_like_pandas(spark, opened, random_log, tmp_path):
    shop, as_of, days = opened(random_log(3)), pd.Timestamp("2024-02-01"), 60
    frame = Frames(shop).frame(as_of, horizon_days=days)
    model = CANDIDATES["logistic"]().fit(frame, seed=0)
    said = model.predict(frame.present)
    table = pd.DataFrame({"churn_probability": 1 - said.buy_probability, "expected_value": said.expected_value})
    info = BundleInfo(
        champion="logistic", as_of=as_of, horizon_days=days, label_days=days, returns="net", currency="EUR",
        definitions=definitions(horizon_days=days, returns="net", currency="EUR"),
        catalogue=frame.catalogue.describe(frame.features), active_days=None,
        fingerprint="0123abcd", seed=0, versions=package_versions(),
    )  # fmt: skip
    write_bundle(tmp_path / "bundle", model, info, Segmenter.fit(frame.present, table, horizon_days=90).to_dict())
    expected = Scorer.load(tmp_path / "bundle").score(frame.present)
    rows = spark.createDataFrame(pa.Table.from_pandas(frame.present, preserve_index=False))
    with without_warnings():
        got = score_on_spark(tmp_path / "bundle", rows.repartition(2), currency="EUR").toPandas()
    got = got.sort_values("customer_id", ignore_index=True)
    assert list(got.columns) == list(expected.columns)
    for name in ("churn_reasons", "value_reasons"):
        assert [list(one) for one in got[name]] == [list(one) for one in expected[name]]
    numbers = [name for name in expected if not name.endswith("_reasons")]
    pd.testing.assert_frame_equal(got[numbers], expected[numbers], check_dtype=False, rtol=1e-9, atol=0)
    with pytest.raises(DataContractError, match="more than once"):
        score_on_spark(tmp_path / "bundle", rows.union(rows))
    with pytest.raises(DataContractError, match="lacks columns"):
        score_on_spark(tmp_path / "bundle", rows.drop("recency_days"))


def test_spark__finds_a_long_chain(spark):
    """Each round reads the one before it several times; a plan that kept them all would grow without end."""
    rows = [(number, number + step) for number in range(60) for step in (0, 1)]
    pairs = pa.table({"node": [node for node, _ in rows], "value": [value for _, value in rows]})
    with Workspace(Engine("spark").connect()) as work:
        found = fetch(components(work.load(pairs), work=work))
    assert sorted(found["node"]) == list(range(1, 60))
    assert set(found["component"]) == {0}


def test_spark__checkpoints_where_the_context_says(spark, tmp_path):
    """The last test of Spark: a context does not forget its directory."""
    with Workspace(Engine("spark").connect()) as work:
        rows = work.load(pa.table({"node": [1, 2, 3]}))
        work.keep(rows)
        spark.sparkContext.setCheckpointDir(str(tmp_path))
        kept = work.keep(rows.mutate(double=rows.node * 2))
        assert fetch(kept.order_by("node"))["double"].tolist() == [2, 4, 6]
    assert list(tmp_path.rglob("part-*"))
