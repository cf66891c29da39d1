import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments import Lifecycle, RiskTiers, ValueTiers, money_at_risk


def people(churn: list[float] | float, value: list[float] | float) -> pd.DataFrame:
    rows = max(np.size(churn), np.size(value))
    return pd.DataFrame({"churn_probability": churn, "expected_value": value}, index=range(rows), dtype=float)


def test_money_at_risk__is_what_the_risk_takes_from_the_value_if_they_buy() -> None:
    predictions = people(0.5, [100.0, 50.0, 10.0, -5.0]).assign(value_if_buys=[100.0, 90.0, 200.0, 40.0])
    assert money_at_risk(predictions).tolist() == [0.0, 40.0, 190.0, 40.0]
    with pytest.raises(DataContractError, match="no column 'value_if_buys'"):
        money_at_risk(people(0.5, 1.0))


def test_value_tiers__split_a_literal_shop_by_share_of_value() -> None:
    # 40 + 20 = 60 %: the customer who crosses 50 % is still high; both 10s cross 80 % together
    values = np.array([40.0, 20, 10, 10, 5, 5, 5, 5, 0, -3])
    tiers = ValueTiers.fit(values)
    assert (tiers.high_from, tiers.medium_from) == (20.0, 10.0)
    assert tiers.assign(pd.Series(values)).tolist() == ["high"] * 2 + ["medium"] * 2 + ["low"] * 6


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.sampled_from([-4.0, 0.0, 1.0, 2.5, 10.0, 99.9, 1e6]), min_size=1, max_size=40),
    high=st.floats(0.1, 0.6),
    more=st.floats(0.05, 0.4),
)
def test_value_tiers__bring_their_share_with_the_fewest_customers(values, high, more) -> None:
    worth = pd.Series(values)
    tiers = ValueTiers.fit(worth.to_numpy(), high_share=high, medium_share=high + more).assign(worth)
    worth = worth.clip(lower=0)
    total = worth.sum()
    assert (tiers[worth <= 0] == "low").all()
    if total == 0:
        return
    best = worth[tiers == "high"]
    assert best.sum() >= high * total - 1e-6
    assert best[best > best.min()].sum() < high * total
    assert worth[tiers != "low"].sum() >= (high + more) * total - 1e-6
    assert tiers.groupby(values).nunique().max() == 1


@pytest.mark.parametrize(("base", "medium_from", "high_from"), [(0.7, 7 / 13, 14 / 17), (0.3, 3 / 17, 6 / 13)])
def test_risk_tiers__lie_at_half_and_twice_the_shops_odds(base, medium_from, high_from) -> None:
    tiers = RiskTiers.fit(people(base, 1.0))
    assert (tiers.medium_from, tiers.high_from) == (pytest.approx(medium_from), pytest.approx(high_from))
    assert tiers.assign(people([medium_from - 1e-3, medium_from + 1e-3, high_from + 1e-3], 1.0)).tolist() == [
        "low",
        "medium",
        "high",
    ]


@pytest.mark.parametrize(("base", "tier"), [(0.0, "low"), (1.0, "high"), (0.5, "medium")])
def test_risk_tiers__have_an_answer_where_everybody_is_alike(base, tier) -> None:
    predictions = people([base, base], 1.0)
    assert set(RiskTiers.fit(predictions).assign(predictions)) == {tier}


def test_risk_tiers__take_fixed_limits_and_expected_loss() -> None:
    predictions = people([0.39, 0.4, 0.7, 0.9], [61.0, 60.0, 30.0, 0.1]).assign(value_if_buys=[100.0, 100, 100, 1])
    assert RiskTiers.fit(predictions, cuts=(0.4, 0.7)).assign(predictions).tolist() == ["low", "medium", "high", "high"]
    # at risk: 39, 40, 70, 0.9 of 149.9: 70 + 40 pass one half, 39 more pass 80 %
    by_loss = RiskTiers.fit(predictions, basis="expected_loss")
    assert by_loss.assign(predictions).tolist() == ["medium", "high", "high", "low"]


@pytest.mark.parametrize(
    ("tenure", "silent", "adbt", "churn", "expected"),
    [
        (20, 20, np.nan, 0.99, "new"),  # a first order within one usual gap, however risky
        (31, 31, np.nan, 0.40, "active"),
        (300, 61, 30, 0.69, "active"),  # late, but less likely to leave than most
        (300, 61, 30, 0.71, "leaving"),  # late and likelier than most
        (300, 59, 30, 0.71, "active"),  # not late
        (300, 10, 30, 0.83, "leaving"),  # in time, but twice the shop's odds
        (300, 121, 30, 0.83, "lost"),  # four gaps silent, and twice the shop's odds
        (300, 121, 30, 0.81, "leaving"),
        (300, 121, 90, 0.83, "leaving"),  # the same silence is no silence for a slow customer
    ],
)
def test_lifecycle__follows_its_rules(tenure, silent, adbt, churn, expected) -> None:
    limits = Lifecycle(new_days=30, group_adbt=30, leaving_from=14 / 17, watch_from=0.7, lost_from=14 / 17)
    snapshot = pd.DataFrame({"tenure_days": [tenure], "recency_days": [silent], "adbt_days": [adbt]}, dtype=float)
    assert limits.assign(snapshot, people(churn, 1.0)).tolist() == [expected]


def test_lifecycle__fits_its_limits_to_the_shop() -> None:
    snapshot = pd.DataFrame({"tenure_days": [99.0, 9.0], "recency_days": 9.0, "adbt_days": [45.0, np.nan]})
    limits = Lifecycle.fit(snapshot, people(0.7, 1.0))
    assert (limits.new_days, limits.group_adbt, limits.watch_from) == (45.0, 45.0, pytest.approx(0.7))
    assert limits.leaving_from == limits.lost_from == pytest.approx(14 / 17)
    # nobody is called lost while likelier to buy than not, and .9 is enough anywhere
    assert Lifecycle.fit(snapshot, people(0.2, 1.0)).lost_from == 0.5
    assert Lifecycle.fit(snapshot, people(0.95, 1.0)).lost_from == 0.9


@pytest.mark.parametrize(
    ("predictions", "words"),
    [
        (people(1.2, 1.0), "'churn_probability' cannot be used"),
        (people(np.nan, 1.0), "'churn_probability' cannot be used"),
        (pd.DataFrame({"expected_value": [0.5]}), "no column 'churn_probability'"),
    ],
)
def test_tiers__refuse_predictions_they_cannot_use(predictions, words) -> None:
    with pytest.raises(DataContractError, match=words):
        RiskTiers.fit(predictions)


def test_tiers__refuse_impossible_limits() -> None:
    with pytest.raises(UsageError, match="0 < high < medium"):
        ValueTiers.fit(np.ones(2), high_share=0.9)
    with pytest.raises(UsageError, match="must ascend"):
        RiskTiers.fit(people(0.5, 1.0), cuts=(0.7, 0.4))
    with pytest.raises(UsageError, match="above 1"):
        RiskTiers.fit(people(0.5, 1.0), odds_ratio=1.0)
