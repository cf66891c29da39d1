"""Real logs: what is read equals what plain pandas reads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_features import OrderSource, open_shop, outcomes, snapshots

RETAIL = {
    "customer_id": "CustomerID",
    "order_id": "InvoiceNo",
    "ordered_at": "InvoiceDate",
    "revenue": "Quantity * UnitPrice",
}


@pytest.fixture(scope="module")
def invoices(online_retail):
    """One row per invoice of Online Retail, summed in pandas."""
    lines = pd.read_parquet(online_retail).dropna(subset=["CustomerID"])
    lines["revenue"] = lines["Quantity"].astype(float) * lines["UnitPrice"].astype(float)
    lines["customer_id"] = lines["CustomerID"].astype(int).astype(str)
    grouped = lines.groupby(["customer_id", "InvoiceNo"]).agg(
        ordered_at=("InvoiceDate", "min"), revenue=("revenue", "sum")
    )
    return grouped.round({"revenue": 2}).reset_index()


def test_online_retail__rolls_up_to_the_invoices_of_pandas(online_retail, invoices):
    shop = open_shop(OrderSource(online_retail, columns=RETAIL))
    readiness = shop.log.readiness
    assert readiness.figures.orders == (invoices["revenue"] >= 0).sum()
    assert readiness.figures.returns == (invoices["revenue"] < 0).sum()
    assert readiness.figures.revenue == pytest.approx(invoices["revenue"].sum(), abs=0.01)
    assert readiness.rows_used == 242_127

    cut, end = pd.Timestamp("2011-05-12"), pd.Timestamp("2011-08-10")
    before = invoices[invoices["ordered_at"] < cut]
    after = invoices[invoices["ordered_at"].between(cut, end, inclusive="left")]
    orders = before[before["revenue"] >= 0].groupby("customer_id")
    got = snapshots(shop, cut, features=["orders_total", "revenue_total", "tenure_days", "value_max"])
    expected = pd.DataFrame(
        {
            "orders_total": orders.size().astype(float),
            "revenue_total": before.groupby("customer_id")["revenue"].sum(),
            "tenure_days": (cut - orders["ordered_at"].min()) / pd.Timedelta(days=1),
            "value_max": orders["revenue"].max(),
        }
    ).loc[sorted(orders.groups)]
    assert got["customer_id"].tolist() == expected.index.tolist()
    np.testing.assert_allclose(got.iloc[:, 2:], expected, atol=0.01)

    what = outcomes(shop, cut, 90).set_index("customer_id")
    bought = after[after["revenue"] > 0].groupby("customer_id").size().reindex(what.index).fillna(0)
    assert (what["orders"] == bought).all()
    value = after.groupby("customer_id")["revenue"].sum().reindex(what.index).fillna(0)
    np.testing.assert_allclose(what["value"], value, atol=0.01)


def test_cdnow__is_read_from_the_published_text(cdnow):
    shop = open_shop(cdnow / "CDNOW_master.txt")
    assert (shop.log.figures.customers, shop.log.figures.orders) == (23_570, 69_659)
    assert shop.log.readiness.set_aside == ()
    assert str(shop.as_of) == "1998-07-01 00:00:00"
    lines = pd.read_csv(cdnow / "CDNOW_master.txt", sep=r"\s+", dtype={0: str})
    assert shop.log.figures.revenue == pytest.approx(lines.iloc[:, 3].sum(), abs=0.01)
