"""The classic four columns, against pandas written as the packages write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_features import rfm_summary
from tenure_features.errors import UsageError


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
@pytest.mark.parametrize("as_of", ["2023-09-01", "2023-09-15 12:00:00"])
def test_rfm_summary__is_that_of_clv_packages(opened, random_log, spread, as_of):
    lines, moment = random_log(4, spread=spread), pd.Timestamp(as_of)
    orders = lines[lines["ordered_at"] < moment].groupby(["customer_id", "order_id"], as_index=False)
    orders = orders.agg(ordered_at=("ordered_at", "min"), revenue=("revenue", "sum"))
    orders = orders[orders["revenue"].round(6) >= 0].assign(day=lambda rows: rows["ordered_at"].dt.normalize())
    days = orders.groupby(["customer_id", "day"])["revenue"].sum().reset_index()
    end = (moment - pd.Timedelta(microseconds=1)).normalize()
    got = rfm_summary(opened(lines), as_of).set_index("customer_id")
    assert got.columns.tolist() == ["frequency", "recency", "T", "monetary_value"]
    assert got.index.tolist() == sorted(days["customer_id"].unique())
    for customer, mine in days.groupby("customer_id"):
        repeat = mine["revenue"].iloc[1:]
        expected = [len(repeat), (mine["day"].max() - mine["day"].min()).days, (end - mine["day"].min()).days]
        assert got.loc[customer].tolist()[:3] == expected
        np.testing.assert_allclose(got.loc[customer, "monetary_value"], repeat.mean() if len(repeat) else 0, atol=1e-6)


def test_rfm_summary__refuses_what_the_log_does_not_know(opened, random_log):
    with pytest.raises(UsageError, match="opened with as_of 2023-03-01"):
        rfm_summary(opened(random_log(1), "2023-03-01"), "2023-04-01")
