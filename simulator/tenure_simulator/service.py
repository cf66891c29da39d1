"""Tickets and complaints after orders, and what serving customers costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.block import CustomerBlock
from tenure_simulator.columns import money_column, text_column, time_column
from tenure_simulator.persons import person_ids
from tenure_simulator.streams import Purpose, stream
from tenure_simulator.traits import REGION_DELIVERY

_TICKET_KINDS = ("delivery", "payment", "returns", "support")
COMPLAINTS = 0.6
"""Share of the tickets about orders that went wrong which are complaints."""


@dataclass(frozen=True)
class Tickets:
    """Tickets of a block: the ``order`` they are about, their ``day``, whether a ``complaint``, and minutes of work."""

    order: Ints
    day: Floats
    complaint: Bools
    minutes: Floats


def draw_tickets(block: CustomerBlock) -> Tickets:
    """Draw the tickets of a block; every call gives the same ones."""
    rng, service = stream(block.config.seed, Purpose.SERVICE, block=block.index), block.config.service_costs
    bad = block.purchases.bad
    order = np.flatnonzero(rng.random(len(bad)) < np.where(bad, service.ticket_rate_bad, service.ticket_rate))
    n = len(order)
    complaint = bad[order] & (rng.random(n) < COMPLAINTS)
    minutes = np.ceil(rng.lognormal(1.8, 0.6, n) * np.where(complaint, 1.8, 1.0))
    return Tickets(order, block.purchases.day[order] + rng.uniform(0.2, 7.0, n), complaint, minutes)


def draw_resolutions(block: CustomerBlock, tickets: Tickets) -> Floats:
    """Draw the days on which tickets are resolved; inf where they never are, and for complaints."""
    rng, service = stream(block.config.seed, Purpose.RESOLUTIONS, block=block.index), block.config.service_costs
    waited = service.resolution_days * rng.lognormal(0.0, 0.9, len(tickets.day))
    open_still = tickets.complaint | (rng.random(len(tickets.day)) < service.unresolved)
    return np.asarray(np.where(open_still, np.inf, tickets.day + waited))


def service_costs_table(block: CustomerBlock) -> pa.Table:
    """Return the ``service_costs`` of a block, by customer and time."""
    config, traits, who = block.config, block.traits, block.purchases.customer
    service, day, returns = config.service_costs, block.purchases.day, block.returns
    tickets = draw_tickets(block)
    orders = np.arange(len(day))
    about = [orders, orders, returns.order, tickets.order]
    when = np.concatenate([day, day, returns.day, tickets.day])
    cents = np.concatenate(
        [
            np.rint(100 * service.delivery * REGION_DELIVERY[traits.region[who]]),
            np.rint(service.payment * block.baskets.revenue),
            np.full(len(returns.order), round(100 * service.return_handling)),
            np.full(len(tickets.order), round(100 * service.ticket)),
        ]
    ).astype(np.int64)
    kind = np.repeat(np.arange(len(_TICKET_KINDS)), [len(part) for part in about])
    customer = who[np.concatenate(about)]
    seen = np.flatnonzero((when < config.days) & (cents > 0))
    seen = seen[np.lexsort((kind[seen], when[seen], customer[seen]))]
    return pa.table(
        {
            "customer_id": person_ids(config, traits.number[customer[seen]]),
            "incurred_at": time_column(when[seen], config.start),
            "amount": money_column(cents[seen]),
            "kind": text_column(kind[seen], _TICKET_KINDS),
        }
    )
