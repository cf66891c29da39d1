"""Gaps, rates and drop-out of the generator against their distributions."""

import numpy as np
import pytest
from scipy import stats

from tenure_simulator import simulate_orders
from tenure_simulator.behaviour import ExperienceEffects, Leaving, Purchasing
from tenure_simulator.block import draw_block
from tenure_simulator.clock import make_clock

LOYAL = Leaving(after_first=0, after_order=0, cooling_after_days=1e9, loyalty_effect=0)


@pytest.mark.parametrize("shape", [1, 2, 4, 9])
def test_gaps__are_erlang_with_the_customers_own_mean(calm, shape):
    purchasing = Purchasing(gap_days=20, spread=0.5, season=0, regularity=(0.0,) * (shape - 1) + (1.0,))
    config = calm(customers=400, purchasing=purchasing, leaving=LOYAL, experience=ExperienceEffects(cools=0))
    _, truth = simulate_orders(config)
    shop_day = make_clock(config).shop_time(truth.ledger.day)
    same = np.diff(truth.ledger.customer) == 0
    # Long gaps are cut off by the end: only the first gaps of early, quick customers are free of that.
    who = truth.ledger.customer[1:][same]
    gap = np.diff(shop_day)[same] * truth.traits.rate[who]
    nth = np.concatenate([np.arange(n) for n in np.bincount(who, minlength=len(truth.traits)) if n])
    free = (nth < 5) & (truth.traits.arrival[who] < 600) & (truth.traits.rate[who] > 1 / 40)
    result = stats.kstest(gap[free], stats.gamma(shape, scale=1 / shape).cdf)
    assert free.sum() > 400
    assert result.pvalue > 1e-3
    assert gap[free].std() / gap[free].mean() == pytest.approx(shape**-0.5, rel=0.08)


def test_orders__follow_season_weekday_and_hour(calm):
    config = calm(season=1.0, leaving=LOYAL)
    orders, _ = simulate_orders(config)
    hours = orders["ordered_at"].dt.hour.value_counts(normalize=True)
    assert hours[20] == pytest.approx(20 / 222, abs=0.01)
    assert hours.get(3, 0) < 0.02
    last_year = orders[orders["ordered_at"] >= "2024-01-01"]
    monthly = last_year.groupby(last_year["ordered_at"].dt.month).size()
    assert monthly[12] > 1.25 * monthly[8]


def test_leaving__after_the_first_order_has_its_share(calm):
    leaving = Leaving(after_first=0.4, after_order=0.0, cooling_after_days=1e9, loyalty_effect=0.0)
    config = calm(leaving=leaving, experience=ExperienceEffects(cools=0))
    truth = simulate_orders(config)[1]
    left = int(np.isfinite(truth.left).sum())
    assert stats.binomtest(left, len(truth.left), 0.4).pvalue > 1e-3


def test_leaving__takes_the_configured_time_to_cool_and_to_go(calm):
    leaving = Leaving(after_first=0, after_order=0, cooling_after_days=100, cooling_days=30, loyalty_effect=0)
    truth = simulate_orders(calm(leaving=leaving, experience=ExperienceEffects(cools=0)))[1]
    early = truth.traits.arrival < 400  # nearly all of them have left before the end
    done = np.isfinite(truth.left)
    assert done[early].mean() > 0.99
    done &= early
    engaged = truth.cooled[done] - truth.traits.arrival[done]
    cooling = (truth.left[done] - truth.cooled[done]) * truth.traits.leaving_hazard[done]
    assert engaged.mean() == pytest.approx(100, rel=0.1)
    assert stats.kstest(cooling, "expon").pvalue > 1e-3


def test_cooling__slows_purchases_and_follows_bad_orders(shop):
    _, _, truth = shop
    cooled = np.flatnonzero(np.isfinite(truth.cooled) & np.isfinite(truth.left))
    length = truth.left[cooled] - truth.cooled[cooled]
    cold = np.bincount(truth.ledger.customer, truth.ledger.cooling, minlength=len(truth.left))[cooled]
    expected = truth.traits.rate[cooled] * length * truth.config.leaving.cooling_speed
    assert cold.sum() == pytest.approx(expected.sum(), rel=0.15)
    assert truth.ledger.bad[truth.ledger.cooling > 0].mean() > 1.4 * truth.ledger.bad[truth.ledger.cooling == 0].mean()


def test_nobody_buys_before_arrival_or_after_leaving(shop):
    _, _, truth = shop
    day, who = truth.ledger.day, truth.ledger.customer
    second = 1 / 86_400
    assert (day >= truth.traits.arrival[who] - second).all()
    assert (day <= truth.left[who] + second).all()
    assert np.array_equal(np.unique(who), np.arange(truth.config.customers))


def test_block__of_a_larger_shop_begins_with_the_same_customers():
    from tenure_simulator import preset

    small, large = (preset("shop", customers=n).model_copy(update={"block_customers": 150}) for n in (300, 900))
    for index in (0, 1):
        one, other = draw_block(small, index), draw_block(large, index)
        assert np.array_equal(one.purchases.day, other.purchases.day)
        assert np.array_equal(one.baskets.revenue, other.baskets.revenue)
