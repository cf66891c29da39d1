"""Charts of cohorts, channels, growth and budget: titles conclude from the data, open cells look different."""

from __future__ import annotations

import json

import pandas as pd
import vl_convert

from tenure_decisions.economics.budget import DIRECTION
from tenure_decisions.economics.cohorts import cohorts
from tenure_serving.charts import budget as budget_charts
from tenure_serving.charts import channels as channel_charts
from tenure_serving.charts import cohorts as cohort_charts

ORDERS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "b", "c"],
        "ordered_at": pd.to_datetime(["2024-01-05", "2024-02-10", "2024-03-12", "2024-01-20", "2024-03-03"]),
        "revenue": [10.0, 20.0, 30.0, 40.0, 80.0],
    }
)


def titled(chart) -> str:
    """The title of a chart that draws without an error."""
    spec = chart.to_dict()
    assert len(vl_convert.vegalite_to_svg(spec)) > 500
    text = spec["title"]["text"]
    return " ".join(text) if isinstance(text, list) else text


def rows_of(chart, layer: int) -> list[dict]:
    """The rows a layer draws, wherever Altair put them."""
    spec = chart.to_dict()
    data = spec["layer"][layer].get("data", spec.get("data"))
    return data["values"] if "values" in data else spec["datasets"][data["name"]]


def test_cohorts__open_cells_have_no_fill_and_stay_out_of_the_title() -> None:
    found = cohorts(ORDERS, as_of="2024-05-10")
    chart = cohort_charts.retention(found.cells, found.summary, by="month", period_days=30)
    assert titled(chart) == "50 % of customers order in the second period, 50 % in period 3"
    assert {row["state"] for row in rows_of(chart, 0)} == {"closed"}
    assert {row["state"] for row in rows_of(chart, 2)} == {"still open"}
    assert chart.to_dict()["layer"][2]["mark"]["filled"] is False


def test_cohorts__value_shows_what_is_predicted() -> None:
    found = cohorts(ORDERS, as_of="2024-05-10")
    ahead = pd.DataFrame({"cohort": ["2024-03"], "age": [2], "customers": [1], "predicted": [99.0], "low": 90.0,
                          "high": 110.0})  # fmt: skip
    chart = cohort_charts.cumulative_value(
        found.cells, found.summary, ahead, by="month", period_days=30, measure="net revenue", currency="EUR"
    )
    assert titled(chart) == "A customer has brought 68.3 EUR 90 days after the first order, on average"
    rows = rows_of(chart, 2)
    assert [(row["cohort"], row["label"], row["low"]) for row in rows] == [("2024-03", "99", 90.0)]


def row(channel: str, rule: str, value: float) -> dict[str, object]:
    names = ("predicted", "predicted_net")
    spread = {f"{name}{end}": value + by for name in names for end, by in (("", 0), ("_low", -5), ("_high", 5))}
    return {"rule": rule, "channel": channel, "days": 365, **spread}


def test_channel_value__names_the_best_and_the_least() -> None:
    clv = pd.DataFrame([row("search", "first_touch", 80), row("email", "first_touch", 120),
                        row("search", "last_touch", 200), row("all", "first_touch", 999)])  # fmt: skip
    chart = channel_charts.channel_value(clv, days=365, currency="EUR")
    assert titled(chart) == "email brings the best customers, 120 EUR each; search the least, 80 EUR"


def test_channel_costs__say_what_the_next_customer_costs() -> None:
    costs = {"paid_cac": 20.0, "paid_cac_low": 19.0, "paid_cac_high": 21.0, "marginal_cac": 50.0,
             "marginal_cac_low": 30.0, "marginal_cac_high": 90.0}  # fmt: skip
    table = pd.DataFrame([{"rule": "first_touch", "channel": "search", **costs}])
    assert titled(channel_charts.channel_costs(table)) == "The next customer costs 2.5 times the average one"


def test_growth_by_month__leaves_months_out_that_are_not_complete() -> None:
    months = pd.DataFrame({"month": ["2024-01", "2024-02", "2024-03"], "complete": [True, True, False]})
    months = months.assign(g_before=[10.0, 20.0, 999.0], g_before_low=5.0, g_before_high=25.0)
    chart = channel_charts.growth_by_month(months, days=365)
    assert titled(chart) == "G grew from 10 to 20 between the first and the second half"


TABLE = pd.DataFrame(
    {
        "channel": ["email", "search"], "spend_now": [10.0, 90.0], "spend_then": [20.0, 80.0],
        "direction": ["more", "less"], "reading": "", "extrapolated": False, "marginal_return": [4.0, 2.0],
    }
)  # fmt: skip


def test_reallocation__promises_no_amount_where_there_is_a_direction_only() -> None:
    gain = (12.0, -3.0, 30.0)
    chart = budget_charts.reallocation(TABLE, reading=DIRECTION, gain=gain, days=365)
    assert titled(chart) == "Direction only: more email, less search"
    chart = budget_charts.reallocation(TABLE, reading="estimate", gain=gain, days=365, currency="EUR")
    assert titled(chart) == "The same money is expected to bring 12 EUR a week more (-3 EUR to 30 EUR)"


def test_response_curves__draw_every_channel() -> None:
    curves = pd.DataFrame(
        {"channel": ["email"] * 2 + ["search"] * 2, "spend": [0.0, 20.0, 0.0, 90.0], "customers": [1.0, 2.0, 1.0, 5.0],
         "customers_low": 0.5, "customers_high": 6.0, "seen": True}
    )  # fmt: skip
    weeks = pd.DataFrame({"channel": ["email", "search"], "spend": [9.0, 80.0], "customers": [2.0, 4.0]})
    chart = budget_charts.response_curves(TABLE, curves, weeks, currency="EUR")
    assert titled(chart) == "The next unit of money earns most in email, least in search"
    untold = TABLE.assign(marginal_return=float("nan"))  # a few weeks of history
    chart = budget_charts.response_curves(untold, curves, weeks, currency="EUR")
    assert titled(chart) == "What the next unit of money earns cannot be told yet"
    assert json.dumps(chart.to_dict(), allow_nan=False)
