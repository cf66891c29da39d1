"""What each order holds and what it is worth: lines, discounts, costs; and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints, expand_ragged
from tenure_simulator.catalogue import CATEGORIES, CATEGORY_SHARES, PER_BRAND, SLOTS, make_catalogue
from tenure_simulator.clock import make_clock
from tenure_simulator.config import ShopConfig
from tenure_simulator.purchases import Purchases
from tenure_simulator.traits import Traits


@dataclass(frozen=True)
class Lines:
    """Lines by order: ``order`` is its position in the block, ``price`` of a piece is after discount, in cents."""

    order: Ints
    product: Ints
    quantity: Ints
    price: Ints


@dataclass(frozen=True, kw_only=True)
class Baskets:
    """Money of each order of a block, in integer cents, and its lines.

    Attributes
    ----------
    revenue, cost, discount
        What was paid, what the goods cost, what was taken off the list price.
    redeemed
        Whether a campaign's offer was used.
    first_revenue, first_cost
        Revenue and cost of the order's first line, which a partial return gives back.
    lines
        The order lines.
    """

    revenue: Ints
    cost: Ints
    discount: Ints
    redeemed: Bools
    first_revenue: Ints
    first_cost: Ints
    lines: Lines


def _products(rng: np.random.Generator, config: ShopConfig, traits: Traits, who: Ints) -> Ints:
    """Draw the product of each line of customers ``who``."""
    catalogue, n = make_catalogue(config), len(who)
    category = np.searchsorted(np.cumsum(CATEGORY_SHARES), rng.random(n), side="right").clip(max=len(CATEGORIES) - 1)
    category = np.where(rng.random(n) < config.baskets.favourite_category, traits.favourite[who], category)
    popular = catalogue.slots[category, rng.integers(0, SLOTS, n)]
    branded = catalogue.branded[category, traits.brand[who], rng.integers(0, PER_BRAND, n)]
    return np.asarray(np.where(rng.random(n) < traits.brand_share[who], branded, popular))


def offers(config: ShopConfig, traits: Traits, purchases: Purchases, rng: np.random.Generator) -> Floats:
    """Depth of the campaign offer used with each order; 0 without one."""
    depth = np.zeros(len(purchases.day))
    for record in purchases.assigned:
        campaign = config.campaigns[record.campaign]
        discounts = np.array([0.0, *(arm.discount for arm in campaign.arms)])
        if not discounts.any():
            continue
        offer = np.zeros(len(traits))
        offer[record.customer[record.treated]] = discounts[record.arm[record.treated]]
        live = (purchases.day >= campaign.day) & (purchases.day < campaign.day + campaign.effect_days)
        used = live & (rng.random(len(depth)) < traits.takes_offers[purchases.customer])
        depth = np.where(used, np.maximum(depth, offer[purchases.customer]), depth)
    return depth


def fill_baskets(config: ShopConfig, traits: Traits, purchases: Purchases, rng: np.random.Generator) -> Baskets:
    """Draw lines, discounts and money of every order.

    An offer and a shop discount are not combined: an order that redeems an offer gets the offer alone.
    """
    catalogue, who, n = make_catalogue(config), purchases.customer, len(purchases.day)
    offer = offers(config, traits, purchases, rng)
    on_sale = rng.random(n) < traits.discounted[who]
    sale = np.array(config.baskets.discounts)[rng.integers(0, len(config.baskets.discounts), n)] * on_sale
    depth = np.where(offer > 0, offer, sale)
    order, _ = expand_ragged(1 + rng.poisson(traits.extra_lines[who]))
    quantity = 1 + rng.poisson(traits.extra_pieces[who[order]])
    product = _products(rng, config, traits, who[order])
    level = make_clock(config).prices[purchases.day.astype(np.int64)]
    listed = np.rint(catalogue.price[product] * level[order]).astype(np.int64)
    price = np.rint(listed * (1 - depth[order])).astype(np.int64)
    revenue, cost = quantity * price, quantity * catalogue.cost[product]
    first = np.searchsorted(order, np.arange(n))
    whole = partial(np.add.reduceat, indices=first)
    return Baskets(
        revenue=whole(revenue),
        cost=whole(cost),
        discount=whole(quantity * (listed - price)),
        redeemed=offer > 0,
        first_revenue=revenue[first],
        first_cost=cost[first],
        lines=Lines(order, product, quantity, price),
    )
