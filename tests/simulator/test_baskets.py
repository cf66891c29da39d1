"""Money of orders: lines add up, means are those of the generator, returns come back as configured."""

import numpy as np
import pytest

from tenure_simulator import simulate_orders
from tenure_simulator.baskets import offers
from tenure_simulator.behaviour import ExperienceEffects
from tenure_simulator.block import draw_block, orders_table
from tenure_simulator.columns import to_frame
from tenure_simulator.economics import order_means
from tenure_simulator.lines import order_lines_table


@pytest.fixture(scope="module")
def block(shop):
    return draw_block(shop[0], 0)


def test_lines__add_up_to_orders_and_to_returns(block):
    orders, lines = to_frame(orders_table(block)), to_frame(order_lines_table(block))
    total = (lines["quantity"] * lines["unit_price"]).groupby(lines["order_id"]).sum()
    joined = orders.set_index("order_id")["revenue"].to_frame("revenue").join(total.rename("lines"))
    assert len(joined) == len(orders)
    assert np.allclose(joined["revenue"], joined["lines"])
    assert set(lines["order_id"]) == set(orders["order_id"])


def test_orders__list_price_is_revenue_plus_discount(block):
    baskets = block.baskets
    share = baskets.discount / (baskets.revenue + baskets.discount)
    used = share[share > 0]
    assert np.abs(used[:, None] - [0.1, 0.15, 0.2, 0.3]).min(axis=1).max() < 0.01
    assert (baskets.cost > 0).all()


def test_order_means__are_the_generators(calm):
    """Mean revenue, cost, refunds and return shares over customers, predicted from traits alone."""
    config = calm(customers=8000)
    _, truth = simulate_orders(config)
    means, ledger = order_means(config, truth.traits), truth.ledger
    who = ledger.customer
    expected = (means.listed * means.discounted)[who]
    assert ledger.revenue.mean() == pytest.approx(expected.mean(), rel=0.015)
    assert ledger.cost.mean() == pytest.approx(means.cost[who].mean(), rel=0.015)
    returned = means.returned[ledger.cooling, who]
    assert np.isfinite(ledger.returned_day).mean() == pytest.approx(returned.mean(), rel=0.05)
    refund = (returned * means.refunded[who] * expected).sum()
    assert ledger.refund.sum() == pytest.approx(refund, rel=0.08)
    rich = expected > np.quantile(expected, 0.9)
    assert ledger.revenue[rich].mean() == pytest.approx(expected[rich].mean(), rel=0.03)


def test_returns__come_within_the_configured_days(calm):
    config = calm(customers=1500, experience=ExperienceEffects(return_after_days=(5, 9), return_rate=0.3))
    ledger = simulate_orders(config)[1].ledger
    back = np.isfinite(ledger.returned_day)
    delay = (ledger.returned_day - ledger.day)[back]
    assert back.sum() > 500
    assert delay.min() >= 5 - 1e-4
    assert delay.max() <= 9 + 1e-4
    assert (ledger.refund[back] <= ledger.revenue[back]).all()
    assert (ledger.refund[~back] == 0).all()


def test_tastes__favourites_are_bought_more_often(block):
    lines, traits = block.baskets.lines, block.traits
    from tenure_simulator.catalogue import make_catalogue

    catalogue = make_catalogue(block.config)
    who = block.purchases.customer[lines.order]
    own = catalogue.category[lines.product] == traits.favourite[who]
    assert own.mean() > 0.5
    brand = catalogue.brand[lines.product] == traits.brand[who]
    loyal = traits.brand_share[who] > 0.5
    assert brand[loyal].mean() > brand[~loyal].mean() + 0.25


def test_offers__are_used_only_by_the_treated_within_the_window(block):
    depth = offers(block.config, block.traits, block.purchases, np.random.default_rng(0))
    used = np.flatnonzero(depth)
    assert len(used) > 50
    treated = {
        (record.campaign, who)
        for record in block.purchases.assigned
        for who in record.customer[record.treated].tolist()
    }
    for order in used:
        day, who = block.purchases.day[order], block.purchases.customer[order]
        live = [i for i, c in enumerate(block.config.campaigns) if c.day <= day < c.day + c.effect_days]
        assert any((campaign, who) in treated for campaign in live)


def test_price_change__raises_prices_and_lowers_demand(shop):
    config, _, _ = shop
    (change,) = config.price_changes
    block = draw_block(config, 0)
    lines = block.baskets.lines
    after = (block.purchases.day >= change.day)[lines.order]
    full = (block.baskets.discount == 0)[lines.order]
    product = np.bincount(lines.product).argmax()
    old, new = (set(lines.price[(lines.product == product) & full & when]) for when in (~after, after))
    assert len(old) == len(new) == 1
    assert new.pop() / old.pop() == pytest.approx(change.price, abs=0.001)
