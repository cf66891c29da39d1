"""Costs of acquisition over days: the first of a window counts, its end does not, and a day counts once it is over."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_decisions.economics.costs import read_acquisition_costs, sum_spend

DAYS = pd.DataFrame(
    {
        "date": ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"],
        "channel": ["search", "search", "tv", "search"],
        "cost": [1.0, 10.0, 100.0, 1000.0],
    }
)


def money(since: str, until: str) -> list[float]:
    rows = read_acquisition_costs(DAYS, as_of=pd.Timestamp("2024-02-01")).spend
    return sum_spend(rows, ["search", "tv", "mail"], since=pd.Timestamp(since), until=pd.Timestamp(until)).tolist()


def test_spent__counts_the_first_day_of_a_window_and_not_its_end() -> None:
    assert money("2024-01-02", "2024-01-03") == [10.0, 100.0, 0.0]
    assert money("2024-01-01", "2024-01-04") == [1011.0, 100.0, 0.0]


def test_spent__is_unknown_without_a_table() -> None:
    known = sum_spend(None, ["search"], since=pd.Timestamp("2024-01-01"), until=pd.Timestamp("2024-02-01"))
    assert known.isna().tolist() == [True]


@pytest.mark.parametrize(("as_of", "days"), [("2024-01-03", 3), ("2024-01-02 23:59", 1), ("2024-01-01", 0)])
def test_acquisition_costs__of_a_day_count_once_it_is_over(as_of: str, days: int) -> None:
    costs = read_acquisition_costs(DAYS, as_of=pd.Timestamp(as_of))
    assert len(costs.spend) == days
    assert not costs.loaded


def test_acquisition_costs__are_loaded_by_other_money_or_a_rate() -> None:
    as_of = pd.Timestamp("2024-02-01")
    assert read_acquisition_costs(None, DAYS, as_of=as_of).loaded
    assert read_acquisition_costs(None, as_of=as_of, overhead_rate=0.1).loaded
    assert read_acquisition_costs(None, as_of=as_of).spend is None
