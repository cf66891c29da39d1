"""Every feature of the tables beside the orders against plain Python, and against whatever the future may bring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tenure_features import Catalogue, open_shop, snapshots
from tenure_features.errors import DataContractError
from tenure_features.families.profile_features import profile_feature, profile_names

from .tables_oracle import WHEN, expected_features, shop_tables

OF_ROWS = [one for one in Catalogue() if one.table != "calendar"]  # the calendar holds no rows of anybody
BESIDE = [one for one in OF_ROWS if one.table != "orders"]
ORIGINS = ["2023-04-01", "2023-09-15 12:00:00", "2024-02-01"]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Open literal tables as a shop."""

    def opener(tables, as_of=None):
        folder = tmp_path_factory.mktemp("shop")
        for name, rows in tables.items():
            rows.to_parquet(folder / f"{name}.parquet", index=False)
        paths = {name: folder / f"{name}.parquet" for name in tables}
        return open_shop(paths.pop("orders"), as_of, **paths)

    return opener


def built(shop, origins, features=None):
    names = [one.name for one in BESIDE] if features is None else features
    return snapshots(shop, origins, features=names)


@pytest.mark.parametrize("recorded", [False, True], ids=["at once", "recorded late"])
def test_features__equal_plain_python(opened, recorded):
    tables = shop_tables(3, recorded=recorded)
    got = built(opened(tables), ORIGINS)
    for origin in map(pd.Timestamp, ORIGINS):
        rows = got[got["as_of"] == origin]
        expected = expected_features(tables, origin).set_index("customer_id").loc[rows["customer_id"]]
        assert set(expected.columns) == {one.name for one in BESIDE}
        for name in expected.columns:
            np.testing.assert_allclose(
                rows[name], expected[name].astype(float), rtol=1e-9, atol=6e-7, err_msg=f"{name} at {origin}"
            )
    known = got[[one.name for one in BESIDE]].notna().sum()
    assert (known > 10).all(), f"hardly ever known: {known[known <= 10].index.tolist()}"
    assert [one.name for one in BESIDE if got[one.name].min() == got[one.name].max()] == []


@pytest.mark.parametrize(("seed", "recorded"), [(1, False), (2, True)], ids=["at once", "recorded late"])
def test_features__ignore_every_row_at_or_after_as_of(opened, seed, recorded):
    """Rows are changed, added and deleted from the very moment of the origin on: no feature of any table moves."""
    origin = pd.Timestamp("2023-09-15 12:00:00")
    tables = shop_tables(seed, recorded=recorded)
    names = [*(one.name for one in OF_ROWS), *profile_names(opened(tables).tables["customers"], origin)]
    whole = built(opened(tables), origin, names)
    cut = {name: past(rows, name, origin, tables) for name, rows in tables.items()}
    other = {name: with_other_future(cut[name], rows, name, origin, seed) for name, rows in tables.items()}
    assert_frame_equal(whole, built(opened(cut, origin), origin, names), check_exact=True)
    assert_frame_equal(whole, built(opened(other), origin, names), check_exact=True)
    assert_frame_equal(whole, built(opened(other, origin), origin, names), check_exact=True)


def past(rows, name, origin, tables):
    """What was known strictly before the origin; lines are as old as their order."""
    if name == "order_lines":
        orders = past(tables["orders"], "orders", origin, tables)
        return rows[rows["order_id"].isin(orders["order_id"])]
    known = rows[WHEN[name]] < origin
    if "recorded_at" in rows:
        known &= ~(rows["recorded_at"] >= origin)
    return rows[known]


def with_other_future(cut, rows, name, origin, seed):
    """The same past; of the future, half is gone, the rest differs, and some of it is at the very origin."""
    random = np.random.default_rng(seed)
    future = rows[~rows.index.isin(cut.index)].sample(frac=0.5, random_state=seed)
    changed = future.copy()
    for column in changed.select_dtypes("number"):
        changed[column] = np.abs(changed[column]) + 1 if name == "feedback" else changed[column] * 3 + 1
    if name == "feedback":
        changed["score"] = changed["score"].clip(1, 5)
    if name == "order_lines":
        changed["product_id"] = "new"
    else:
        boundary = random.random(len(changed)) < 0.3
        late = boundary | (changed[WHEN[name]] < origin)
        changed.loc[late, WHEN[name]] = origin
    if name == "orders":
        changed["order_id"] = [f"new{number}" for number in range(len(changed))]
    if name == "customers":
        changed["region"] = "elsewhere"
    return pd.concat([cut, changed]).sample(frac=1, random_state=seed)


def test_features__many_origins_equal_one_at_a_time(opened):
    shop = opened(shop_tables(5))
    together = built(shop, ORIGINS)
    apart = pd.concat([built(shop, origin) for origin in ORIGINS], ignore_index=True)
    assert_frame_equal(together, apart)


def test_snapshots__are_those_of_the_orders_where_there_is_nothing_else(opened):
    tables = shop_tables(4)
    shop = opened(tables)
    names = [one.name for one in Catalogue() if one.table == "orders"]
    alone, beside = snapshots(opened({"orders": tables["orders"]}), ORIGINS, features=names), snapshots(shop, ORIGINS)
    assert_frame_equal(alone, beside[alone.columns], check_exact=True)
    assert set(beside.columns) - {"customer_id", "as_of"} == {one.name for one in OF_ROWS}


def test_shop__leaves_out_families_whose_tables_are_missing(opened):
    tables = shop_tables(4)
    some = opened({name: tables[name] for name in ("orders", "feedback")})
    found = {one.table for one in Catalogue().available(some.columns)}
    assert found == {"orders", "order_details", "feedback"}
    bare = {"orders": tables["orders"][["customer_id", "ordered_at", "revenue"]], "order_lines": tables["order_lines"]}
    assert {one.table for one in Catalogue().available(opened(bare).columns)} == {"orders"}
    with pytest.raises(DataContractError, match=r"missing: events \(for visits_30d\); feedback \(for nps_last\)"):
        snapshots(opened(bare), ORIGINS, features=["visits_30d", "nps_last"])
    without_channel = opened({**bare, "events": tables["events"].drop(columns="channel")})
    with pytest.raises(DataContractError, match=r"events.channel \(for event_channel_entropy\)"):
        built(without_channel, ORIGINS, ["event_channel_entropy"])


def test_levels__are_those_frequent_before_the_moment_and_know_no_others(opened):
    rows = [(f"c{i}", "2023-01-01", "north" if i % 2 else "south") for i in range(150)]
    rows += [("new", "2023-01-01", "moon"), ("late", "2023-06-01", "west")]
    customers = pd.DataFrame(rows, columns=["customer_id", "signed_up_at", "region"])
    orders = pd.DataFrame({"customer_id": ["c0", "c1", "new", "ghost"], "ordered_at": "2023-02-01", "revenue": 1.0})
    shop = opened(
        {"orders": orders, "customers": customers.assign(signed_up_at=pd.to_datetime(customers.signed_up_at))},
        "2023-07-01",
    )
    names = profile_names(shop.tables["customers"], pd.Timestamp("2023-06-01"))
    assert names == ("region=north", "region=south")  # one in a hundred have it, and the late one is not known yet
    got = built(shop, "2023-06-01", names).set_index("customer_id")
    assert got[list(names)].astype(int).to_dict("index") == {
        "c0": {"region=north": 0, "region=south": 1},
        "c1": {"region=north": 1, "region=south": 0},
        "ghost": {"region=north": 0, "region=south": 0},
        "new": {"region=north": 0, "region=south": 0},
    }
    assert profile_feature("nonsense") is None


def test_orders__recorded_late_are_unknown_until_then(opened):
    rows = [
        ("a", "1", "2023-01-01", "2023-01-01", 10.0),
        ("a", "2", "2023-01-05", "2023-02-01", 20.0),
        ("a", "3", "2023-01-06", "2023-01-06", 5.0),
        ("a", "3", "2023-01-06", "2023-03-01", 7.0),
        ("b", "4", "2023-01-07", None, 1.0),
    ]
    orders = pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "recorded_at", "revenue"])
    orders = orders.assign(**{name: pd.to_datetime(orders[name]) for name in ("ordered_at", "recorded_at")})
    for frame in (orders, orders.drop(columns="order_id").iloc[[0, 1, 4]]):
        shop = opened({"orders": frame}, "2023-03-02")
        got = snapshots(shop, ["2023-01-20", "2023-02-01", "2023-02-02", "2023-03-02"], features=["revenue_total"])
        a = got[got["customer_id"] == "a"]["revenue_total"].tolist()
        assert a == ([15.0, 15.0, 35.0, 42.0] if "order_id" in frame else [10.0, 10.0, 30.0, 30.0])
        assert got[got["customer_id"] == "b"]["revenue_total"].tolist() == [1.0] * 4
        cut = opened({"orders": frame}, "2023-02-01")
        assert cut.log.readiness.rows_after_as_of == (2 if "order_id" in frame else 1)
        assert snapshots(cut, "2023-02-01", features=["revenue_total"])["revenue_total"].tolist()[0] == a[1]
