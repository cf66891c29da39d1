"""Spend, arrivals, diminishing returns and the true marginal return."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tenure_simulator import preset
from tenure_simulator.channel_truth import channels_truth, value_sums
from tenure_simulator.channels import draw_arrivals, make_marketing, response, response_slope, spend_table

LEVELS = st.floats(0.0, 20.0)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(level=LEVELS, saturation=st.floats(0.1, 5.0))
def test_response__grows_and_flattens(level, saturation):
    x = np.array([level, level + 0.5, level + 1.0])
    low, middle, high = response(x, saturation)
    assert low < middle < high
    assert high - middle < middle - low
    numeric = (response(x + 1e-6, saturation) - response(x - 1e-6, saturation)) / 2e-6
    assert response_slope(x, saturation) == pytest.approx(numeric, rel=1e-4)


def test_marketing__brings_the_customers_and_costs_what_is_planned():
    config = preset("shop", customers=50_000)
    marketing = make_marketing(config)
    assert marketing.arrivals.sum() == pytest.approx(50_000)
    for index, channel in enumerate(config.channels):
        cost = marketing.spend[index].sum() / marketing.arrivals[index].sum()
        assert cost == pytest.approx(channel.acquisition_cost, rel=0.35), channel.name


def test_marketing__stops_before_launch_and_in_pauses():
    config = preset("shop")
    social = [channel.name for channel in config.channels].index("paid_social")
    marketing = make_marketing(config)
    for quiet in (slice(0, 60), slice(500, 546)):
        assert (marketing.arrivals[social, quiet] == 0).all()
        assert (marketing.spend[social, quiet] == 0).all()
    assert (marketing.arrivals[social, 546:] > 0).all()


def test_arrivals__are_those_expected_per_channel_and_quarter():
    config = preset("shop")
    quarter = np.arange(config.days) // 92
    expected = np.stack([np.bincount(quarter, row) for row in make_marketing(config).arrivals])
    channel, arrival = draw_arrivals(config, np.random.default_rng(1), 300_000)
    seen = np.bincount(channel * expected.shape[1] + arrival.astype(int) // 92, minlength=expected.size)
    live = expected.ravel() > 0
    assert seen[~live].sum() == 0
    assert stats.chisquare(seen[live], expected.ravel()[live] * 300_000 / expected.sum()).pvalue > 1e-3


def test_spend__matches_the_marketing_to_the_cent():
    config = preset("shop", customers=2000)
    table = spend_table(config)
    total = table.groupby("channel")["cost"].sum()
    assert total["paid_search"] == pytest.approx(make_marketing(config).spend[1].sum(), abs=6)
    assert "organic" not in total.index
    clicks = table[table["channel"] == "paid_search"]
    assert clicks["clicks"].sum() == pytest.approx(clicks["cost"].sum() / 0.7, rel=0.02)
    assert (clicks["impressions"] >= 20 * clicks["clicks"]).all()
    assert (table["cost"] > 0).all()


def test_channels_truth__marginal_return_is_what_one_more_euro_brings(shop):
    config, _, truth = shop
    table = channels_truth(config, value_sums(config, truth.traits))
    search = table[table["channel"] == "paid_search"]
    # One more per cent of money on every day, by the response curve itself.
    channel, marketing = config.channels[1], make_marketing(config)
    plan = marketing.spend[1, :30].sum()
    level = np.linspace(0.2, 3, 50)
    assert (response_slope(level, channel.saturation) * level < response(level, channel.saturation)).all()
    first = search.iloc[0]
    assert first["spend"] == pytest.approx(plan)
    assert first["marginal_return"] == pytest.approx(first["marginal_customers"] * first["value_per_customer"])
    assert (search["marginal_customers"] * search["cost_per_customer"] < 1).all()  # the next customer costs more
    assert table["customers"].sum() == config.customers


def test_marginal__is_the_derivative_of_arrivals():
    """Double bookkeeping: raise one channel's plan by a thousandth and count the arrivals again."""
    config = preset("shop", customers=30_000)
    marketing, index = make_marketing(config), 1
    channel = config.channels[index]
    day = np.flatnonzero(marketing.spend[index] > 0)[:200]
    spend = marketing.spend[index, day]
    paid = 1 - channel.base
    plain = marketing.arrivals[index, day]
    # Arrivals at level x are volume * (base + paid * response(x)); solve for volume and level from the public curve.
    money_per_level = _money_per_level(config, index)
    level = spend / money_per_level
    volume = plain / (channel.base + paid * response(level, channel.saturation))
    more = volume * (channel.base + paid * response((spend + 1e-3) / money_per_level, channel.saturation))
    assert marketing.marginal[index, day] == pytest.approx((more - plain) / 1e-3, rel=1e-3)


def _money_per_level(config, index):
    """Planned spend of a day: scale * weight * acquisition cost, with the scale read off a channel without spend."""
    from tenure_simulator.channels import season
    from tenure_simulator.clock import WEEKDAYS

    organic = config.channels[0]
    day = np.arange(config.days)
    weekday = WEEKDAYS[(day + config.start.weekday()) % 7] / WEEKDAYS.mean()
    demand = season(day.astype(float), config.start, config.purchasing.season) * weekday
    scale = make_marketing(config).arrivals[0].sum() / (organic.weight * demand.sum())
    return scale * config.channels[index].weight * config.channels[index].acquisition_cost


def test_channel_change__brings_worse_customers_from_its_day_on(shop):
    config, _, truth = shop
    (change,) = config.channel_changes
    index = [channel.name for channel in config.channels].index(change.channel)
    mine = truth.traits.channel == index
    after = truth.traits.arrival >= change.day
    assert truth.traits.leave_first[mine & after].mean() > truth.traits.leave_first[mine & ~after].mean() + 0.1
    assert truth.traits.rate[mine & after].mean() < truth.traits.rate[mine & ~after].mean()
