"""One way to clean any table: which fault is named, what is known at a moment, when the mapping is to blame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tenure_features import OrderSource, Readiness, TableSource, check, check_table
from tenure_features.tables.contract import USUAL_FAULTS, Contract
from tenure_features.tables.contracts import TABLES

Write = Callable[..., Path]

GOOD = {
    "orders": ("customer_id,ordered_at,revenue", "a,2024-01-0{} 10:00:00,5"),
    "events": ("customer_id,occurred_at,event", "a,2024-01-0{} 10:00:00,visit"),
    "feedback": ("customer_id,answered_at,kind,score", "a,2024-01-0{} 10:00:00,nps,5"),
    "service_costs": ("customer_id,incurred_at,amount", "a,2024-01-0{} 10:00:00,5"),
}


@pytest.fixture
def account(write: Write) -> Callable[..., Readiness]:
    """Give the account of a table of good rows and some others."""

    def of(name: str, *rows: str, extra: str = "", good: int = 5, as_of: str | None = None) -> Readiness:
        header, pattern = GOOD[name]
        usual = [pattern.format(day) + "," * bool(extra) for day in range(1, good + 1)]
        path = write("\n".join([header + ("," + extra if extra else ""), *usual, *rows]) + "\n", f"{name}.csv")
        if name == "orders":
            return check(OrderSource(path), as_of)
        return check_table(name, TableSource(path), as_of=as_of)

    return of


def problems(readiness: Readiness) -> dict[str, int]:
    return {aside.problem: aside.rows for aside in readiness.set_aside}


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("orders", ",1900-01-01,free", "no customer id"),
        ("orders", "a,1900-01-01,free", USUAL_FAULTS["no clock"].problem),
        ("events", "a,1900-01-01,", USUAL_FAULTS["no clock"].problem),
        ("events", ",soon,", USUAL_FAULTS["missing"].problem),
        ("feedback", "a,1900-01-01,nps,11", USUAL_FAULTS["no clock"].problem),
        ("feedback", "a,2024-01-01,,11", USUAL_FAULTS["missing"].problem),
        ("service_costs", "a,2150-01-01,inf", USUAL_FAULTS["no clock"].problem),
        ("orders", "a,2024-01-07,1e300", USUAL_FAULTS["too large"].problem),
        ("service_costs", "a,2024-01-07,-1e16", USUAL_FAULTS["too large"].problem),
    ],
)
def test_a_row__is_set_aside_for_its_first_fault_in_the_order_of_the_contract(account, name, row, problem) -> None:
    assert problems(account(name, row)) == {problem: 1}


@pytest.mark.parametrize("name", ["orders", "events"])
def test_rows_recorded_after_2099__are_known_at_no_moment(account, name: str) -> None:
    late, early = GOOD[name][1].format(6) + ",9999-12-31", GOOD[name][1].format(7) + ",1900-01-01"
    for as_of in (None, "2024-02-01"):
        readiness = account(name, late, early, extra="recorded_at", as_of=as_of)
        assert (readiness.rows_used, readiness.rows_after_as_of, readiness.set_aside) == (6, 1, ())
    assert "recorded after 2099" in str(account(name, late, extra="recorded_at"))


@pytest.mark.parametrize(
    ("name", "row", "broken"),
    [
        ("orders", ",2024-01-01,5", False),  # guests
        ("orders", "a,soon,5", True),
        ("orders", "a,1900-01-01,5", True),
        ("orders", "a,2024-01-01,free", True),
        ("orders", "a,2024-01-01,inf", True),
        ("events", ",2024-01-01,visit", True),
        ("feedback", "a,2024-01-01,nps,11", True),
    ],
)
def test_a_fault_of_most_rows__breaks_the_contract_where_the_mapping_is_to_blame(account, name, row, broken) -> None:
    few, many = account(name, row, row), account(name, row, row, good=1)
    assert few.ready
    assert many.ready is not broken
    if broken:
        assert many.broken == (
            f"2 of 3 rows: {many.set_aside[0].problem} in {many.set_aside[0].column}. Check the column mapping.",
        )


def test_orders__of_a_dead_status_are_set_aside_and_shown_with_it(account) -> None:
    rows = ["a,2024-01-06,5,Spam", "a,2024-01-07,5,canceled", "a,2024-01-08,5,paid"]
    readiness = account("orders", *rows, extra="status", good=1)
    assert problems(readiness) == {"order cancelled, spam or failed": 2}
    assert readiness.set_aside[0].examples[0] == "customer_id=a, ordered_at=2024-01-06, revenue=5, status=Spam"
    assert readiness.ready


@pytest.mark.parametrize(("name", "column"), [("orders", "cost"), ("events", "value")])
def test_optional_numbers__that_cannot_be_read_are_missing_and_mentioned(account, name: str, column: str) -> None:
    rows = [f"{GOOD[name][1].format(day)},{value}" for day, value in ((6, "many"), (7, "inf"), (8, "2,5"), (9, "nan"))]
    rows[2] = rows[2].replace("2,5", '"2,5"')
    notes = account(name, *rows, extra=column).notes
    assert notes == (f"2 values of {column} cannot be read and count as missing.",)


@pytest.mark.parametrize("name", ["orders", "events"])
def test_dates_of_two_readings__break_the_contract_in_any_column(account, name: str) -> None:
    rows = [f"{GOOD[name][1].format(day)},0{day}/02/2024" for day in range(1, 6)]
    readiness = account(name, *rows, extra="recorded_at", good=0)
    assert len(readiness.broken) == 1
    assert "Map recorded_at to strptime(\"recorded_at\", '%d/%m/%Y')" in readiness.broken[0]


@pytest.mark.parametrize(
    ("name", "what"), [("orders", "orders: kept. Map order_id to tell."), ("events", "rows: kept.")]
)
def test_equal_rows__of_one_day_stay_and_are_mentioned(account, name: str, what: str) -> None:
    row = GOOD[name][1].format(6).replace(" 10:00:00", "")
    readiness = account(name, row, row, row, good=0)
    assert (readiness.rows_used, readiness.set_aside) == (3, ())
    assert readiness.notes == (
        "2 rows repeat another row of the same day in every column. Dates carry no time, so they may be real " + what,
    )
    timed = account(name, *[GOOD[name][1].format(6)] * 3, good=0)
    assert (timed.rows_used, [aside.rows for aside in timed.set_aside]) == (1, [2])


def test_ids__are_read_alike_whether_any_needs_a_repair_or_none(account) -> None:
    tidy, untidy = account("events"), account("events", " a ,2024-01-06 10:00:00,visit")
    assert (tidy.rows_used, untidy.rows_used) == (5, 6)
    assert problems(account("events", "NaN,2024-01-06 10:00:00,visit")) == {USUAL_FAULTS["missing"].problem: 1}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_contracts__name_columns_they_have(table: Contract) -> None:
    named = {table.one_row_per, table.lines_of}
    named |= {column.signed_by for column in table.columns.values()}
    named |= {column.scale.by for column in table.columns.values() if column.scale}
    assert named - {None} <= set(table.columns)
    assert not table.stray_dates or table.dated_by in table.required
    for column in table.columns.values():
        assert ("void" in column.faults) is bool(column.void)
        assert ("off scale" in column.faults) is (column.scale is not None)
