"""Bids: drawn together as another implementation does it, and worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from tenure_decisions.economics.bids import BidLimits, bids, draw_together, first_places
from tenure_decisions.economics.findings import bid_findings
from tenure_decisions.economics.study import open_study
from tenure_features.errors import DataContractError, UsageError
from tests.decisions.conftest import AS_OF, frame

ESTIMATES, ERRORS = np.array([0.7, 0.95, 1.4, 1.1]), np.array([0.08, 0.05, 0.2, 0.1])


def test_draw_together__has_the_spread_and_centre_of_another_implementation() -> None:
    other = combine_effects(ESTIMATES, ERRORS**2, method_re="chi2")
    together = draw_together(ESTIMATES, ERRORS)
    assert together.spread**2 == pytest.approx(other.tau2)
    reliability = other.tau2 / (other.tau2 + ERRORS**2)
    assert together.mean == pytest.approx(other.mean_effect_re + reliability * (ESTIMATES - other.mean_effect_re))


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.01, 1)), min_size=2, max_size=8))
def test_draw_together__never_leaves_the_range_of_the_estimates(levels: list[tuple[float, float]]) -> None:
    estimates, errors = np.array(levels).T
    mean = draw_together(estimates, errors).mean
    assert mean.min() >= estimates.min() - 1e-9
    assert mean.max() <= estimates.max() + 1e-9


def shop(*, worth: dict[str, float], each: int = 60, seed: int = 0) -> dict[str, pd.DataFrame]:
    """One order of each customer half a year ago; those of a region bring its worth on average."""
    generator = np.random.default_rng(seed)
    regions = np.repeat(list(worth), each)
    revenue = generator.gamma(4.0, 1 / 4, len(regions)) * 100 * np.array([worth[name] for name in regions])
    ids = [f"c{number:04}" for number in range(len(regions))]
    orders = pd.DataFrame({"customer_id": ids, "ordered_at": pd.Timestamp("2024-01-01"), "revenue": revenue})
    return {"orders": orders.assign(region=regions)}


def adjust(tables: dict[str, pd.DataFrame], **options: object) -> pd.DataFrame:
    study = open_study(tables["orders"], as_of=AS_OF, horizons=(30, 90))
    places = first_places(tables["orders"], as_of=AS_OF)
    return bids(study, places, days=90, **options).table.set_index("level")


def test_bids__follow_worth_and_leave_the_average_bid_as_it_is() -> None:
    rows = adjust(shop(worth={"north": 0.6, "south": 1.0, "west": 1.4}))
    assert rows.loc["north", "multiplier"] == pytest.approx(0.6, abs=0.1)
    assert rows.loc["west", "multiplier"] == pytest.approx(1.4, abs=0.15)
    assert (rows["multiplier"] * rows["customers"]).sum() / rows["customers"].sum() == pytest.approx(1.0)
    assert rows["verdict"].to_dict() == {
        "north": "worth less", "south": "no clear difference", "west": "worth more",
    }  # fmt: skip
    assert rows.loc["west", "adjustment"] == round(100 * (rows.loc["west", "multiplier"] - 1))
    assert (rows["multiplier"] - 1).abs().lt((rows["worth"] - 1).abs() + 0.02).all()


def test_bids__say_nothing_where_chance_explains_everything() -> None:
    near = [adjust(shop(worth=dict.fromkeys("abcdef", 1.0), each=40, seed=seed)) for seed in range(4)]
    assert np.mean([(rows["verdict"] == "no clear difference").mean() for rows in near]) > 0.9
    assert np.mean([(rows["multiplier"] - 1).abs().mean() for rows in near]) < 0.03
    assert np.mean([(rows["worth"] - 1).abs().mean() for rows in near]) > 0.04


def test_bids__are_bounded_and_leave_few_customers_alone() -> None:
    tables = shop(worth={"north": 0.2, "south": 1.0, "west": 4.0})
    few = tables["orders"].iloc[:5].assign(customer_id=list("vwxyz"), region="moon")
    rows = adjust({"orders": pd.concat([tables["orders"], few])}, limits=BidLimits(least=0.8, most=1.5))
    assert rows["multiplier"].min() == 0.8
    assert rows["multiplier"].max() == 1.5
    assert rows.loc["moon", ["multiplier", "adjustment", "verdict"]].tolist() == [1.0, 0, "too few customers"]


def test_bids__of_one_channel_compare_its_customers_alone() -> None:
    tables = shop(worth={"north": 0.6, "south": 1.4})
    ids = tables["orders"]["customer_id"]
    brought = np.where(np.arange(len(ids)) % 2, "ads", "mail")
    customers = pd.DataFrame({"customer_id": ids, "acquisition_channel": brought})
    opened = open_study(tables["orders"], as_of=AS_OF, customers=customers, horizons=(90,))
    places = first_places(tables["orders"], as_of=AS_OF)
    result = bids(opened, places, days=90, channel="ads")
    assert set(result.table["dimension"]) == {"region"}
    assert result.table["customers"].sum() == 60
    with pytest.raises(UsageError, match=r"No new customer came by 'radio'.*ads, mail"):
        bids(opened, places, days=90, channel="radio")


def test_bids__need_a_place_and_money() -> None:
    tables = shop(worth={"north": 1.0})
    opened = open_study(tables["orders"].assign(revenue=0.0), as_of=AS_OF, horizons=(90,))
    with pytest.raises(DataContractError, match="not expected to bring anything"):
        bids(opened, first_places(tables["orders"], as_of=AS_OF), days=90)
    nowhere = open_study(tables["orders"], as_of=AS_OF, horizons=(90,))
    with pytest.raises(DataContractError, match="Nothing says where new customers came from"):
        bids(nowhere, first_places(tables["orders"].drop(columns="region"), as_of=AS_OF), days=90)
    with pytest.raises(UsageError, match="bounds of a bid"):
        BidLimits(least=1.2)


def test_first_places__are_those_known_at_the_first_order() -> None:
    orders = frame(
        "customer_id ordered_at revenue region device",
        ("a", "2024-01-01", 5.0, "north", None), ("a", "2024-02-01", 5.0, "south", "desktop"),
        ("b", "2024-01-05", 5.0, None, "tablet"), ("c", "2024-08-01", 5.0, "west", "tablet"),
    )  # fmt: skip
    events = frame(
        "customer_id occurred_at event campaign device",
        ("a", "2023-12-30", "visit", "spring", "mobile"), ("a", "2023-12-31", "email_click", "newsletter", "mobile"),
        ("a", "2024-01-02", "visit", "later", "desktop"), ("b", "2024-01-01", "ticket", "spring", "desktop"),
    )  # fmt: skip
    customers = frame("customer_id region acquisition_campaign", ("a", "islands", None), ("b", "islands", "brand"))
    day = "2024-01-01"
    spend = frame("date channel cost campaign", (day, "ads", 1.0, "spring"), (day, "ads", 1.0, "later"))
    places = first_places(orders, as_of=AS_OF, customers=customers, events=events, spend=spend).set_index("customer_id")
    assert places.loc["a"].tolist() == ["spring", "mobile", "north"]
    assert places.loc["b"].tolist() == ["brand", "tablet", "islands"]
    assert places.index.tolist() == ["a", "b"]


def test_findings__of_bids_define_every_column() -> None:
    tables = shop(worth={"north": 0.6, "south": 1.4})
    opened = open_study(tables["orders"], as_of=AS_OF, horizons=(90,))
    result = bids(opened, first_places(tables["orders"], as_of=AS_OF), days=90)
    findings = bid_findings(result, limits=BidLimits(), since=opened.since, as_of=AS_OF, level=opened.level)
    for table in findings.tables:
        assert [name for name in table.frame if table.term(name) is None] == []
    assert "until 90 days after the first order" in findings.text("value")
