from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_decisions.economics.cohorts import cohorts
from tenure_features.errors import DataContractError, UsageError
from tests.decisions.conftest import frame

ORDERS = frame(
    "customer_id ordered_at revenue",
    ("a", "2024-01-05", 10.0),
    ("a", "2024-02-10", 20.0),
    ("a", "2024-02-11", 30.0),
    ("b", "2024-01-20", 40.0),
    ("b", "2024-01-25", -5.0),
    ("c", "2024-02-03", 80.0),
)
AS_OF = "2024-04-10"


def test_cohorts__cells_worked_out_by_hand() -> None:
    cells = cohorts(ORDERS, as_of=AS_OF).cells.set_index(["cohort", "age"])
    january = cells.loc["2024-01"]
    assert january["observed"].tolist() == [2, 2, 1]
    # January ends on 2024-02-01: two periods of 30 days have closed for everybody by 2024-04-10, the third has not
    assert january["mature"].tolist() == [True, True, False]
    assert january["active"].tolist() == [2, 1, 0]
    assert january["retention"].tolist() == [1.0, 0.5, 0.0]
    assert january["orders"].tolist() == [2.0, 2.0, 0.0]
    assert january["revenue"].tolist() == [45.0, 50.0, 0.0]
    assert january["cumulative_value"].tolist() == [22.5, 47.5, 60.0]  # the last one is of a alone
    assert cells.loc["2024-02", "mature"].tolist() == [True, False]


def test_cohorts__open_periods_never_enter_an_average() -> None:
    found = cohorts(ORDERS, as_of=AS_OF)
    assert found.summary["cohorts"].tolist() == [2, 1]
    assert found.summary["customers"].tolist() == [3, 2]
    assert found.summary["value_per_customer"].tolist() == pytest.approx([125 / 3, 25.0])
    assert found.summary["cumulative_value"].tolist() == pytest.approx([125 / 3, 125 / 3 + 25.0])


def test_cohorts__by_a_column_count_those_who_have_lived_through_the_period() -> None:
    customers = frame("customer_id region", ("a", "north"), ("b", "north"))
    cells = cohorts(ORDERS, as_of=AS_OF, by="region", customers=customers).cells
    north = cells[cells["cohort"] == "north"]
    assert north["observed"].tolist() == [2, 2, 1]
    assert north["mature"].all()
    assert cells[cells["cohort"] == "unknown"]["observed"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("by", "names"), [("week", ["2024-01-01", "2024-01-15", "2024-01-29"]), ("quarter", ["2024Q1"]), ("year", ["2024"])]
)
def test_cohorts__by_other_periods(by: str, names: list[str]) -> None:
    found = cohorts(ORDERS, as_of=AS_OF, by=by)
    assert sorted(set(found.cells["cohort"])) == names
    # the quarter ended ten days ago, the year is not over: nothing has closed for the whole cohort
    assert found.cells["mature"].any() == (by == "week")


def test_cohorts__one_cohort_says_so() -> None:
    assert "There is one cohort" in cohorts(ORDERS, as_of=AS_OF, by="year").notes[0]


def test_cohorts__costs_and_service_make_value_contribution() -> None:
    service = frame("customer_id incurred_at amount", ("c", "2024-02-04", 3.0))
    found = cohorts(ORDERS.assign(cost=ORDERS["revenue"] / 2), as_of=AS_OF, service_costs=service)
    cell = found.cells.set_index(["cohort", "age"]).loc[("2024-02", 0)]
    assert cell["value"] == pytest.approx(37.0)
    assert found.measure == "net revenue less cost of goods and cost to serve"


def test_cohorts__say_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="no cohort by 'region'"):
        cohorts(ORDERS, as_of=AS_OF, by="region")
    with pytest.raises(UsageError, match="one day at least"):
        cohorts(ORDERS, as_of=AS_OF, period_days=0)
    with pytest.raises(DataContractError, match="all of them returns"):
        cohorts(ORDERS[ORDERS["revenue"] < 0], as_of=AS_OF)


days = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 200), st.floats(-20, 90)), min_size=1, max_size=30)


@given(days)
@settings(max_examples=10, deadline=None)
def test_cohorts__rows_at_or_after_as_of_change_nothing(rows: list[tuple[str, int, float]]) -> None:
    start, as_of = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-05-01")
    orders = pd.DataFrame(rows, columns=["customer_id", "day", "revenue"])
    orders["ordered_at"] = start + pd.to_timedelta(orders["day"], unit="D")
    early = orders[orders["ordered_at"] < as_of]
    if not (early["revenue"] >= 0).any():
        return
    one, two = cohorts(orders, as_of=as_of), cohorts(early, as_of=as_of)
    pd.testing.assert_frame_equal(one.cells, two.cells)
    assert (one.cells["observed"] <= one.cells["customers"]).all()
    assert one.cells["retention"].dropna().between(0, 1).all()
