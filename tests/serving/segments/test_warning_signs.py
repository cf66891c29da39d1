"""Warning signs: falls that are certain, and none where there is only chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binom

from tenure_serving.segments import Segmenter
from tenure_serving.segments.warning_signs import WarningSigns


def shop(seed: int, *, per_quarter: float, regular: int = 3, fallen: int = 250, customers: int = 1000) -> pd.DataFrame:
    """Draw two years of orders; of the first customers the spend of the last 90 days halves: seven tenths of the orders
    of seven tenths of the size.
    """
    draw, end, rows = np.random.default_rng(seed), 720.0, []
    for number in range(customers):
        gap, mean = 90 / per_quarter * np.exp(0.3 * draw.normal()), np.exp(3 + 0.5 * draw.normal())
        at = np.cumsum(draw.gamma(regular, gap / regular, 400))
        at = at[at < end]
        size, late = draw.gamma(4, mean / 4, len(at)), at >= end - 90
        if number < fallen:
            size[late] *= 0.7
            kept = ~late | (draw.random(len(at)) < 0.7)
            at, size, late = at[kept], size[kept], late[kept]
        rows.append(
            {
                "orders_total": len(at), "orders_90d": late.sum(), "revenue_total": size.sum(),
                "revenue_90d": size[late].sum(), "value_first": size[0], "value_cv": size.std(ddof=1) / size.mean(),
                "tenure_days": end - at[0], "recency_days": end - at[-1],
                "adbt_days": (at[-1] - at[0]) / (len(at) - 1),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("per_quarter", "least"), [(15, 0.7), (9, 0.35)])
def test_warning_signs__name_those_whose_spend_halved_and_hardly_anybody_else(per_quarter: float, least: float) -> None:
    people = shop(1, per_quarter=per_quarter)
    named = WarningSigns.fit(people).say(people).str.len() > 0
    assert named[:250].mean() > least
    assert named[250:].mean() < 0.03
    assert named[250:].sum() <= 0.1 * named.sum() + 3
    predictions = pd.DataFrame({"churn_probability": np.full(1000, 0.1), "expected_value": 50.0})
    groups = Segmenter.fit(people, predictions, horizon_days=90).assign(people, predictions)
    assert (groups.loc[named, "lifecycle"] == "leaving").all()
    assert groups.loc[named, "warnings"].str[0].str.startswith("spend of the last 90 days at ").all()


def test_warning_signs__have_no_currency_and_are_silent_where_nothing_changed() -> None:
    people = shop(2, per_quarter=9)
    money = [name for name in people if name.startswith(("revenue", "value_first"))]
    dear = people.assign(**{name: 1000 * people[name] for name in money})
    assert WarningSigns.fit(dear).say(dear).tolist() == WarningSigns.fit(people).say(people).tolist()
    quiet = shop(3, per_quarter=9, fallen=0)
    assert (WarningSigns.fit(quiet).say(quiet).str.len() > 0).sum() <= 3


def test_warning_signs__are_the_exact_tests_of_rates_and_sizes() -> None:
    row = {"orders_total": 31.0, "orders_90d": 2.0, "tenure_days": 450.0, "visits_90d": 3.0, "visits_total": 60.0}
    money = {"revenue_total": 3000.0, "revenue_90d": 100.0, "value_first": 100.0, "value_cv": np.nan}
    person = pd.DataFrame([row | money])
    fewer, smaller = binom.cdf(2, 30, 0.2), beta.cdf(100 / 3000, 2 / 0.25, 29 / 0.25)
    both = fewer * smaller * (1 - np.log(fewer * smaller))  # chi-squared with four degrees of freedom
    visits = binom.cdf(3, 60, 0.2)
    for factor, said in ((1.001, ["spend", "visits"]), (0.999, [])):
        limits = WarningSigns(size_cv=0.5, spend_from=factor * both, visits_from=factor * visits)
        assert [sign.split()[0] for sign in limits.say(person).iloc[0]] == said


def test_warning_signs__know_complaints_and_detractors_while_they_are_fresh() -> None:
    people = pd.DataFrame(
        {
            "tenure_days": 400.0,
            "complaints_since_order": [1.0, 1.0, 0.0, np.nan],
            "complaint_recency_days": [30.0, 200.0, 30.0, np.nan],
            "nps_last": [9.0, 6.0, 6.0, np.nan],
            "nps_recency_days": [10.0, 10.0, 400.0, np.nan],
        }
    )
    assert WarningSigns.fit(people).say(people).tolist() == [
        ["complained 30 days ago and has not ordered since"],
        ["detractor: 6 of 10 in the last NPS answer, 10 days ago"],
        [],
        [],
    ]
