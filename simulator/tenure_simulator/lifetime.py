"""Lifetime value net of costs: expected at acquisition, realised so far, and still to come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.chain import Position, lifetime_orders
from tenure_simulator.channels import make_marketing
from tenure_simulator.clock import make_clock
from tenure_simulator.config import ShopConfig
from tenure_simulator.economics import OrderSums, amounts, order_means
from tenure_simulator.present import make_chain, present
from tenure_simulator.traits import Traits, bad_shares
from tenure_simulator.truth import Truth, day_of


def contribution(config: ShopConfig, traits: Traits, orders: Floats, *, price: Floats | float) -> Floats:
    """Return expected net revenue less cost of goods and service of expected ``orders`` (2, n) at a price level."""
    means, sums = order_means(config, traits), OrderSums(len(traits))
    sums.add(orders, paid=means.discounted * price, back=1.0)
    money = amounts(config, means, sums)
    return money.margin - money.service


def demand_level(config: ShopConfig, day: Ints) -> Floats:
    """Return the purchase speed that price changes left, without season, on each day."""
    level = np.ones(len(day))
    for change in config.price_changes:
        level = np.where(day >= change.day, level * change.demand, level)
    return level


def _fresh(n: int, *, cooling: bool) -> Position:
    return Position(np.ones(n, dtype=bool), np.full(n, cooling), np.zeros(n))


def at_acquisition(config: ShopConfig, traits: Traits) -> tuple[Floats, Floats]:
    """Return expected orders and contribution from the first order until gone, first order included.

    Prices and demand are those of the day of arrival, the season is averaged out; not discounted, before the cost of
    acquisition.
    """
    day = np.minimum(traits.arrival.astype(np.int64), make_clock(config).days - 1)
    chain = make_chain(config, traits, speed=demand_level(config, day))
    bad, _ = bad_shares(config, traits)
    stays = 1 - traits.leave_first
    cools = stays * bad * config.experience.cools
    engaged = np.stack(lifetime_orders(chain, _fresh(len(traits), cooling=False)))
    cooling = np.stack(lifetime_orders(chain, _fresh(len(traits), cooling=True)))
    orders = (stays - cools) * engaged + cools * cooling
    orders[0] += 1.0
    return orders.sum(axis=0), contribution(config, traits, orders, price=make_clock(config).prices[day])


def true_acquisition_costs(config: ShopConfig, traits: Traits) -> Floats:
    """Return the money spent per new customer in each one's channel and month of 30 days."""
    marketing = make_marketing(config)
    month = np.arange(config.days) // 30
    total = [np.stack([np.bincount(month, row) for row in part]) for part in (marketing.spend, marketing.arrivals)]
    each = np.divide(total[0], total[1], out=np.zeros_like(total[0]), where=total[1] > 0)
    return np.asarray(each[traits.channel, traits.arrival.astype(np.int64) // 30])


def _contribution_so_far(truth: Truth, day: int) -> Floats:
    """Contribution of each customer so far; cost to serve as expected of the orders placed."""
    ledger, traits, config = truth.ledger, truth.traits, truth.config
    n = len(traits)

    def total(amount: Floats, when: Bools) -> Floats:
        return np.asarray(np.bincount(ledger.customer[when], amount[when], minlength=n))

    sold, back = ledger.day < day, ledger.returned_day < day
    revenue = total(ledger.revenue, sold)
    margin = revenue - total(ledger.cost, sold) - total(ledger.refund - ledger.recovered, back)
    sums = OrderSums(n)
    sums.orders[0], sums.orders[1] = (total(np.ones(len(sold)), sold & (ledger.cooling == c)) for c in (0, 1))
    service = amounts(config, order_means(config, traits), sums).service + config.service_costs.payment * revenue
    return margin - service


def lifetime_at(truth: Truth, as_of: str | pd.Timestamp) -> pd.DataFrame:
    """Return what each customer of the population has brought, and will bring until gone given the latent state.

    Parameters
    ----------
    truth
        From `simulate_orders` or `read_truth`.
    as_of
        A midnight within the simulated time.

    Returns
    -------
    DataFrame
        ``customer_id``, ``realised_contribution`` (net revenue less cost of goods and expected cost to serve, so
        far), ``remaining_orders`` and ``remaining_contribution`` (expected until gone; at today's prices and demand,
        season averaged out, not discounted), ``acquisition_cost`` and ``lifetime_value`` (realised and remaining
        contribution less acquisition cost).
    """
    config, day = truth.config, day_of(truth.config, as_of)
    now = present(truth, day)
    traits = truth.traits.take(now.who)
    level = demand_level(config, np.full(len(traits), day))
    # Elapsed purchase time is measured at the base rate; the chain below runs at today's demand.
    position = replace(now.position, elapsed=now.position.elapsed / level)
    orders = np.stack(lifetime_orders(make_chain(config, traits, speed=level), position))
    remaining = contribution(config, traits, orders, price=float(make_clock(config).prices[day]))
    realised, cost = _contribution_so_far(truth, day)[now.who], true_acquisition_costs(config, traits)
    return pd.DataFrame(
        {
            "customer_id": truth.customer_id.to_numpy()[now.who],
            "realised_contribution": realised,
            "remaining_orders": orders.sum(axis=0),
            "remaining_contribution": remaining,
            "acquisition_cost": cost,
            "lifetime_value": realised + remaining - cost,
        }
    )
