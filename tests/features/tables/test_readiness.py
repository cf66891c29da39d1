"""The account of a log: nothing is dropped in silence, and a broken contract says why."""

from __future__ import annotations

import json

import pytest

from tenure_features import OrderSource, check, open_orders
from tenure_features.errors import DataContractError
from tenure_features.tables.horizon import suggest_horizon, verdicts

HEAD = "customer_id,ordered_at,revenue\n"
GOOD = HEAD + "".join(f"c{i % 7},2024-01-{1 + i % 28:02d} 10:00:{i % 60:02d},{i}.5\n" for i in range(300))


def aside(readiness):
    return {one.problem: (one.rows, one.column) for one in readiness.set_aside}


def test_check__sets_bad_rows_aside_and_accounts_for_each(write):
    bad = ",2024-01-05,1\nNaN,2024-01-05,2\nc1,soon,3\nc1,1900-01-01,4\nc1,2150-01-01,5\nc1,2041-05-05,6\n"
    bad += "c1,2024-01-05,inf\nc1,2024-01-05,\nc1,2024-01-05,free\nc1,2024-01-05\n"
    readiness = check(OrderSource(write(GOOD + bad)))
    assert aside(readiness) == {
        "line does not fit the header": (1, "the whole line"),
        "no customer id": (2, "customer_id"),
        "date missing or unreadable": (1, "ordered_at"),
        "date before 1970-01-02 or after 2099": (2, "ordered_at"),
        "date more than a year after every other order": (1, "ordered_at"),
        "amount missing or unreadable": (2, "revenue"),
        "amount infinite": (1, "revenue"),
    }
    assert readiness.rows_read == 310
    assert readiness.rows_used == 300
    assert readiness.set_aside[1].examples == (
        "customer_id=(none), ordered_at=2024-01-05, revenue=1",
        "customer_id=NaN, ordered_at=2024-01-05, revenue=2",
    )
    assert not readiness.broken
    text = str(readiness)
    for one in readiness.set_aside:
        assert one.problem in text
        assert one.done in text
        assert all(example in text for example in one.examples)


def test_check__counts_rows_after_as_of_as_no_fault(write):
    readiness = check(OrderSource(write(GOOD + ",2024-02-01,1\nc1,2041-01-01,1\n")), "2024-01-15")
    assert readiness.set_aside == ()
    assert readiness.rows_after_as_of == 302 - readiness.rows_used
    assert "after as_of, not read" in str(readiness)


@pytest.mark.parametrize(
    ("rows", "columns", "sentence"),
    [
        ("a,2024-01-01,1,EUR\nb,2024-01-02,1,USD\nb,2024-01-03,1,eur\n", "customer_id,ordered_at,revenue,currency",
         r"2 currencies: EUR \(2 rows\), USD \(1 rows\)"),
        ("a,2024-01-01,1\na,2024-01-02,-1\na,2024-01-03,1\n", "customer_id,ordered_at,revenue", "1 orders are returns"),
        ("a,soon,1\nb,later,1\nb,2024-01-03,1\n", "customer_id,ordered_at,revenue", "2 of 3 rows: date missing"),
        (",2024-01-01,1\n", "customer_id,ordered_at,revenue", "No row can be used"),
        ("a,2024-01-01,-1\n", "customer_id,ordered_at,revenue", "No row can be used"),
    ],
)  # fmt: skip
def test_open_orders__refuses_a_broken_contract(write, rows, columns, sentence):
    source = OrderSource(write(f"{columns}\n{rows}"), returns="raise")
    with pytest.raises(DataContractError, match=rf"breaks the contract.*{sentence}.*tenure check"):
        open_orders(source)
    readiness = check(source)
    assert not readiness.ready
    assert "The contract is broken" in str(readiness)


def test_readiness__has_a_json_form(write):
    plain = check(OrderSource(write(GOOD)), "2024-01-20").to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["ready"] is True
    assert plain["as_of"] == "2024-01-20T00:00:00"
    assert set(plain["adbt_quantiles"]) == {"10", "25", "50", "75", "90"}


def test_readiness__figures_of_a_small_log(write):
    text = HEAD + "a,2024-01-01,10\na,2024-01-11,20\na,2024-01-21,-6\nb,2024-01-05,0\nc,2024-01-06,-4\n"
    readiness = check(OrderSource(write(text)))
    assert (readiness.figures.customers, readiness.figures.orders, readiness.figures.returns) == (2, 3, 2)
    assert (readiness.figures.one_time_share, readiness.figures.revenue) == (0.5, 20.0)
    assert readiness.figures.returns_share == pytest.approx(10 / 30, abs=1e-6)
    assert readiness.figures.adbt_quantiles == dict.fromkeys((10, 25, 50, 75, 90), 10.0)
    dropped = check(OrderSource(write(text), returns="drop"))
    assert (dropped.figures.returns, dropped.figures.revenue) == (0, 30.0)
    assert "2 returns were left out, as the returns policy drop says." in dropped.notes


def test_horizon__covers_the_usual_gap_and_fits_the_history():
    assert suggest_horizon({75: 20.0}, history_days=1000) == 30
    assert suggest_horizon({75: 400.0}, history_days=1000) == 180
    assert suggest_horizon({75: 20.0}, history_days=10) == 7
    churn, value, backtest = verdicts(history_days=100, horizon_days=30, customers=500, repeat_customers=50)
    assert (churn.enough, value.enough, backtest.enough) == (True, False, False)
    assert "3.3 horizons of history, 4 needed" in backtest.why
    assert "50 customers with two orders, 100 needed" in value.why
