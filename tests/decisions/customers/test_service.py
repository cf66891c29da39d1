"""Tickets: pairs by hand, and the median against another library."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from tenure_decisions.customers.service import median_wait, pair_tickets

START = pd.Timestamp("2024-01-01")


def at(day: float) -> pd.Timestamp:
    return START + pd.Timedelta(days=day)


def log(*rows: tuple[str, float, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "day", "event"])
    return table.assign(occurred_at=[at(day) for day in table.pop("day")])


def test_pair_tickets__a_resolution_ends_the_oldest_open_ticket_of_the_customer() -> None:
    events = log(
        ("a", 0, "ticket_resolved"),  # of a ticket before the log
        ("a", 1, "Ticket"), ("b", 2, "ticket"), ("a", 3, "ticket"), ("a", 4, "ticket_resolved"),
        ("a", 5, "visit"), ("b", 9, "ticket_resolved"), ("a", 10, "ticket_resolved"),
    )  # fmt: skip
    found = pair_tickets(events, as_of=at(10))
    assert found["customer_id"].tolist() == ["a", "b", "a"]
    assert found["opened_at"].tolist() == [at(1), at(2), at(3)]
    assert found["resolved_at"].tolist()[:2] == [at(4), at(9)]
    assert pd.isna(found["resolved_at"][2])  # its resolution is not known before day 10


def test_pair_tickets__a_log_without_any_has_none() -> None:
    assert pair_tickets(log(("a", 1, "visit")), as_of=at(9)).empty


@pytest.mark.parametrize("seed", range(8))
def test_median_wait__is_kaplan_and_meiers(seed: int) -> None:
    generator = np.random.default_rng(seed)
    days, resolved = generator.permutation(40) + 1.0, generator.random(40) < 0.7
    expected = SurvfuncRight(days, resolved.astype(int)).quantile(0.5)
    assert median_wait(days, resolved, np.ones((1, 40)))[0] == expected
    twice = np.repeat(days, 2), np.repeat(resolved, 2)
    assert median_wait(days, resolved, np.full((1, 40), 2.0))[0] == median_wait(*twice, np.ones((1, 80)))[0]


def test_median_wait__is_not_told_where_fewer_than_half_end() -> None:
    assert np.isnan(median_wait(np.array([1.0, 5, 5]), np.array([True, False, False]), np.ones((1, 3)))[0])
