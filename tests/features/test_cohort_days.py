"""Days with an order by cohort and month equal a count in pandas, and know nothing of the moment or later."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal

from tenure_features import open_shop
from tenure_features.cohort_days import count_cohort_days

AT = pd.Timestamp("2021-05-11")


def _orders(seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    at = pd.Timestamp("2020-01-15") + pd.to_timedelta(generator.uniform(0, 600, 900), unit="D")
    revenue = generator.choice([12.5, 40.0, -9.0], 900, p=[0.6, 0.3, 0.1])
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in generator.integers(0, 80, 900)],
            "ordered_at": at,
            "revenue": revenue,
        }
    )


def _by_hand(orders: pd.DataFrame) -> pd.DataFrame:
    """Walk through the days of each customer."""
    cells: dict[tuple[int, int], list[int]] = {}
    for _, rows in orders[(orders["ordered_at"] < AT) & (orders["revenue"] > 0)].groupby("customer_id"):
        first, *later = sorted({moment.normalize() for moment in rows["ordered_at"]})
        cohort = first.year * 12 + first.month - 1
        cells.setdefault((cohort, cohort), [0, 0])[0] += 1
        for day in later:
            cells.setdefault((cohort, day.year * 12 + day.month - 1), [0, 0])[1] += 1
    rows = [(*cell, *counts) for cell, counts in sorted(cells.items())]
    return pd.DataFrame(rows, columns=["cohort", "month", "customers", "order_days"])


def test_count_cohort_days__equals_a_count_by_hand() -> None:
    orders = _orders()
    assert_frame_equal(count_cohort_days(open_shop(orders), AT), _by_hand(orders))


def test_count_cohort_days__ignores_everything_from_the_moment_on() -> None:
    orders = _orders()
    later = orders[orders["ordered_at"] >= AT].iloc[::3].assign(customer_id=lambda rows: "n" + rows["customer_id"])
    changed = pd.concat([orders[orders["ordered_at"] < AT], later])
    assert len(later) > 50
    assert_frame_equal(count_cohort_days(open_shop(changed), AT), count_cohort_days(open_shop(orders), AT))
