"""What one order of each customer brings on average: revenue, refunds, cost, service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.catalogue import CATEGORY_SHARES, make_catalogue
from tenure_simulator.config import ShopConfig
from tenure_simulator.returns import return_shares
from tenure_simulator.traits import REGION_DELIVERY, Traits, bad_shares


@dataclass(frozen=True, kw_only=True)
class OrderMeans:
    """Means of one order of each customer at price level 1, in money; arrays have shape (n,) or (2, n).

    Attributes
    ----------
    listed
        Value at list price.
    discounted
        Share of the list price paid on average without a campaign offer.
    cost
        Cost of the goods.
    returned
        P(return), engaged and cooling, shape (2, n).
    refunded
        Share of revenue (and of cost) that a return gives back on average.
    tickets
        Expected tickets, engaged and cooling, shape (2, n).
    delivery
        Cost of one delivery.
    """

    listed: Floats
    discounted: Floats
    cost: Floats
    returned: Floats
    refunded: Floats
    tickets: Floats
    delivery: Floats


def order_means(config: ShopConfig, traits: Traits) -> OrderMeans:
    """Return the means implied by the generator: exact, up to the rounding of prices to cents."""
    catalogue = make_catalogue(config)
    pieces = (1 + traits.extra_lines) * (1 + traits.extra_pieces) / 100
    favourite, share = config.baskets.favourite_category, traits.brand_share

    def per_piece(what: Ints) -> Floats:
        popular, branded = catalogue.means(what)
        of_brand = branded[:, traits.brand]
        own = share * of_brand[traits.favourite, np.arange(len(traits))] + (1 - share) * popular[traits.favourite]
        other = CATEGORY_SHARES @ (share * of_brand + (1 - share) * popular[:, None])
        return np.asarray(favourite * own + (1 - favourite) * other)

    bad = np.stack(bad_shares(config, traits))
    well, ill = return_shares(config, traits)
    service, whole = config.service_costs, config.experience.whole_order
    return OrderMeans(
        listed=pieces * per_piece(catalogue.price),
        discounted=1 - traits.discounted * float(np.mean(config.baskets.discounts or (0.0,))),
        cost=pieces * per_piece(catalogue.cost),
        returned=(1 - bad) * well + bad * ill,
        refunded=whole + (1 - whole) / (1 + traits.extra_lines),
        tickets=(1 - bad) * service.ticket_rate + bad * service.ticket_rate_bad,
        delivery=service.delivery * REGION_DELIVERY[traits.region],
    )


class OrderSums:
    """Expected orders summed over days, each array of shape (2, n): engaged, cooling.

    Attributes
    ----------
    orders
        Orders.
    paid
        Orders times the share of the list price paid.
    refundable, recoverable
        The same, for those orders whose returns count.
    """

    def __init__(self, n: int) -> None:
        self.orders, self.paid, self.refundable, self.recoverable = np.zeros((4, 2, n))

    def add(self, orders: Floats, *, paid: Floats, back: float) -> None:
        """Add expected orders, paid at a share of the list price; a share ``back`` of their returns counts."""
        self.orders += orders
        self.paid += orders * paid
        self.refundable += orders * paid * back
        self.recoverable += orders * back


@dataclass(frozen=True)
class Amounts:
    """Expected money of each customer: net revenue, margin (less cost of goods) and cost to serve; shape (n,)."""

    value: Floats
    margin: Floats
    service: Floats


def amounts(config: ShopConfig, means: OrderMeans, sums: OrderSums) -> Amounts:
    """Return the money that expected orders bring."""
    service = config.service_costs
    revenue = means.listed * sums.paid.sum(axis=0)
    value = revenue - means.listed * means.refunded * (means.returned * sums.refundable).sum(axis=0)
    recovered = config.experience.resold * means.refunded * (means.returned * sums.recoverable).sum(axis=0)
    margin = value - means.cost * (sums.orders.sum(axis=0) - recovered)
    each = means.delivery + service.ticket * means.tickets + service.return_handling * means.returned
    return Amounts(value, margin, (sums.orders * each).sum(axis=0) + service.payment * revenue)


def paid_share(traits: Traits, means: OrderMeans, offer: Floats, live: Floats) -> Floats:
    """Return the share of the list price paid on average, given the offers (n, campaigns) that are live."""
    paid = means.discounted
    for index in np.flatnonzero(live):
        takes = traits.takes_offers * (offer[:, index] > 0)
        paid = (1 - takes) * paid + takes * (1 - offer[:, index])
    return paid
