"""Whom to contact: worked out by hand, and beside trying every choice."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_decisions.campaigns.target_list import TargetList, TargetSettings, draw_up
from tenure_decisions.campaigns.targeting import (
    BY_PROFIT,
    CONTACT_ALL,
    RISKIEST,
    Offer,
    Pricing,
    add_up,
    break_even_saves,
    choose_best,
    plain_choices,
    price,
    slide_budget,
    spend_of,
)
from tenure_features.errors import NothingToDoError, UsageError

AS_OF = pd.Timestamp("2024-06-01")
MAIL, VOUCHER = Offer(arm="mail", contact=1.0), Offer(arm="voucher", contact=1.0, offer=10.0)


def people(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Customers with P(no order) and what keeping them brings."""
    table = pd.DataFrame(rows, columns=["customer_id", "churn_probability", "value"])
    return table.assign(order_value=50.0, expected=(1 - table["churn_probability"]) * table["value"], later=0.0)


THREE = people(("leaver", 0.8, 100.0), ("regular", 0.1, 90.0), ("pauper", 0.8, 4.0))
MEASURED = pd.DataFrame({
    "customer_id": ["leaver", "regular", "pauper"] * 2,
    "arm": ["mail"] * 3 + ["voucher"] * 3,
    "uplift": [0.05, -0.02, 0.05, 0.4, 0.02, 0.4],
    "outcome_control": [0.2, 0.9, 0.2] * 2,
    "lift": [0.1] * 3 + [0.5] * 3,
    "extra": [0.0, -9.0, 0.0, 30.0, -50.0, 0.0],
    "inside": True,
    "campaign": "spring",
})  # fmt: skip


def assumed(saves: float = 0.1) -> Pricing:
    return price(THREE, [MAIL], uplift=None, saves=saves, redeem=1.0)


def test_profit__is_what_was_measured_less_the_contact_with_the_offer_as_it_was_tried() -> None:
    priced = price(THREE, [MAIL, VOUCHER], uplift=MEASURED, saves=None, redeem=0.5)
    # leaver, expected to bring .2 x 100: a lift of .1, and of .5 with 30 beyond it; the voucher is in the 30
    assert priced.profit[0] == pytest.approx([0.1 * 20 - 1, 0.5 * 20 + 30 - 1])
    assert choose_best(priced, None).tolist() == [1, -1, -1]
    # the budget counts the offer: .5 x (.2 + .4) x 10
    assert priced.cost[0] == pytest.approx([1, 1 + 3])
    assert priced.limit[0, 1] == pytest.approx((40 + 3 - 1) / 0.3)
    # from which lift on the mail pays: x 20 = 1
    assert priced.break_even[0, 0] == pytest.approx(1 / 20)


def test_profit__assumed_is_uplift_times_value_less_offer_and_contact() -> None:
    priced = price(THREE, [VOUCHER], uplift=None, saves=0.5, redeem=0.5)
    # leaver: half of .8 stay, .4 x 100 - .5 x (.2 + .4) x 10 - 1
    assert priced.profit[0, 0] == pytest.approx(40 - 3 - 1)
    # break-even u: u (100 - .5 x 10) = 1 + .5 x .2 x 10
    assert priced.break_even[0, 0] == pytest.approx(2 / 95)


def test_profit__of_what_comes_later_is_that_of_those_who_are_kept() -> None:
    kept = price(THREE.assign(later=200.0), [MAIL], uplift=MEASURED, saves=None, redeem=0.5).profit
    now = price(THREE, [MAIL], uplift=MEASURED, saves=None, redeem=0.5).profit
    assert (kept - now)[:, 0] == pytest.approx(np.array([0.05, -0.02, 0.05]) * 200)


def test_sleeping_dogs__and_strangers_are_never_contacted() -> None:
    unknown = MEASURED.assign(inside=MEASURED["customer_id"] != "leaver")
    priced = price(THREE, [MAIL, VOUCHER], uplift=unknown, saves=None, redeem=0.5)
    assert (choose_best(priced, None) == -1).all()


def test_assumption__says_from_where_on_it_pays() -> None:
    priced = assumed()
    choice = choose_best(priced, None)
    assert choice.tolist() == [0, -1, -1]  # .1 x .1 x 90 does not pay the contact of the regular
    needed = break_even_saves(priced, choice)
    assert needed == pytest.approx(1 / 80)
    assert add_up(assumed(needed), choice)["profit"] == pytest.approx(0)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 60)), min_size=2, max_size=5),
    st.floats(0, 30),
)
@settings(max_examples=60, deadline=None)
def test_choice__keeps_the_budget_and_is_best_but_for_a_customer(
    rows: list[tuple[float, float]], budget: float
) -> None:
    table = people(*((str(n), churn, value) for n, (churn, value) in enumerate(rows)))
    priced = price(table, [MAIL, VOUCHER], uplift=None, saves=0.5, redeem=0.5)
    choice = choose_best(priced, budget)
    assert spend_of(priced, choice) <= budget + 1e-9
    tried = [np.array(way) for way in product((-1, 0, 1), repeat=len(rows))]
    best = max(add_up(priced, way)["profit"] for way in tried if spend_of(priced, way) <= budget)
    assert best - add_up(priced, choice)["profit"] <= max(priced.profit.max(), 0) + 1e-9


def test_ways__by_profit_is_never_behind_the_plainer_ones() -> None:
    rng = np.random.default_rng(0)
    table = people(*((f"c{n}", rng.random(), rng.gamma(2) * 30) for n in range(200)))
    priced = price(table, [MAIL, VOUCHER], uplift=None, saves=0.3, redeem=0.5)
    for budget in (50.0, 200.0, None):
        sums = {way: add_up(priced, each) for way, each in plain_choices(priced, budget).items()}
        limit = np.inf if budget is None else budget
        within = {way: each for way, each in sums.items() if each["cost"] <= limit}
        assert {BY_PROFIT, RISKIEST} <= set(within)
        assert max(within.values(), key=lambda each: each["profit"]) == sums[BY_PROFIT]
        assert sums[CONTACT_ALL]["contacted"] == 200
    slide = slide_budget(priced)
    assert slide["profit"].is_monotonic_increasing
    assert (slide["cost"] <= slide["budget"] + 1e-9).all()


def listed(**changes: float) -> TargetList:
    table = people(*((f"c{n}", 0.5, 100.0 + n) for n in range(50)))
    priced = price(table, [MAIL], uplift=None, saves=0.1, redeem=1.0)
    how = TargetSettings(campaign="june", saves=0.1, holdout=0.2, **changes)
    return draw_up(priced, how, as_of=AS_OF, horizon_days=90)


def test_list__holds_out_by_lot_and_writes_assignments() -> None:
    drawn = listed()
    arms = drawn.assignments["arm"].value_counts()
    assert arms.to_dict() == {"mail": 40, "control": 10}
    assert set(drawn.assignments.loc[drawn.assignments["arm"] == "mail", "customer_id"]) == set(
        drawn.targets["customer_id"]
    )
    assert drawn.targets["expected_profit"].is_monotonic_decreasing
    assert drawn.targets["basis"].eq("ASSUMED, not measured: a contact keeps 10% of would-be leavers").all()
    assert drawn.assignments.equals(listed().assignments)


def test_list__is_refused_where_nothing_pays_or_nothing_is_known() -> None:
    with pytest.raises(NothingToDoError, match="contact nobody"):
        draw_up(assumed(0.001), TargetSettings(campaign="x", saves=0.001), as_of=AS_OF, horizon_days=90)
    with pytest.raises(UsageError, match="is not known"):
        price(THREE, [MAIL], uplift=None, saves=None, redeem=1.0)
    with pytest.raises(UsageError, match="Nothing was measured of the arm 'call'"):
        price(THREE, [Offer(arm="call", contact=1.0)], uplift=MEASURED, saves=None, redeem=1.0)
