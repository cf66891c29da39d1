from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.economics.channels import channels, estimate
from tenure_decisions.economics.study import open_study
from tenure_decisions.glossary import CHANNEL_TERMS, CLV_TERMS
from tenure_features.errors import DataContractError, UsageError
from tests.decisions.conftest import AS_OF, frame


def by_channel(table: pd.DataFrame, rule: str = "first_touch") -> pd.DataFrame:
    return table[table["rule"] == rule].set_index("channel")


def test_channels__costs_of_a_customer_worked_out_by_hand(study) -> None:
    found = by_channel(channels(study(overhead_rate=0.1)).table)
    assert found.index.tolist() == ["search", "organic", "tv", "unattributed", "all"]
    assert found["new_customers"].tolist() == [2, 1, 0, 1, 4]
    assert found["spend"].tolist()[:3] == [60.0, 0.0, 40.0]
    assert found.loc["all", "spend"] == 100.0  # what is spent on the day of as_of is not known yet
    paid = {"search": 60 / 2, "organic": 0.0, "tv": np.nan, "unattributed": np.nan, "all": 100 / 2}
    loaded = {"search": 66 / 2, "organic": 0.0, "tv": np.nan, "unattributed": np.nan, "all": 110 / 2}
    cac = {"search": 66 / 2, "organic": 0.0, "tv": np.nan, "unattributed": np.nan, "all": 110 / 4}
    for name, column in (("paid_cac", paid), ("loaded_cac", loaded), ("cac", cac)):
        assert found[name].to_dict() == pytest.approx(column, nan_ok=True), name
    assert found["blended_cac"].tolist() == [25.0] * 5


def test_channels__values_worked_out_by_hand(study) -> None:
    clv = channels(study(overhead_rate=0.1)).clv
    search = by_channel(clv).loc["search"].set_index("days")
    # a brought 80 within 30 days and 100 within 90; b 40 less 10 of a return
    assert search["observed"].to_dict() == pytest.approx({30: 55.0, 90: 65.0, 180: 100.0, 365: np.nan}, nan_ok=True)
    assert search["mature"].tolist() == [2, 2, 1, 0]
    assert search.loc[30, "predicted"] == pytest.approx(55.0)
    assert search.loc[30, "predicted_net"] == pytest.approx(55.0 - 33.0)
    assert search.loc[30, "ltv_cac"] == pytest.approx(55.0 / 33.0)
    # the cost beside what was observed is that of the days those customers came: 30 of the 60 were spent by 2024-04-02
    assert search.loc[90, "observed_cac"] == pytest.approx(1.1 * 30.0 / 2)
    assert search.loc[90, "observed_net"] == pytest.approx(65.0 - 16.5)


def test_channels__other_costs_count_once(study) -> None:
    other = frame("date channel cost", ("2024-03-01", "search", 8.0), ("2024-07-01", "search", 99.0))
    found = by_channel(channels(study(other_costs=other, overhead_rate=0.5)).table)
    assert found.loc["search", ["other_costs", "paid_cac", "loaded_cac"]].tolist() == [38.0, 30.0, 49.0]


def test_channels__payback_is_a_word_where_it_is_no_number(study) -> None:
    found = by_channel(channels(study()).table)["payback"]
    assert found["search"].startswith("month 1")
    assert found["organic"] == "no cost"
    assert found["tv"] == "unknown"
    assert found["unattributed"] == "unknown"


def test_channels__without_spend_nothing_is_said_of_costs(study) -> None:
    found = channels(study(spend=None))
    assert found.table[["spend", "paid_cac", "blended_cac", "loaded_cac", "cac", "marginal_cac"]].isna().all().all()
    assert found.clv[["predicted_net", "ltv_cac", "observed_net"]].isna().all().all()
    assert by_channel(found.clv).loc["search", "observed"].iloc[0] == 55.0
    assert "There is no table of spend" in " ".join(found.notes)


def test_channels__spend_without_a_customer_is_said(study) -> None:
    assert (
        "tv has spend and no customer by first touch: its cost per customer is not defined." in channels(study()).notes
    )
    assert "1 of 4 new customers have no channel by first touch." in channels(study()).notes


def test_channels__negative_margins_are_kept(study, tables) -> None:
    orders = tables["orders"].assign(cost=[80.0, 40.0, 30.0, 70.0, 0.0, 0.0, 0.0, 0.0])
    found = channels(study(orders=orders))
    assert found.measure == "net revenue less cost of goods"
    assert by_channel(found.clv).loc["search", "observed"].iloc[0] == pytest.approx((-40 - 40) / 2)
    assert by_channel(found.clv).loc["search", "ltv_cac"].iloc[0] < 0
    assert by_channel(found.table).loc["search", "payback"] == "not yet after 5 months"


def test_channels__customers_and_money_share_a_window(study) -> None:
    found = channels(study(since="2024-01-15"))
    assert by_channel(found.table).loc["search", ["new_customers", "spend"]].tolist() == [1, 30.0]
    assert any("1 customers acquired before 2024-01-15" in note for note in found.notes)


def test_channels__last_touch_gives_credit_on_both_sides(study) -> None:
    events = frame("customer_id occurred_at event channel", ("c", "2024-01-31", "visit", "tv"))
    found = by_channel(channels(study(events=events)).table, "last_touch")
    assert found.loc["tv", ["new_customers", "spend", "paid_cac"]].tolist() == [1, 40.0, 40.0]
    assert "organic" not in found.index


def test_channels__behaviour_of_customers(study) -> None:
    events = frame(
        "customer_id occurred_at event channel",
        ("a", "2024-06-20", "visit", "direct"), ("a", "2024-06-21", "cart", None),
        ("a", "2024-06-22", "ticket", None), ("a", "2024-05-01", "visit", None), ("a", "2024-07-02", "visit", None),
    )  # fmt: skip
    scores = frame(
        "customer_id expected_value horizon_days churn_probability", ("a", 0.0, 90, 0.2), ("b", 0.0, 90, 0.8)
    )
    found = by_channel(channels(study(events=events, scores=scores)).table)
    assert found.loc["search", "engagement"] == 1.0  # two things in 30 days, two customers
    assert found.loc["search", "repeat"] == 0.5
    assert found.loc["search", "retention"] == 0.0  # only a has 180 days; no order in days 90 to 180
    assert found.loc["search", "churn"] == pytest.approx(0.5)
    assert np.isnan(found.loc["organic", "churn"])


def test_channels__every_number_has_a_unit_and_a_definition(study) -> None:
    found = channels(study())
    for table, terms in ((found.table, CHANNEL_TERMS), (found.clv, CLV_TERMS)):
        stems = {name.removesuffix("_low").removesuffix("_high") for name in table}
        parts = {"payback_status", "payback_month", "payback", "observed_months", "rule", "channel"}
        assert stems - parts <= set(terms)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"level": 1.0}, UsageError, "between 0 and 1"),
        ({"horizons": ()}, UsageError, "ages in days"),
        ({"overhead_rate": -0.1}, UsageError, "zero or more"),
        ({"since": "2024-06-01"}, DataContractError, "Nobody was acquired between 2024-06-01 and 2024-07-01"),
        ({"spend": frame("date cost", ("2024-01-01", 1.0))}, DataContractError, "spend lacks a column"),
        ({"as_of": "2023-01-01"}, DataContractError, "No order lies before 2023-01-01"),
    ],
)
def test_study__says_what_is_wrong(study, changes, error, message: str) -> None:
    with pytest.raises(error, match=message):
        study(**changes)


def test_channels__later_rows_change_nothing(study, tables) -> None:
    early = {name: table.copy() for name, table in tables.items()}
    early["orders"] = early["orders"][early["orders"]["ordered_at"] < AS_OF]
    early["spend"] = early["spend"][early["spend"]["date"] < AS_OF]
    one, two = channels(study()), channels(open_study(early.pop("orders"), as_of=AS_OF, **early))
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.clv, two.clv)


def test_channels__intervals_hold_the_estimate_and_cover_the_truth(shop_study, shop) -> None:
    found = channels(shop_study)
    clv = found.clv[(found.clv["rule"] == "first_touch") & (found.clv["channel"] != "all")]
    assert ((clv["predicted_low"] <= clv["predicted"]) & (clv["predicted"] <= clv["predicted_high"])).all()
    # predicted value over all customers stays near what the mature ones brought
    assert (clv["predicted"] / clv["observed"] - 1).abs().max() < 0.2


def test_channels__a_customer_is_retained_or_not_from_the_180th_day_on(study, tables) -> None:
    orders = (
        tables["orders"]
        .iloc[:4]
        .assign(
            customer_id=["x", "x", "y", "z"],  # as_of is 2024-07-01: 180, 180 and 179 days after the first order
            ordered_at=pd.to_datetime(["2024-01-03", "2024-04-10", "2024-01-03", "2024-01-04"]),
        )
    )
    customers = pd.DataFrame({"customer_id": list("xyz"), "acquisition_channel": "search"})
    found = by_channel(channels(study(orders=orders, customers=customers, spend=None)).table)
    assert found.loc["search", "retention"] == 0.5  # of x and y, who have 180 days, x came back on day 98
    assert found.loc["search", "repeat"] == 0.0  # of all three, who have 90 days, nobody within those


def test_estimate__comes_first_and_its_draws_make_the_interval() -> None:
    assert estimate("x", np.array([7.0, 10.0, 20.0]), 0.8) == pytest.approx({"x": 7.0, "x_low": 11.0, "x_high": 19.0})
    nothing = estimate("x", np.array([np.nan, 10.0, 20.0]), 0.8)
    assert np.isnan(list(nothing.values())).all()
