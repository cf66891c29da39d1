"""What customers have brought so far, customer by customer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.money_to_date import MONEY_TO_DATE, MoneyToDate

PAST = pd.DataFrame(
    {
        "revenue_to_date": [100.0, 80.0, -5.0],
        "priced_revenue_to_date": [60.0, 80.0, 0.0],
        "cost_to_date": [24.0, 50.0, 0.0],
        "served_orders_to_date": [2.0, 0.0, 1.0],
        "service_cost_to_date": [7.0, 0.0, 3.0],
    }
)


def money() -> MoneyToDate:
    past = MoneyToDate.of(PAST)
    assert past is not None
    return past


def test_money__is_known_only_with_all_its_columns() -> None:
    assert MoneyToDate.of(PAST.drop(columns="cost_to_date")) is None
    assert set(PAST) == set(MONEY_TO_DATE)
    assert money().service_cost.tolist() == [7.0, 0.0, 3.0]


@pytest.mark.parametrize(
    ("economics", "left"),
    [
        (Economics(), [100.0, 80.0, -5.0]),
        # revenue of 40, 0 and -5 without a known cost counts at 30 %
        (Economics(margin=Credibility(mean=0.3)), [100 - 24 - 0.7 * 40, 80 - 50, -5 + 0.7 * 5]),
        (Economics(service_cost_per_order=Credibility(mean=3.0)), [93.0, 80.0, -8.0]),
        (
            Economics(margin=Credibility(mean=1.0), service_cost_per_order=Credibility(mean=3.0)),
            [100 - 24 - 7, 80 - 50, -5 - 3],
        ),
    ],
)
def test_money__contributes_what_costs_leave_of_revenue(economics: Economics, left: list[float]) -> None:
    np.testing.assert_allclose(money().contribution(economics), left)
