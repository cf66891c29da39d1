"""Snapshots: nothing at or after an origin counts, and neither does the order of rows."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tenure_features import OrderSource, open_shop, snapshots, write_snapshots
from tenure_features.errors import UsageError
from tenure_features.reading.engine import statement
from tenure_features.snapshot import snapshot_table

AS_OF = pd.Timestamp("2024-01-01")

ROWS = [
    ("ann", "1", "2023-11-02 10:00", 20.0),
    ("ann", "2", "2023-11-12 10:00", 30.0),
    ("ann", "3", "2023-12-02 10:00", -5.0),
    ("bob", "4", "2023-12-31 23:59:59", 7.0),
    ("cat", "5", "2023-12-24 00:00", -9.0),
    ("dan", "6", "2024-01-01 00:00", 100.0),
]


def table(rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "revenue"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"], format="ISO8601").astype("datetime64[us]"))


def test_snapshots__one_row_per_customer_with_an_order_before(opened):
    got = snapshots(
        opened(table(ROWS)), AS_OF, features=["orders_total", "revenue_total", "adbt_days", "returns_total"]
    )
    assert got.columns.tolist() == [
        "customer_id",
        "as_of",
        "orders_total",
        "revenue_total",
        "adbt_days",
        "returns_total",
    ]
    assert got["customer_id"].tolist() == ["ann", "bob"]  # cat only returned, dan came later
    assert str(got["as_of"].dtype) == "datetime64[us]"
    assert (got.dtypes.iloc[2:] == "float64").all()
    assert got.iloc[0, 2:].tolist() == [2.0, 45.0, 10.0, 1.0]
    assert got["adbt_days"].isna().tolist() == [False, True]


@pytest.mark.parametrize("origins", [["2024-01-01"], ["2024-01-01", "2024-01-01 00:00:01"]])
@pytest.mark.parametrize("cut_in_two", [False, True])
def test_snapshots__leave_out_the_very_moment_of_the_origin(opened, origins, cut_in_two):
    late = [("bob", "4", "2024-01-01 00:00", 50.0)] if cut_in_two else []
    got = snapshots(opened(table(ROWS + late)), origins, features=["orders_total", "revenue_total"])
    before = [["ann", 2.0, 45.0], ["bob", 1.0, 7.0]]
    after = [["ann", 2.0, 45.0], ["bob", 1.0, 57.0 if cut_in_two else 7.0], ["dan", 1.0, 100.0]]
    assert got.drop(columns="as_of").to_numpy().tolist() == (before if len(origins) == 1 else before + after)


def test_snapshots__many_origins_equal_one_at_a_time(opened, random_log):
    for spread in (True, False):
        shop = opened(random_log(3, spread=spread))
        origins = ["2023-03-01", "2023-09-01", "2024-02-01"]
        together = snapshots(shop, origins)
        apart = pd.concat([snapshots(shop, origin) for origin in origins], ignore_index=True)
        assert_frame_equal(together, apart)


def test_snapshots__do_not_depend_on_row_order_or_run(opened, random_log):
    lines = random_log(5)
    shuffled = lines.sample(frac=1, random_state=1)
    first, second = opened(lines), opened(shuffled)
    assert_frame_equal(snapshots(first, "2024-01-01"), snapshots(second, "2024-01-01"), check_exact=True)
    assert first.fingerprint == second.fingerprint
    assert opened(lines.iloc[1:]).fingerprint != first.fingerprint


def test_snapshots__active_days_narrow_the_population(opened):
    shop = opened(table(ROWS))
    assert snapshots(shop, AS_OF, active_days=30)["customer_id"].tolist() == ["bob"]


def test_snapshots__refuse_what_does_not_exist(opened):
    shop = opened(table(ROWS), "2024-01-01")
    with pytest.raises(UsageError, match=r"no feature named 'recency_day'.*Did you mean 'recency_days'"):
        snapshots(shop, AS_OF, features=["recency_day"])
    with pytest.raises(UsageError, match="lies after the moment the shop was opened for"):
        snapshots(shop, "2024-02-01")
    with pytest.raises(UsageError, match=r"cannot be read.*YYYY-MM-DD"):
        snapshots(shop, "the day after")
    with pytest.raises(UsageError, match="No origin"):
        snapshots(shop, [])


moments = st.integers(-40 * 86400, 40 * 86400)
lines = st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz"), moments, st.integers(-50, 200))


def at(seconds):
    return AS_OF + pd.Timedelta(seconds=seconds)


@settings(max_examples=8)
@given(rows=st.lists(lines, max_size=25), other=st.lists(lines, max_size=25))
def test_snapshots__ignore_every_row_at_or_after_as_of(tmp_path_factory, rows, other):
    """Whatever is changed, added or deleted from the origin on, no feature changes, not even of orders cut in two."""
    past = [("base", "base", at(-5 * 86400), 10.0)]
    past += [(who, order, at(when), money / 4) for who, order, when, money in rows if when < 0]
    futures = [
        [(who, order, at(when), money / 4) for who, order, when, money in chosen if when >= 0]
        for chosen in (rows, other)
    ]
    snaps = []
    for future in ([], *futures):
        path = tmp_path_factory.mktemp("log") / "orders.parquet"
        table([*past, *future]).to_parquet(path, index=False)
        snaps.append(snapshots(open_shop(OrderSource(path), AS_OF), AS_OF))
    assert_frame_equal(snaps[0], snaps[1], check_exact=True)
    assert_frame_equal(snaps[0], snaps[2], check_exact=True)


def test_snapshots__ignore_later_rows_of_a_log_opened_whole(opened, random_log):
    lines = random_log(11)
    origin = pd.Timestamp("2023-10-01")
    late = lines["ordered_at"] >= origin
    assert late.sum() > 100
    changed = lines.assign(revenue=lines["revenue"].where(~late, lines["revenue"] * -3 + 1))
    whole, cut = snapshots(opened(lines), origin), snapshots(opened(lines[~late], origin), origin)
    assert_frame_equal(whole, cut, check_exact=True)
    assert_frame_equal(whole, snapshots(opened(changed), origin), check_exact=True)


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
def test_snapshots__of_shares_of_the_customers_equal_one_query(opened, random_log, monkeypatch, spread):
    shop, origins = opened(random_log(3, spread=spread)), ["2023-06-01", "2024-03-01"]
    whole = snapshots(shop, origins)
    monkeypatch.setattr("tenure_features.snapshot.CUSTOMERS_AT_ONCE", 7)
    assert snapshots(shop, origins).equals(whole)


def test_snapshots__beside_tables_of_ranges_of_the_customers_equal_one_query(opened, random_log, monkeypatch):
    rows = random_log(3)
    shop, origins = opened(rows.assign(channel=rows["order_id"].str[-1])), ["2023-06-01", "2024-03-01"]
    whole, seen = snapshots(shop, origins), []
    monkeypatch.setattr("tenure_features.snapshot.PAIRS_AT_ONCE", 1)
    monkeypatch.setattr("tenure_features.snapshot.CUSTOMERS_AT_ONCE", 7)
    monkeypatch.setattr("tenure_features.snapshot.CUSTOMERS_BESIDE_TABLES", 7)

    def counted(*given, **options):
        seen.append(given)
        return snapshot_table(*given, **options)

    monkeypatch.setattr("tenure_features.snapshot.snapshot_table", counted)
    assert snapshots(shop, origins).equals(whole)
    assert len(seen) == 2 * 6  # 40 customers, 7 at once, at two moments


@pytest.mark.parametrize("customers_at_once", [7, 1_000_000])
@pytest.mark.parametrize("origins", [["2024-03-01"], ["2023-06-01", "2024-03-01"], ["2022-01-01"]])
def test_write_snapshots__writes_what_snapshots_give(
    opened, random_log, monkeypatch, tmp_path, customers_at_once, origins
):
    shop, path = opened(random_log(3)), tmp_path / "features.parquet"
    whole = snapshots(shop, origins)
    whole.to_parquet(tmp_path / "whole.parquet", index=False)
    monkeypatch.setattr("tenure_features.snapshot.CUSTOMERS_AT_ONCE", customers_at_once)
    assert write_snapshots(path, shop, origins) == (len(whole), whole.shape[1] - 2)
    assert_frame_equal(pd.read_parquet(path), whole, check_exact=True)
    assert pq.read_schema(path).equals(pq.read_schema(tmp_path / "whole.parquet"))


def test_write_snapshots__leaves_the_file_before_where_it_fails(opened, random_log, monkeypatch, tmp_path):
    shop, path = opened(random_log(3)), tmp_path / "features.parquet"
    path.write_text("the one before")
    monkeypatch.setattr("tenure_features.snapshot.CUSTOMERS_AT_ONCE", 7)
    seen = iter(range(3))
    monkeypatch.setattr(
        "tenure_features.frames.round_half_away", lambda values, out: out if next(seen, 9) < 9 else 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        write_snapshots(path, shop, "2024-03-01")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "the one before"
    assert statement(shop.log.backend, "SELECT current_setting('threads')") == [(2,)]
