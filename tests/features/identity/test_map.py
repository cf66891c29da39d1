"""The map between runs: ids that stay, merges and splits on record, undo, and what a moment knows."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity import IdentityState, customer_map, read_state, undo_merge

FIRST = [
    ("shop", "1", "email", "ada@example.com", "2024-01-01"),
    ("app", "2", "email", "ada.work@example.com", "2024-01-05"),
    ("app", "3", "email", "ada.work@example.com", "2024-01-06"),
]
LATER = [
    *FIRST,
    ("shop", "1", "phone", "+49 151 07654321", "2024-03-01"),
    ("app", "2", "phone", "0151 07654321", "2024-03-02"),
]
IDS = ["source_id", "customer_id", "valid_from", "valid_to"]


def rows_of(state):
    return sorted(
        (r.source_id, r.customer_id, str(r.valid_from.date()), "" if pd.isna(r.valid_to) else str(r.valid_to.date()))
        for r in state.rows.itertuples()
    )


def test_map__names_customers_after_their_oldest_source_id(linked):
    state = linked(LATER, "2024-02-01").state
    assert rows_of(state) == [("1", "1", "2024-01-01", ""), ("2", "2", "2024-01-05", ""), ("3", "2", "2024-01-06", "")]
    assert state.rows.set_index("source_id")["match_reason"].to_dict() == {"1": "alone", "2": "email", "3": "email"}


def test_map__a_merge_keeps_the_older_id_and_is_recorded(linked):
    before = linked(LATER, "2024-02-01").state
    after = linked(LATER, "2024-04-01", previous=before).state
    assert rows_of(after) == [
        ("1", "1", "2024-01-01", ""),
        ("2", "1", "2024-04-01", ""),
        ("2", "2", "2024-01-05", "2024-04-01"),
        ("3", "1", "2024-04-01", ""),
        ("3", "2", "2024-01-06", "2024-04-01"),
    ]
    event = after.history.iloc[0].to_dict()
    assert event == {"moment": pd.Timestamp("2024-04-01"), "event": "merge", "customer_id": "1", "other_id": "2",
                     "source_ids": 2, "reason": "phone"}  # fmt: skip


def test_map__an_older_customer_found_later_keeps_their_id(linked):
    """The id of a merge is the older customer's even if the younger one has the smaller name."""
    rows = [("s", "9", "email", "a@example.com", "2024-01-01"), ("s", "1", "email", "b@example.com", "2024-01-02")]
    before = linked(rows, "2024-02-01").state
    link = [("s", "9", "loyalty_card", "LC7", "2024-02-02"), ("s", "1", "loyalty_card", "LC7", "2024-02-02")]
    after = linked(rows + link, "2024-03-01", previous=before).state
    assert set(after.current["customer_id"]) == {"9"}


def test_map__a_split_is_recorded_and_the_oldest_keeps_the_id(linked):
    before = linked(LATER, "2024-04-01").state
    assert set(before.current["customer_id"]) == {"1"}
    after = linked(FIRST, "2024-05-01", previous=before).state
    assert after.current.set_index("source_id")["customer_id"].to_dict() == {"1": "1", "2": "2", "3": "2"}
    assert after.history[["event", "customer_id", "other_id", "source_ids"]].to_numpy().tolist() == [
        ["split", "1", "2", 2]
    ]


def test_map__a_source_id_that_is_no_longer_seen_stays_with_its_customer(linked):
    before = linked(LATER, "2024-02-01").state
    without_three = [row for row in LATER if row[1] != "3"]
    after = linked(without_three, "2024-04-01", previous=before).state
    assert after.current.set_index("source_id")["customer_id"].to_dict() == {"1": "1", "2": "1", "3": "1"}


def test_map__ids_that_two_systems_use_carry_the_system(linked):
    rows = [("shop", "7", "email", "a@example.com"), ("crm", "7", "email", "b@example.com")]
    state = linked(rows).state
    assert set(state.rows["customer_id"]) == {"shop:7", "crm:7"}
    with pytest.raises(DataContractError, match="different systems"):
        customer_map(state.current)
    assert customer_map(state.current, source="crm").rows.to_pylist() == [{"source_id": "7", "customer_id": "crm:7"}]
    with pytest.raises(UsageError, match="no source 'erp'"):
        customer_map(state.current, source="erp")


def test_undo__gives_back_the_map_of_before_and_the_next_run_keeps_it(linked):
    before = linked(LATER, "2024-02-01").state
    merged = linked(LATER, "2024-04-01", previous=before).state
    undone = undo_merge(merged, customer_id="1", other="2", as_of="2024-04-01")
    assert rows_of(undone) == rows_of(before)
    again = linked(LATER, "2024-05-01", previous=undone)
    assert rows_of(again.state) == rows_of(before)
    assert again.guarded["guard"].tolist() == ["told apart"]
    assert again.state.history["event"].tolist() == ["merge", "undo"]


def test_undo__a_new_source_id_goes_with_the_side_it_knows(linked):
    merged = linked(LATER, "2024-04-01", previous=linked(LATER, "2024-02-01").state).state
    undone = undo_merge(merged, customer_id="1", other="2", as_of="2024-04-01")
    new = [
        ("web", "5", "email", "ada.work@example.com", "2024-04-02"),
        ("web", "6", "email", "ada@example.com", "2024-04-02"),
    ]
    after = linked(LATER + new, "2024-05-01", previous=undone).state
    assert after.current.set_index("source_id")["customer_id"].to_dict() == {
        "1": "1",
        "2": "2",
        "3": "2",
        "5": "2",
        "6": "1",
    }


def test_undo__one_source_id_of_the_first_run_can_be_told_apart(linked):
    state = undo_merge(linked(LATER, "2024-04-01").state, customer_id="1", other="app:3", as_of="2024-04-02")
    assert state.current.set_index("source_id")["customer_id"].to_dict() == {"1": "1", "2": "1", "3": "3"}
    after = linked(LATER, "2024-05-01", previous=state).state
    assert after.current.set_index("source_id")["customer_id"].to_dict() == {"1": "1", "2": "1", "3": "3"}


def test_undo__what_was_never_merged_is_refused(linked):
    state = linked(LATER, "2024-04-01").state
    with pytest.raises(UsageError, match="never merged"):
        undo_merge(state, customer_id="1", other="77", as_of="2024-05-01")


def test_state__survives_the_disk(linked, tmp_path):
    before = linked(LATER, "2024-02-01").state
    state = undo_merge(
        linked(LATER, "2024-04-01", previous=before).state, customer_id="1", other="2", as_of="2024-04-01"
    )
    state.write(tmp_path)
    back = read_state(tmp_path)
    for name in ("rows", "history", "apart"):
        pd.testing.assert_frame_equal(
            getattr(back, name), getattr(state, name).reset_index(drop=True), check_dtype=False
        )
    with pytest.raises(UsageError, match="no identity map"):
        read_state(tmp_path / "elsewhere")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DataContractError, match="not a table of an identity run"):
        read_state(tmp_path / "other.parquet")


def test_previous__a_map_of_a_later_moment_is_refused(linked):
    later = linked(LATER, "2024-04-01", previous=linked(LATER, "2024-02-01").state).state
    with pytest.raises(UsageError, match="later moment"):
        linked(LATER, "2024-03-01", previous=later)


people = st.integers(0, 7)
identifiers = st.lists(
    st.tuples(
        st.sampled_from(["shop", "app"]),
        people.map(str),
        st.sampled_from(["email", "phone", "device", "cookie"]),
        st.integers(0, 5),
        st.integers(1, 28),
    ),
    min_size=1,
    max_size=25,
)


def as_rows(drawn):
    """Rows with values of their kind; a source has its own ids."""
    values = {"email": "u{}x@example.com", "phone": "+4915107654{}21", "device": "dev-{}z", "cookie": "ck-{}z"}
    return [(source, source[0] + name, kind, values[kind].format(n), f"2024-01-{day:02d}")
            for source, name, kind, n, day in drawn]  # fmt: skip


@settings(max_examples=4)
@given(drawn=identifiers, seed=st.randoms(use_true_random=False))
def test_map__does_not_depend_on_the_order_of_rows(linked, drawn, seed):
    rows = as_rows(drawn)
    shuffled = rows.copy()
    seed.shuffle(shuffled)
    pd.testing.assert_frame_equal(linked(rows).state.rows, linked(shuffled).state.rows)


@settings(max_examples=4)
@given(drawn=identifiers)
def test_map__a_second_run_changes_nothing(linked, drawn):
    first = linked(as_rows(drawn)).state
    second = linked(as_rows(drawn), previous=first).state
    pd.testing.assert_frame_equal(second.rows, first.rows)
    assert second.history.empty


@settings(max_examples=4)
@given(drawn=identifiers, more=identifiers)
def test_map__later_identifiers_never_change_an_earlier_map(linked, drawn, more):
    early = as_rows(drawn)
    late = [(*row[:4], f"2024-02-{int(row[4][-2:]):02d}") for row in as_rows(more)]
    known = linked(early, "2024-02-01").state.rows
    pd.testing.assert_frame_equal(linked(early + late, "2024-02-01").state.rows, known)


def test_state__knows_when_it_last_changed(linked):
    assert IdentityState(linked(FIRST).state.rows).moment is None
    merged = linked(LATER, "2024-04-01", previous=linked(LATER, "2024-02-01").state).state
    assert merged.moment == pd.Timestamp("2024-04-01")
