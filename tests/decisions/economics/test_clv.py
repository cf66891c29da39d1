from __future__ import annotations

import numpy as np
import pytest

from tenure_decisions.economics.ages import Ages
from tenure_decisions.economics.clv import Outlook, lifetime_value, shop_steps
from tenure_decisions.resampling import Resampler

EDGES = np.array([0.0, 30.0, 60.0, 90.0])
EVERYBODY = np.arange(4)


def ages(age: list[float], value: list[list[float]], at_once: float = 10.0) -> Ages:
    table = np.array(value)
    return Ages(
        age=np.array(age),
        edges=EDGES,
        value=table,
        revenue=table,
        at_once=np.full(len(age), at_once),
        active=table > 0,
        orders=1.0 * (table > 0),
        so_far=table.sum(axis=1),
    )


def estimates(shop: Ages, who: np.ndarray, horizons: tuple[int, ...], scored: Outlook | None = None):
    resampler = Resampler(len(shop.age), resamples=50)
    return lifetime_value(
        shop, who, horizons=horizons, resampler=resampler, shop=shop_steps(shop, resampler), scored=scored
    )


def test_lifetime_value__of_mature_customers_is_what_they_brought() -> None:
    shop = ages([90, 95, 120, 300], [[10, 0, 0], [20, 5, 5], [30, 0, 1], [40, 0, 0]])
    found = estimates(shop, EVERYBODY, (30, 90))
    assert found.observed[0].tolist() == [25.0, 27.75]
    assert found.predicted[0].tolist() == [25.0, 27.75]
    assert found.mature.tolist() == [4, 4]


def test_lifetime_value__observed_leaves_young_customers_out_and_predicted_completes_them() -> None:
    # two customers of 60 days, two of 90: a month from day 60 to 90 brought 6 on average
    shop = ages([60, 60, 90, 90], [[10, 2, 0], [10, 2, 0], [10, 2, 4], [10, 2, 8]])
    found = estimates(shop, EVERYBODY, (90,))
    assert found.observed[0].tolist() == [18.0]
    assert found.mature.tolist() == [2]
    assert found.predicted[0].tolist() == pytest.approx([(12 + 12 + 16 + 20) / 4 + 2 * 6 / 4])


def test_lifetime_value__starts_in_the_middle_of_a_month() -> None:
    # 15 of the last 30 days are still to come: half of 6
    shop = ages([75, 90], [[10, 2, 1], [10, 2, 6]])
    assert estimates(shop, np.array([0]), (90,)).predicted[0].tolist() == pytest.approx([13 + 3])


def test_lifetime_value__counts_the_first_order_at_once_and_what_follows_evenly() -> None:
    # a day old: the first order of 10 is there, of the 6 that follow it within 30 days 29 thirtieths are to come
    shop = ages([1, 90], [[10, 0, 0], [16, 0, 0]])
    assert estimates(shop, np.array([0]), (30,)).predicted[0].tolist() == pytest.approx([10 + 6 * 29 / 30])


def test_lifetime_value__a_score_sets_the_level() -> None:
    # the curve expects 6 more within 30 days; a score of 12 doubles the rest, a score of 0 removes it
    shop = ages([60, 60, 90, 90], [[10, 2, 0], [10, 2, 0], [10, 2, 6], [10, 2, 6]])
    scored = Outlook(np.array([12.0, 0.0, 99.0, np.nan]), horizon_days=30)
    assert estimates(shop, np.array([0]), (90,), scored).predicted[0].tolist() == pytest.approx([24.0])
    assert estimates(shop, np.array([1]), (90,), scored).predicted[0].tolist() == pytest.approx([12.0])
    assert estimates(shop, np.array([2, 3]), (90,), scored).predicted[0].tolist() == pytest.approx([18.0])


def test_lifetime_value__is_not_known_beyond_the_oldest_customer() -> None:
    shop = ages([60, 40], [[10, 2, 0], [10, 0, 0]])
    found = estimates(shop, np.arange(2), (30, 90))
    assert found.predicted[0, 0] == 10.0
    assert np.isnan(found.predicted[:, 1]).all()
    assert np.isnan(found.observed[:, 1]).all()


def test_lifetime_value__of_nobody_is_not_known() -> None:
    shop = ages([90, 90], [[1, 1, 1], [1, 1, 1]])
    found = estimates(shop, np.array([], dtype=np.int64), (90,))
    assert np.isnan(found.predicted[0, 0])
    assert np.isnan(found.observed[0, 0])
