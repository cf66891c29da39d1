"""Earlier origins see earlier customers: what links later changes no snapshot, and labels know who bought."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features import OrderSource, Shop, TableSource, open_orders, open_table, outcomes, snapshots
from tenure_features.families.profile_features import profile_names
from tenure_features.identity import CustomerMap, customer_map
from tenure_features.reading.engine import count, statement

ORDERS = [  # source id, day, money
    ("S1", "2024-01-10", 10.0),
    ("A7", "2024-02-10", 20.0),
    ("S1", "2024-03-10", 30.0),
    ("A7", "2024-03-20", 40.0),
    ("N9", "2024-03-25", 50.0),  # comes up in the window
    ("G5", "2024-02-01", 5.0),  # nothing is known of
    ("S1", "2024-05-01", 1.0),
]
IDENTIFIERS = [
    ("shop", "S1", "email", "ada@example.com", "2024-01-10"),
    ("app", "A7", "email", "ada.app@example.com", "2024-02-10"),
    ("shop", "S1", "phone", "+4915107654321", "2024-03-15"),  # from here on S1 and A7 are one
    ("app", "A7", "phone", "+4915107654321", "2024-03-15"),
    ("web", "N9", "email", "ada.app@example.com", "2024-03-25"),
]
ORIGINS = ["2024-03-01", "2024-04-01", "2024-06-01"]
UNTIL = "2024-06-01"


@pytest.fixture(scope="module")
def opened(linked, tmp_path_factory):
    """Orders and tables in the customers of a map, as of June."""

    def run(identifiers=IDENTIFIERS, orders=ORDERS, *, timeline=True, tables=None):
        tmp_path = tmp_path_factory.mktemp("shop")
        found = linked(identifiers, UNTIL, timeline=timeline)
        who = customer_map(found.state.current, timeline=found.timeline)
        rows = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "revenue"])
        rows.assign(ordered_at=pd.to_datetime(rows["ordered_at"])).to_parquet(tmp_path / "orders.parquet")
        log = open_orders(OrderSource(tmp_path / "orders.parquet"), UNTIL, customers=who)
        beside = {
            name: open_table(name, TableSource(table), as_of=UNTIL, backend=log.backend, customers=who)
            for name, table in (tables or {}).items()
        }
        return Shop(log=log, tables=beside)

    return run


def orders_of(shop: Shop, origin: str) -> dict[str, float]:
    table = snapshots(shop, origin, features=["orders_total"])
    return dict(zip(table["customer_id"], table["orders_total"], strict=True))


def tables_of(shop: Shop) -> list[str]:
    return [str(name) for (name,) in statement(shop.log.backend, "SHOW TABLES") if "memtable" not in str(name)]


def test_snapshots__group_by_what_was_known_at_the_origin(opened):
    shop = opened()
    assert orders_of(shop, "2024-03-01") == {"S1": 1, "A7": 1, "G5": 1}
    assert orders_of(shop, "2024-04-01") == {"S1": 5, "G5": 1}
    assert orders_of(shop, "2024-06-01") == {"S1": 6, "G5": 1}
    together = snapshots(shop, ORIGINS, features=["orders_total", "revenue_total"])
    alone = [snapshots(shop, origin, features=["orders_total", "revenue_total"]) for origin in ORIGINS]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_snapshots__without_a_timeline_the_past_would_know_the_future(opened):
    """The old way: one map for all origins. In March nobody could know that S1 and A7 are one."""
    shop = opened(timeline=False)
    assert orders_of(shop, "2024-03-01") == {"S1": 2, "G5": 1}


def test_outcomes__are_those_of_the_customers_of_the_origin(opened):
    """S1 and A7 merge in the window and keep what each bought; N9 turns out to be theirs and counts for the older."""
    shop = opened()
    table = outcomes(shop, "2024-03-01", 31).set_index("customer_id")
    assert table["value"].to_dict() == {"S1": 80.0, "A7": 40.0, "G5": 0.0}
    assert table["orders"].to_dict() == {"S1": 2.0, "A7": 1.0, "G5": 0.0}
    both = outcomes(shop, ["2024-03-01", "2024-04-15"], 31)
    assert both.groupby("as_of", observed=True)["value"].sum().tolist() == [120.0, 1.0]
    assert both["customer_id"].tolist() == ["A7", "G5", "S1", "G5", "S1"]


def test_outcomes__an_id_that_is_linked_after_the_window_is_nobodys(opened):
    late = [*IDENTIFIERS[:-1], ("web", "N9", "email", "ada.app@example.com", "2024-04-20")]
    shop = opened(late)
    values = [outcomes(shop, "2024-03-01", days).set_index("customer_id")["value"].to_dict() for days in (31, 60)]
    assert values == [{"S1": 30.0, "A7": 40.0, "G5": 0.0}, {"S1": 80.0, "A7": 40.0, "G5": 0.0}]


def test_tables__are_grouped_like_the_orders(opened):
    moments = pd.to_datetime(["2024-01-05", "2024-02-05", "2024-02-20"])
    events = pd.DataFrame({"customer_id": ["S1", "A7", "N9"], "occurred_at": moments, "event": "visit"})
    people = pd.DataFrame(
        {"customer_id": ["A7", "S1", "N9"], "signed_up_at": moments[[1, 0, 2]], "region": ["south", "north", "east"]}
    )
    shop = opened(tables={"events": events, "customers": people})
    assert {name: count(table.rows) for name, table in shop.tables.items()} == {"events": 3, "customers": 1}
    names = ["visits_total", "region=north", "region=south"]
    table = snapshots(shop, ["2024-03-01", "2024-06-01"], features=names)
    values = {(str(row.as_of.date()), row.customer_id): list(row[3:]) for row in table.itertuples()}
    assert values["2024-03-01", "S1"] == [1.0, 1.0, 0.0]
    assert values["2024-03-01", "A7"] == [1.0, 0.0, 1.0]  # N9's visit is not known to be theirs
    assert values["2024-06-01", "S1"] == [3.0, 0.0, 1.0]
    assert profile_names(shop.tables["customers"], pd.Timestamp("2024-03-01")) == (
        "region=east", "region=north", "region=south",
    )  # fmt: skip
    assert profile_names(shop.tables["customers"], pd.Timestamp("2024-06-01")) == ("region=south",)


def test_timeline__leaves_nothing_behind(opened):
    shop = opened()
    snapshots(shop, "2024-03-01")
    before = tables_of(shop)
    snapshots(shop, ORIGINS)
    outcomes(shop, ORIGINS[:2], 31)
    assert tables_of(shop) == before


def test_timeline__a_hash_meets_its_plain_form_once_that_was_seen(linked):
    rows = [
        ("crm", "H1", "email", "3e3417d7ef77d5932a6734b916515ed5", "2024-01-01"),  # md5 of ada@example.com
        ("crm", "H2", "email", "b5fc85e55755f9e0d030a14ab4429af1e4ce1f0ba15f9bea6a0b6b0ac4fa2c4d", "2024-01-02"),
        ("shop", "S1", "email", "ada@example.com", "2024-03-01"),
    ]
    timeline = linked(rows, UNTIL, timeline=True).timeline
    assert timeline.at("2024-02-01")["customer_id"].tolist() == ["H1", "H2"]
    assert timeline.at("2024-04-01").set_index("source_id")["customer_id"]["S1"] == "H1"
    assert timeline.at("2024-01-01").empty


def test_timeline__equals_a_run_at_that_moment(linked):
    timeline = linked(IDENTIFIERS, UNTIL, timeline=True).timeline
    for moment in ("2024-02-01", "2024-03-01", "2024-03-16", "2024-05-01"):
        then = linked(IDENTIFIERS, moment).state.current
        found = timeline.at(moment).sort_values(["source", "source_id"], ignore_index=True)
        expected = then[found.columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_over__gives_a_new_id_to_the_oldest_of_those_who_became_one():
    class Told:
        until = pd.Timestamp(UNTIL)

        def at(self, moment):
            ids = ["B", "A"] if moment < pd.Timestamp("2024-03-15") else ["B", "A", "N"]
            owners = ["B", "A"] if len(ids) == 2 else ["B", "B", "B"]
            return pd.DataFrame({"source": "s", "source_id": ids, "customer_id": owners, "first_seen": pd.NaT})

    final = pa.table({"source_id": ["B", "A", "N"], "customer_id": ["B"] * 3})
    told = CustomerMap(final, Told(), None)
    found = told.over(pd.Timestamp("2024-03-01"), pd.Timestamp("2024-04-01"), ordered=["A", "X"])
    assert found.rows.to_pylist() == [
        {"source_id": one, "customer_id": owner} for one, owner in (("B", "B"), ("A", "A"), ("X", "X"), ("N", "B"))
    ]


people = st.sampled_from(["S1", "S2", "A1", "A2", "N1"])
values = st.sampled_from(["u1@example.com", "u2@example.com", "u3@example.com"])
drawn_identifiers = st.lists(st.tuples(people, values, st.integers(1, 27)), min_size=1, max_size=10)
drawn_orders = st.lists(st.tuples(people, st.integers(1, 27), st.integers(1, 99)), min_size=1, max_size=12)


@settings(max_examples=6)
@given(known=drawn_identifiers, more=drawn_identifiers, bought=drawn_orders)
def test_snapshots__do_not_change_with_identifiers_seen_at_the_origin_or_later(opened, known, more, bought):
    """Leakage through identity: whatever is seen from the origin on, the snapshot of the origin is the same."""
    early = [("shop", who, "email", value, f"2024-02-{day:02d}") for who, value, day in known]
    late = [("shop", who, "email", value, f"2024-03-{day:02d}") for who, value, day in more]
    orders = [(who, f"2024-02-{day:02d}", float(money)) for who, day, money in bought]
    names = ["orders_total", "revenue_total", "adbt_days"]
    without = opened(early, orders)
    with_later = opened([*early, *late], orders)
    expected = snapshots(without, "2024-03-01", features=names)
    pd.testing.assert_frame_equal(snapshots(with_later, "2024-03-01", features=names), expected)
    assert outcomes(with_later, "2024-03-01", 30)["customer_id"].tolist() == expected["customer_id"].tolist()


def test_resolve__keeps_no_timeline_unless_asked(linked):
    assert linked(IDENTIFIERS, UNTIL).timeline is None
