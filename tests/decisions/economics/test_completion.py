from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.economics.cohorts import cohorts
from tenure_decisions.economics.completion import _levels, complete
from tenure_features.errors import UsageError
from tests.decisions.conftest import frame


def steady_shop(levels: list[float], *, customers: int = 40) -> pd.DataFrame:
    """Cohorts whose customers all bring 100 at first, then 50 and 25 times the cohort's level in the next months."""
    rows = []
    for month, level in enumerate(levels):
        first = pd.Timestamp("2024-01-02") + pd.DateOffset(months=month)
        for number in range(customers):
            name = f"{month}-{number}"
            rows += [(name, first, 100.0), (name, first + pd.Timedelta(days=40), 50.0 * level),
                     (name, first + pd.Timedelta(days=70), 25.0 * level)]  # fmt: skip
    return frame("customer_id ordered_at revenue", *rows)


def test_complete__a_steady_shop_goes_on_as_before() -> None:
    found = cohorts(steady_shop([1.0] * 6), as_of="2024-07-01")
    ahead = complete(found, until_age=2).set_index(["cohort", "age"])
    assert ahead.loc[("2024-06", 1), "predicted"] == pytest.approx(150.0)
    assert ahead.loc[("2024-06", 2), "predicted"] == pytest.approx(175.0)
    assert ahead.loc[("2024-04", 2), "predicted"] == pytest.approx(175.0)
    # nothing ever differed, so nothing is uncertain
    assert (ahead["high"] - ahead["low"]).max() < 1.0
    assert ("2024-01", 0) not in ahead.index


def test_complete__a_cohort_keeps_its_own_level_as_far_as_it_is_known() -> None:
    levels = [1.0, 1.4, 0.6, 1.2, 0.8, 1.5, 1.0]
    found = cohorts(steady_shop(levels), as_of="2024-08-01")
    ahead = complete(found, until_age=2).set_index(["cohort", "age"])
    # cohorts differ and their customers do not: a month that has been seen tells the level of the next one
    known, unknown = ("2024-05", 2), ("2024-07", 2)
    assert ahead.loc[known, "predicted"] == pytest.approx(100 + 0.8 * 75, rel=0.03)
    assert 150 < ahead.loc[unknown, "predicted"] < 200
    width = ahead["high"] - ahead["low"]
    assert width[unknown] > 4 * width[known]


def test_complete__later_truth_does_not_matter() -> None:
    orders = steady_shop([1.0, 1.2, 0.9, 1.1, 1.0])
    early = orders[orders["ordered_at"] < "2024-05-20"]
    one, two = (complete(cohorts(rows, as_of="2024-05-20"), until_age=2) for rows in (orders, early))
    pd.testing.assert_frame_equal(one, two)


def test_complete__needs_three_cohorts_and_time() -> None:
    assert complete(cohorts(steady_shop([1.0]), as_of="2024-07-01")).empty
    by_column = cohorts(
        steady_shop([1.0]), as_of="2024-07-01", by="region", customers=frame("customer_id region", ("0-1", "north"))
    )
    with pytest.raises(UsageError, match="no age of their own"):
        complete(by_column)


def test_complete__on_a_simulated_shop_intervals_hold_most_of_what_came(shop) -> None:
    _, orders, _ = shop
    ahead = complete(cohorts(orders, as_of="2024-01-01"), until_age=11, seed=1)
    later = cohorts(orders, as_of="2025-01-01").cells
    both = ahead.merge(later[later["mature"]], on=["cohort", "age"], suffixes=("", "_later"))
    both = both[both["customers"] == both["customers_later"]]
    inside = (both["low"] <= both["cumulative_value"]) & (both["cumulative_value"] <= both["high"])
    assert len(both) > 50
    assert inside.mean() > 0.55  # benchmarks/economics.py measures it over many shops
    assert np.abs(both["predicted"] / both["cumulative_value"] - 1).mean() < 0.1


def test_levels__are_drawn_to_the_cohorts_before_as_far_as_they_are_noise() -> None:
    level, spread = _levels(np.array([10.0, 10.0, 0.0]), np.array([20.0, 5.0, 0.0]), 5.0)
    # raw levels 2 and 0.5 with noise 5 / 10; between cohorts (10 * (1 - 0.5) + 10 * (0.25 - 0.5)) / 20 = 0.125, so that
    # a fifth of each is believed: 0.2 * 2 + 0.8 * 1, then 0.2 * 0.5 + 0.8 * 2; of the third nothing is seen
    assert level.tolist() == pytest.approx([1.2, 1.7, (2 + 0.5) / 2])
    assert (spread**2).tolist() == pytest.approx([0.1, 0.1, 0.125])
