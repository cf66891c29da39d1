"""Revenue and profit side by side, recomputed from raw rows."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure.jobs.pareto import find_pareto
from tenure_features import open_shop
from tenure_serving.findings import payload, section, text_lines
from tenure_serving.language import load_language
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics

ROWS = [("a", 100.0), ("a", -40.0), ("b", 50.0), ("c", 30.0), ("d", 20.0), ("e", 10.0)]
ORDERS = pd.DataFrame(
    {
        "customer_id": [who for who, _ in ROWS],
        "ordered_at": pd.date_range("2024-01-01", periods=len(ROWS), freq="D"),
        "revenue": [amount for _, amount in ROWS],
    }
)
SCORES = pd.DataFrame(
    {
        "customer_id": list("edcba"),
        "expected_value": [5.0, 5, 5, 5, 80],
        "contribution_to_date": [1.0, 2, 24, 15, 6],
        "clv_to_come": [10.0, 10, 10, 10, 10],
    }
)
PRICED = Economics(margin=Credibility(mean=0.4))


def test_find_pareto__revenue_so_far_is_that_of_the_raw_rows_returns_off() -> None:
    shop = open_shop(ORDERS, as_of="2024-02-01")
    found = find_pareto(SCORES, economics=PRICED, shop=shop, days=90, currency="EUR")
    row = found.frame("pareto_sides").set_index("share_of_customers").loc[0.2]
    net = ORDERS.groupby("customer_id")["revenue"].sum()
    assert row["realised_revenue"] == pytest.approx(net.max() / net.sum())
    assert row["realised_profit"] == pytest.approx(24 / 48)
    assert row["expected_revenue"] == pytest.approx(0.8)
    assert row["expected_profit"] == pytest.approx(0.2)
    assert row["best_by_both"] == 0.0  # a brought most revenue, c most profit
    assert found.notes == ()
    assert "realised profit" in "\n".join(text_lines(found)).replace("_", " ")
    assert payload(found)["definitions"]["expected_profit"]["unit"] == "share"
    assert section(found, language=load_language("ru")).blocks


def test_find_pareto__without_costs_there_is_no_profit_to_compare() -> None:
    alone = find_pareto(SCORES, economics=None, days=90)
    assert "pareto_sides" not in {table.name for table in alone.tables}
    assert "no costs are known" in alone.notes[0]
    seen = find_pareto(SCORES, economics=Economics(), shop=open_shop(ORDERS, as_of="2024-02-01"), days=90)
    assert list(seen.frame("pareto_sides"))[2:] == ["realised_revenue", "expected_revenue"]
