"""One block of customers, drawn from its own random streams, and the orders table it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tenure_simulator.accounts import account_ids, account_used, draw_accounts
from tenure_simulator.arrays import Ints
from tenure_simulator.baskets import Baskets, fill_baskets
from tenure_simulator.columns import (
    BLOCK_FACTOR,
    constant,
    customer_ids,
    flags,
    money_column,
    order_ids,
    text_column,
    time_column,
)
from tenure_simulator.config import ShopConfig
from tenure_simulator.purchases import Purchases, simulate_purchases
from tenure_simulator.returns import OrderReturns, draw_returns
from tenure_simulator.streams import Purpose, stream
from tenure_simulator.traits import DEVICES, ORDER_CHANNELS, REGIONS, Traits, draw_traits


@dataclass(frozen=True, kw_only=True)
class CustomerBlock:
    """Customers of one block, what they bought and what came back.

    Attributes
    ----------
    index
        Number of the block.
    channel, device
        Where each order was placed and with which device (codes), shape (orders,); device -1 in a store.
    """

    config: ShopConfig
    index: int
    traits: Traits
    purchases: Purchases
    baskets: Baskets
    returns: OrderReturns
    channel: Ints
    device: Ints

    @property
    def order_number(self) -> Ints:
        """Number of each order, unique in the shop."""
        return self.index * BLOCK_FACTOR + np.arange(len(self.purchases.day))


def count_blocks(config: ShopConfig) -> int:
    """Return how many blocks the shop has."""
    return -(-config.customers // config.block_customers)


def _places(traits: Traits, purchases: Purchases, rng: np.random.Generator) -> tuple[Ints, Ints]:
    n, who = len(purchases.day), purchases.customer
    elsewhere = rng.random(n) < 0.2
    channel = np.where(elsewhere, rng.integers(0, len(ORDER_CHANNELS), n), traits.order_channel[who])
    device = np.where(rng.random(n) < 0.15, rng.integers(0, len(DEVICES), n), traits.device[who])
    device = np.where(channel == ORDER_CHANNELS.index("app"), np.maximum(device, 1), device)
    return channel, np.where(channel == ORDER_CHANNELS.index("store"), -1, device)


def draw_block(config: ShopConfig, index: int) -> CustomerBlock:
    """Draw the customers of one block and everything they bought."""

    def rng(purpose: Purpose) -> np.random.Generator:
        return stream(config.seed, purpose, block=index)

    first = index * config.block_customers
    # The whole block is drawn even if the shop ends within it, so that a larger shop begins with the same customers.
    numbers = np.arange(first, first + config.block_customers)
    traits = draw_traits(config, rng(Purpose.ARRIVALS), rng(Purpose.TRAITS), numbers)
    traits = traits.take(np.arange(min(config.block_customers, config.customers - first)))
    purchases = simulate_purchases(config, traits, rng(Purpose.PURCHASES))
    baskets = fill_baskets(config, traits, purchases, rng(Purpose.BASKETS))
    returns = draw_returns(config, traits, purchases, baskets, rng(Purpose.RETURNS))
    channel, device = _places(traits, purchases, rng(Purpose.PLACES))
    return CustomerBlock(
        config=config,
        index=index,
        traits=traits,
        purchases=purchases,
        baskets=baskets,
        returns=returns,
        channel=channel,
        device=device,
    )


def buyer_ids(block: CustomerBlock, order: Ints) -> pa.StringArray:
    """Return who placed orders: the person, or the account used where identities are fragmented."""
    who = block.purchases.customer[order]
    numbers = block.traits.number[who]
    if not block.config.identities.fragmented:
        return customer_ids(numbers)
    has = draw_accounts(block.config, block.index)
    return account_ids(numbers, account_used(has, who, block.channel[order]))


def orders_table(block: CustomerBlock) -> pa.Table:
    """Return the visible ``orders`` of a block by time, returns as rows of their own with negative revenue."""
    config, baskets, returns = block.config, block.baskets, block.returns
    sold = np.flatnonzero(block.purchases.day < config.days)
    back = np.flatnonzero(returns.day < config.days)
    order = np.concatenate([sold, returns.order[back]])
    day = np.concatenate([block.purchases.day[sold], returns.day[back]])
    is_return = np.arange(len(order)) >= len(sold)
    revenue = np.concatenate([baskets.revenue[sold], -returns.refund[back]])
    cost = np.concatenate([baskets.cost[sold], -returns.recovered[back]])
    discount = np.concatenate([baskets.discount[sold], np.zeros(len(back), dtype=np.int64)])
    turn = np.argsort(day, kind="stable")
    order, is_return = order[turn], is_return[turn]
    who = block.purchases.customer[order]
    return pa.table(
        {
            "customer_id": buyer_ids(block, order),
            "ordered_at": time_column(day[turn], config.start),
            "revenue": money_column(revenue[turn]),
            "order_id": order_ids(block.order_number[order], is_return),
            "cost": money_column(cost[turn]),
            "discount": money_column(discount[turn]),
            "is_return": flags(is_return),
            "channel": text_column(block.channel[order], ORDER_CHANNELS),
            "device": text_column(np.where(block.device[order] < 0, len(DEVICES), block.device[order]), (*DEVICES, "")),
            "region": text_column(block.traits.region[who], REGIONS),
            "currency": constant(config.currency, len(order)),
        }
    )
