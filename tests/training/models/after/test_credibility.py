"""Credibility: worked by hand, against a simulated hierarchy, and silent where customers do not differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_features.stored import Stored
from tenure_training.models.after.credibility import Credibility


def sums_of(rows: pd.DataFrame) -> dict[str, float]:
    """Sum observations up with pandas."""
    rows = rows.assign(squares=rows["total"] ** 2 / rows["exposure"])
    own = rows.groupby("customer").agg(
        total=("total", "sum"), exposure=("exposure", "sum"), squares=("squares", "sum"), n=("total", "size")
    )
    return {
        "customers": float(len(own)),
        "observations": float(own["n"].sum()),
        "total": own["total"].sum(),
        "exposure": own["exposure"].sum(),
        "squares": own["squares"].sum(),
        "own_squares": (own["total"] ** 2 / own["exposure"]).sum(),
        "squared_exposure": (own["exposure"] ** 2).sum(),
    }


def hierarchy(customers: int, *, between: float, within: float) -> pd.DataFrame:
    """Draw margins of orders of customers whose own margin varies around .4."""
    rng = np.random.default_rng(3)
    orders = rng.integers(1, 9, customers)
    who = np.repeat(np.arange(customers), orders)
    exposure = rng.gamma(4.0, 25.0, len(who))
    own = 0.4 + between * rng.standard_normal(customers)
    rate = own[who] + within * rng.standard_normal(len(who)) / np.sqrt(exposure)
    return pd.DataFrame({"customer": who, "exposure": exposure, "total": rate * exposure})


def test_fit__finds_the_ratio_of_variances_that_was_drawn():
    found = Credibility.fit(sums_of(hierarchy(20_000, between=0.1, within=1.5)), mean=0.4)
    assert found.halfway == pytest.approx(1.5**2 / 0.1**2, rel=0.06)


def test_fit__worked_by_hand():
    # two customers with two orders of exposure 1 each: rates 0, 2 and 4, 6; own means 1 and 5, within 2, among
    # 2 * (1 - 3)^2 + 2 * (5 - 3)^2 = 16 less 1 * 2, over 4 - 8 / 4
    rows = pd.DataFrame({"customer": [1, 1, 2, 2], "exposure": 1.0, "total": [0.0, 2.0, 4.0, 6.0]})
    assert Credibility.fit(sums_of(rows), mean=3.0).halfway == pytest.approx(2 / 7)


def test_fit__customers_who_do_not_differ_are_nearly_the_shops():
    found = Credibility.fit(sums_of(hierarchy(3_000, between=0.0, within=2.0)), mean=0.4).halfway
    assert found is None or found > 20_000  # an order is worth 100 on average


@pytest.mark.parametrize("rows", [{"customer": [1, 2], "exposure": [5.0, 5.0], "total": [1.0, 2.0]}, {
    "customer": [1, 1], "exposure": [5.0, 5.0], "total": [1.0, 2.0]}])  # fmt: skip
def test_fit__says_nothing_where_nobody_repeats_or_is_alone(rows):
    assert Credibility.fit(sums_of(pd.DataFrame(rows)), mean=0.3) == Credibility(mean=0.3)


def test_rates__estimate_own_rates_better_than_the_shop_and_than_the_customer_alone():
    rows = hierarchy(5_000, between=0.1, within=2.0)
    own = rows.groupby("customer")[["total", "exposure"]].sum()
    rng = np.random.default_rng(3)
    rng.integers(1, 9, 5_000), rng.gamma(4.0, 25.0, len(rows))
    true = 0.4 + 0.1 * rng.standard_normal(5_000)
    found = Credibility.fit(sums_of(rows), mean=0.4).rates(own["total"].to_numpy(), own["exposure"].to_numpy())
    error = np.mean((found - true) ** 2)
    assert error < 0.8 * np.mean((0.4 - true) ** 2)
    assert error < 0.8 * np.mean((own["total"] / own["exposure"] - true) ** 2)


def test_rates__who_has_hardly_bought_is_near_the_shop():
    rates = Credibility(mean=0.4, halfway=200.0).rates(
        np.array([0.0, 9.0, 1800.0, -60.0]), np.array([0, 10, 2000, 0.0])
    )
    assert rates[:2] == pytest.approx([0.4, (9 + 80) / 210])
    assert rates[2] > 0.85
    assert rates[3] == 0.4  # all of it came back: nothing is known of the margin


def test_credibility__comes_back_from_json():
    for credibility in (Credibility(mean=0.4, halfway=12.0), Credibility(mean=0.4)):
        stored = Stored(credibility.to_dict(), "x.json")
        assert Credibility.from_stored(stored, low=0.0, high=1.0) == credibility
