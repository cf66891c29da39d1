"""What comes back: which orders, how much of them, when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.baskets import Baskets
from tenure_simulator.config import ShopConfig
from tenure_simulator.purchases import Purchases
from tenure_simulator.traits import Traits


@dataclass(frozen=True, kw_only=True)
class OrderReturns:
    """Returns of a block, aligned with each other.

    Attributes
    ----------
    order
        Position of the returned order in the block.
    day
        When it came back, days since the shop's start.
    whole
        Whether the whole order came back, or only its first line.
    refund, recovered
        Money paid back and cost of goods recovered, cents.
    """

    order: Ints
    day: Floats
    whole: Bools
    refund: Ints
    recovered: Ints


def return_shares(config: ShopConfig, traits: Traits) -> tuple[Floats, Floats]:
    """P(return) of each customer's order that went well, and of one that went wrong."""
    well = np.minimum(config.experience.return_rate * traits.return_factor, 0.9)
    return well, np.minimum(config.experience.return_rate_bad * np.sqrt(traits.return_factor), 0.95)


def return_probability_by(config: ShopConfig, age: Floats) -> Floats:
    """P(a return has happened ``age`` days after its order | the order is returned)."""
    low, high = config.experience.return_after_days
    return np.clip((age - low) / (high - low), 0.0, 1.0)


def draw_returns(
    config: ShopConfig, traits: Traits, purchases: Purchases, baskets: Baskets, rng: np.random.Generator
) -> OrderReturns:
    """Draw the returns of every order of a block."""
    shares = np.stack(return_shares(config, traits))[purchases.bad.astype(int), purchases.customer]
    order = np.flatnonzero(rng.random(len(shares)) < shares)
    whole = rng.random(len(order)) < config.experience.whole_order
    low, high = config.experience.return_after_days
    cost = np.where(whole, baskets.cost[order], baskets.first_cost[order])
    return OrderReturns(
        order=order,
        day=purchases.day[order] + rng.uniform(low, high, len(order)),
        whole=whole,
        refund=np.where(whole, baskets.revenue[order], baskets.first_revenue[order]),
        recovered=np.rint(config.experience.resold * cost).astype(np.int64),
    )
