"""What one order of each customer brings on average: revenue, refunds, cost, service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.catalogue import CATEGORY_SHARES, make_catalogue
from tenure_simulator.config import ShopConfig
from tenure_simulator.returns import return_shares
from tenure_simulator.traits import REGION_DELIVERY, Traits, bad_shares


@dataclass(frozen=True)
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


def service_cost(config: ShopConfig, means: OrderMeans, orders: Floats, revenue: Floats) -> Floats:
    """Return the expected cost of serving expected ``orders`` ((2, n): engaged, cooling) that bring ``revenue``."""
    service = config.service_costs
    each = means.delivery + service.ticket * means.tickets + service.return_handling * means.returned
    return np.asarray((orders * each).sum(axis=0) + service.payment * revenue)
