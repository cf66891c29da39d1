"""The backtest of dates: who is judged, on what, and beside what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.metrics.waiting import concordance
from tenure_training.models.after.next_order import NextOrder
from tenure_training.next_order_evaluation import DATE_MEASURES, judge_dates

SNAPSHOT = pd.DataFrame(
    {
        "recency_days": [5.0, 20.0, 50.0, 3.0],
        "orders_total": [5.0, 3.0, 2.0, 1.0],
        "span_days": [40.0, 60.0, 40.0, 0.0],
        "adbt_days": [10.0, 30.0, 40.0, np.nan],
        "adbt_cv": [0.2, 0.4, np.nan, np.nan],
    }
)
OUTCOME = pd.DataFrame({"bought": [True, True, False, True], "wait_days": [7.0, 12.0, np.nan, 1.0]})


def test_judge_dates__extrapolates_adbt_from_the_last_order():
    told = judge_dates(SNAPSHOT, OUTCOME, days=60)
    assert (told["customers"], told["ordered"]) == (3.0, 2.0)
    # due in 10 - 5 = 5 and 30 - 20 = 10 days; the third has been due for ten days, which is 0
    assert told["adbt_error_days"] == 2.0  # off by 2 and by 2
    assert told["adbt_concordance"] == pytest.approx(1 / 3)  # the third waited longest and was due first


def test_judge_dates__takes_the_median_of_the_model_fitted_to_that_snapshot():
    told = judge_dates(SNAPSHOT, OUTCOME, days=60)
    low, middle, high = NextOrder.fit(SNAPSHOT, horizon_days=60).quantiles(SNAPSHOT[:3], horizon_days=60).T
    wait, came = np.array([7.0, 12.0, 60.0]), np.array([True, True, False])
    assert told["concordance"] == concordance(middle, wait, came)
    assert told["error_days"] == pytest.approx(np.median(np.abs(middle - wait)[:2]))
    assert told["coverage_80"] == np.mean((low <= wait)[:2] & (wait <= high)[:2])


def test_judge_dates__has_nobody_to_judge_where_all_ordered_once():
    told = judge_dates(SNAPSHOT[3:], OUTCOME[3:], days=60)
    assert (told["customers"], told["ordered"]) == (0.0, 0.0)
    assert all(np.isnan(told[name]) for name in DATE_MEASURES[2:])


def test_backtest__judges_dates_at_every_origin(training):
    table = training.backtest.dates
    assert list(table.columns) == ["origin", *DATE_MEASURES]
    assert table["origin"].tolist() == [window.origin for window in training.backtest.windows]
    assert table["concordance"].between(0, 1).all()
    assert (table["ordered"] <= table["customers"]).all()
    bought = [float(outcome["bought"].sum()) for outcome in training.backtest.outcomes]
    assert (table["ordered"] <= bought).all()
