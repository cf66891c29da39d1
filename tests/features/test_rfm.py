"""The classic four columns, against pandas written as the packages write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_features import Engine, OrderSource, open_shop, rfm_summary
from tenure_features.errors import DataContractError, UsageError


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


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_rfm_summary__of_a_file_is_that_of_the_opened_log(write, random_log, threads):
    rows = random_log(2).assign(order_id=lambda lines: lines.index.astype(str))  # each row an order of its own
    renamed = rows.rename(columns={"customer_id": "client", "revenue": "paid"})
    for path, mapping in ((write(rows, "log.parquet"), {}), (write(renamed.to_csv(index=False)), {"revenue": "paid"})):
        source = OrderSource(path, columns=mapping | ({"customer_id": "client"} if mapping else {}))
        got = rfm_summary(source, "2023-09-01", engine=Engine(threads=threads))
        pd.testing.assert_frame_equal(got, rfm_summary(open_shop(source), "2023-09-01"))


def test_rfm_summary__of_a_file_leaves_out_rows_without_a_customer_a_moment_or_an_amount(write):
    rows = pd.DataFrame(
        {
            "customer_id": ["ann", None, "ann", "ann", "bob"],
            "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-01", None, "2024-01-03", "2024-01-02"]),
            "revenue": [1.0, 2.0, 3.0, 4.0, float("nan")],
        }
    )
    got = rfm_summary(OrderSource(write(rows, "log.parquet")), "2024-01-11")
    assert got.to_numpy().tolist() == [["ann", 1.0, 2.0, 9.0, 4.0]]
    with pytest.raises(DataContractError, match="ordered_at is not in the file"):
        rfm_summary(OrderSource(write("customer_id,revenue\na,1\n")), "2024-01-11")
