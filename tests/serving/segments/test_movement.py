"""Movement between two score tables worked out by hand, and totals that always add up."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments.movement import ABSENT, NEWCOMERS, count_movement, stability

THEN, NOW = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-08")


def scores(rows: list[tuple[str, str, float]], as_of: pd.Timestamp = THEN, horizon: int = 90) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "segment", "expected_value"])
    return table.assign(as_of=as_of, horizon_days=horizon)


BEFORE = scores([("a", "New", 10.0), ("b", "VIP", 50.0), ("c", "VIP", 40.0), ("d", "Lost", 1.0), ("e", "New", 5.0)])
AFTER = scores([("c", "VIP", 45.0), ("b", "Lost", 2.0), ("f", "New", 7.0), ("a", "VIP", 30.0), ("e", "New", 4.0)], NOW)


def test_movement__adds_up_a_literal_table() -> None:
    found = count_movement(BEFORE, AFTER, order=["VIP", "New"])
    rows = {(row.from_group, row.to_group): row for row in found.flows.itertuples()}
    assert {key: (row.customers, row.value_before, row.value_after) for key, row in rows.items()} == {
        ("New", "VIP"): (1, 10.0, 30.0),
        ("VIP", "Lost"): (1, 50.0, 2.0),
        ("VIP", "VIP"): (1, 40.0, 45.0),
        ("New", "New"): (1, 5.0, 4.0),
        ("Lost", ABSENT): (1, 1.0, 0.0),
        (NEWCOMERS, "New"): (1, 0.0, 7.0),
    }
    assert (rows["VIP", "Lost"].gained, rows["VIP", "Lost"].lost) == (0.0, 48.0)
    assert (rows[NEWCOMERS, "New"].gained, rows["Lost", ABSENT].lost) == (7.0, 1.0)
    # scored both times: a, b, c, e; a and b changed
    assert found.changed_share == 0.5
    assert found.totals == {"customers": 6, "value_before": 106.0, "value_after": 88.0, "gained": 32.0, "lost": 50.0}
    assert (found.previous_as_of, found.as_of, found.horizon_days) == (THEN, NOW, 90)
    assert set(zip(found.moved["from_group"], found.moved["to_group"], strict=True)) == set(rows) - {
        ("VIP", "VIP"),
        ("New", "New"),
    }


def test_movement__tells_each_group_in_the_given_order() -> None:
    found = count_movement(BEFORE, AFTER, order=["VIP", "New"]).groups
    assert found.to_numpy().tolist() == [
        # before, stayed, arrived, left, after, value before, value after
        ["VIP", 2, 1, 1, 1, 2, 90.0, 75.0],
        ["New", 2, 1, 1, 1, 2, 15.0, 11.0],
        ["Lost", 1, 0, 1, 1, 1, 1.0, 2.0],
    ]


def test_movement__keeps_rises_and_falls_of_one_flow_apart() -> None:
    before = scores([("a", "VIP", 10.0), ("b", "VIP", 10.0)])
    after = scores([("a", "VIP", 15.0), ("b", "VIP", 3.0)], NOW)
    (row,) = count_movement(before, after).flows.to_dict("records")
    assert (row["gained"], row["lost"]) == (5.0, 7.0)


def test_movement__has_an_answer_where_nobody_was_scored_twice() -> None:
    found = count_movement(BEFORE, scores([("z", "New", 3.0)], NOW))
    assert found.changed_share == 0.0
    assert found.groups.set_index("group").loc["New", ["before", "after"]].tolist() == [2, 1]
    assert stability(BEFORE, scores([("z", "New", 3.0)], NOW)).share == 0.0


people = st.dictionaries(
    st.sampled_from("abcdefgh"), st.tuples(st.sampled_from(["x", "y", "z"]), st.integers(-50, 500)), min_size=1
)


@settings(max_examples=25)
@given(then=people, now=people)
def test_movement__always_reconciles(then, now) -> None:
    before = scores([(name, group, float(value)) for name, (group, value) in then.items()])
    after = scores([(name, group, float(value)) for name, (group, value) in now.items()], NOW)
    found = count_movement(before, after)
    totals, groups = found.totals, found.groups
    assert totals["customers"] == len({*then, *now})
    assert totals["value_before"] == before["expected_value"].sum() == groups["value_before"].sum()
    assert totals["value_after"] == after["expected_value"].sum() == groups["value_after"].sum()
    flows = found.flows
    assert (flows["value_before"] + flows["gained"] - flows["lost"] == flows["value_after"]).all()
    assert (groups["before"].sum(), groups["after"].sum()) == (len(then), len(now))
    assert (groups["stayed"] + groups["arrived"] == groups["after"]).all()
    assert (groups["stayed"] + groups["left"] == groups["before"]).all()
    quiet = stability(before, after)
    assert quiet.customers == len({*then} & {*now})
    assert quiet.share == pytest.approx(found.changed_share)


def test_stability__leaves_out_who_ordered_in_between() -> None:
    found = stability(BEFORE, AFTER, ordered={"a"})
    # b, c and e did not order; b changed
    assert (found.days, found.customers, found.changed, found.share) == (7.0, 3, 1, 1 / 3)


@pytest.mark.parametrize(
    ("before", "after", "kind", "words"),
    [
        (AFTER, BEFORE, UsageError, "must be earlier"),
        (BEFORE, AFTER.assign(horizon_days=30), UsageError, "90 and 30 days"),
        (BEFORE.drop(columns="segment"), AFTER, DataContractError, "earlier scores lack columns. Found: no segment"),
        (BEFORE, pd.concat([AFTER, AFTER.head(1)]), DataContractError, "c more than once"),
        (BEFORE, AFTER.head(0), DataContractError, "Found: 0 of them"),
    ],
)
def test_movement__refuses_tables_it_cannot_compare(before, after, kind, words) -> None:
    with pytest.raises(kind, match=words):
        count_movement(before, after)
    with pytest.raises(kind, match=words):
        stability(before, after)
