"""A shop: its moment, its tables in memory or in files, and what it was at an earlier moment."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tenure_features import Engine, OrderSource, TableSource, check, open_shop, snapshots
from tenure_features.errors import DataContractError, UsageError
from tenure_features.identities import Linking
from tenure_features.reading.engine import fetch
from tenure_features.tables.log import default_as_of

from .tables_oracle import shop_tables


def rows(*lines):
    table = pd.DataFrame(lines, columns=["customer_id", "order_id", "ordered_at", "revenue"])
    return table.assign(ordered_at=pd.to_datetime(table["ordered_at"], format="ISO8601"))


@pytest.fixture(scope="module")
def tables():
    return shop_tables(3)


def contents(shop):
    found = {name: table.to_pandas() for name, table in shop.tables.items()}
    names = list(shop.log.details.columns)
    return found | {"orders": fetch(shop.log.details).sort_values(names, ignore_index=True)}


def test_as_of__is_the_day_after_the_last_order_and_a_note_says_so():
    late_return = ("b", "3", "2024-01-20", -4.0)  # comes back later than anybody buys
    shop = open_shop(rows(("a", "1", "2024-01-01", 5.0), ("b", "2", "2024-01-09 18:00", 9.0), late_return))
    assert shop.as_of == pd.Timestamp("2024-01-10")
    assert shop.notes == ("as_of is 2024-01-10, the day after the last order; choose another with --as-of.",)
    assert (shop.log.figures.returns, shop.log.readiness.rows_after_as_of) == (0, 1)
    assert open_shop(rows(("a", "1", "2024-01-01", 5.0)), "2024-02-01").notes == ()


FIRST = ("a", "1", "2024-01-01", 5.0)


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        ([("a", "1", "2024-01-08", 3.0)], "2024-01-02"),  # a line that came later
        ([("b", "2", "2024-01-08", -9.0), ("b", "2", "2024-01-09", 10.0)], "2024-01-09"),
        ([("b", "2", "2024-01-08", 9.0), ("b", "2", "2024-01-09", -10.0)], "2024-01-02"),
        ([("b", None, "2024-01-08", 9.0), ("b", None, "2024-01-09", -1.0)], "2024-01-09"),
        # rows are orders here, exported twice: what repeats counts once, and the sum of the other stays above zero
        ([(who, who, "2024-01-01", 5.0) for who in "ddeeff"]
         + [("g", "9", "2024-01-08", 50.0), *[("g", "9", "2024-01-08", -30.0)] * 2], "2024-01-09"),
    ],
    ids=["first line counts", "sold in sum", "returned in sum", "without an id", "exported twice"],
)  # fmt: skip
def test_as_of__looks_at_whole_orders(lines, day):
    assert open_shop(rows(FIRST, *lines)).as_of == pd.Timestamp(day)


moments = st.integers(0, 60 * 24)
lines = st.tuples(st.sampled_from("abc"), st.sampled_from([*"uvwxyz", None]), moments, st.integers(-30, 60))


@settings(max_examples=15)
@given(drawn=st.lists(lines, min_size=1, max_size=14))
def test_as_of__is_that_of_the_whole_log_cleaned(drawn):
    """The cheap query against the long way: clean everything, roll it up, and take the last order."""
    made = [
        (who, order, pd.Timestamp("2024-01-01") + pd.Timedelta(hours=at), money / 4) for who, order, at, money in drawn
    ]
    source = OrderSource(rows(*made, ("base", "base", "2024-01-01", 1.0)))
    last = check(source).last_at
    assert default_as_of(source) == last.normalize() + pd.Timedelta(days=1)


def test_as_of__cannot_be_decided_where_nobody_ordered():
    with pytest.raises(DataContractError, match="No row can be used as an order"):
        open_shop(rows(("a", "1", "2024-01-01", -5.0)))
    with pytest.raises(UsageError, match="No order lies before 2023-01-01"):
        open_shop(rows(("a", "1", "2024-01-01", 5.0)), "2023-01-01")


def test_open_shop__without_a_moment_equals_the_moment_given(tables):
    orders = tables["orders"]
    late = orders.assign(ordered_at=orders["ordered_at"].where(orders.index % 7 > 0, orders["ordered_at"].max()))
    beside = {name: table for name, table in tables.items() if name != "orders"}
    late = pd.concat([late, late.tail(1).assign(revenue=-1.0, order_id="back", ordered_at=pd.Timestamp("2025-01-01"))])
    first = open_shop(late, **beside)
    second = open_shop(late, first.as_of, **beside)
    assert first.fingerprint == second.fingerprint
    assert first.log.readiness == second.log.readiness
    for name, content in contents(first).items():
        assert_frame_equal(content, contents(second)[name], check_exact=True)
    cuts = {"events": "occurred_at", "feedback": "answered_at", "service_costs": "incurred_at"}
    assert all(first.tables[name].to_pandas()[when].max() < first.as_of for name, when in cuts.items())


@pytest.mark.parametrize("kind", ["pandas", "Arrow", "with a mapping"])
def test_open_shop__of_frames_equals_files(tables, tmp_path, kind):
    paths = {name: tmp_path / f"{name}.parquet" for name in tables}
    for name, table in tables.items():
        table.to_parquet(paths[name], index=False)
    frames = dict(tables)
    if kind == "Arrow":
        frames = {name: pa.Table.from_pandas(table, preserve_index=False) for name, table in tables.items()}
    if kind == "with a mapping":
        events = tables["events"].rename(columns={"customer_id": "who"})
        frames["events"] = TableSource(events.astype({"channel": "category"}), columns={"customer_id": "who"})
        orders = tables["orders"].rename(columns={"revenue": "paid"})
        frames["orders"] = OrderSource(orders, columns={"revenue": "paid * 1"})
    files = open_shop(paths.pop("orders"), **paths)
    memory = open_shop(frames.pop("orders"), **frames)
    assert memory.fingerprint == files.fingerprint
    assert memory.as_of == files.as_of
    for name, content in contents(files).items():
        assert_frame_equal(contents(memory)[name], content, check_exact=True)


def test_open_shop__takes_the_rows_as_they_were_handed_over():
    table = rows(("a", "1", "2024-01-01", 5.0))
    source = OrderSource(table)
    table.loc[0, "revenue"] = 99.0
    assert open_shop(source).log.figures.revenue == 5.0


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (pd.DataFrame([["a", "b"]], columns=["customer_id", "customer_id"]), "called alike"),
        (pd.DataFrame({"customer_id": ["a", b"\xff"], "ordered_at": ["2024-01-01", 5]}), "several kinds"),
    ],
)
def test_open_shop__refuses_a_frame_that_is_no_table(table, sentence):
    with pytest.raises(DataContractError, match=sentence):
        open_shop(table)


@pytest.mark.parametrize("recorded", [False, True], ids=["at once", "recorded late"])
def test_known_at__equals_a_shop_opened_then(recorded):
    tables = shop_tables(2, recorded=recorded)
    moment = pd.Timestamp("2023-09-15 12:00:00")
    orders = tables.pop("orders")
    earlier, then = open_shop(orders, **tables).known_at(moment), open_shop(orders, moment, **tables)
    assert earlier.as_of == then.as_of
    for name, content in contents(then).items():
        assert_frame_equal(contents(earlier)[name], content, check_exact=True)
    moments = ("first_at", "last_at", "figures")
    assert [getattr(earlier.log.readiness, one) for one in moments] == [
        getattr(then.log.readiness, one) for one in moments
    ]
    assert earlier.fingerprint == then.fingerprint
    origins = ["2023-05-01", moment]
    assert_frame_equal(snapshots(earlier, origins), snapshots(then, origins), check_exact=True)
    with pytest.raises(UsageError, match="after the moment the shop was opened for"):
        earlier.known_at("2023-10-01")


def test_known_at__knows_the_customers_of_then():
    ids = ["shop", "app", "shop", "app"], ["S1", "A7", "S1", "A7"]
    seen = pd.to_datetime(["2024-01-10", "2024-02-10", "2024-03-15", "2024-03-15"])
    values = ["ada@example.com", "ada.app@example.com", "+4915107654321", "+4915107654321"]
    identifiers = pd.DataFrame(
        {"source": ids[0], "source_id": ids[1], "kind": ["email"] * 2 + ["phone"] * 2, "value": values, "seen_at": seen}
    )
    orders = rows(("S1", "1", "2024-01-10", 10.0), ("A7", "2", "2024-02-10", 20.0), ("S1", "3", "2024-04-10", 30.0))
    shop = open_shop(orders, "2024-05-01", identifiers=identifiers, identity=Linking())
    march = shop.known_at("2024-03-01")
    assert (shop.log.figures.customers, march.log.figures.customers) == (1, 2)
    names = ["orders_total", "revenue_total"]
    assert_frame_equal(snapshots(march, "2024-03-01", features=names), snapshots(shop, "2024-03-01", features=names))
    assert_frame_equal(snapshots(march, "2024-02-01", features=names), snapshots(shop, "2024-02-01", features=names))
    april = shop.known_at("2024-04-01")
    assert snapshots(april, "2024-04-01", features=names)["customer_id"].tolist() == ["S1"]


def test_open_shop__reads_on_the_engine_that_is_named(tables):
    shop = open_shop(tables["orders"], engine=Engine(threads=1))
    assert shop.log.backend.con.execute("SELECT current_setting('threads')").fetchall() == [(1,)]
