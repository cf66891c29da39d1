"""Visits, carts, e-mails, tickets: what customers do between orders, and how it changes before they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from tenure_simulator.arrays import Floats, Ints, sigmoid
from tenure_simulator.block import CustomerBlock
from tenure_simulator.columns import text_column, time_column
from tenure_simulator.mailings import MAILINGS, draw_campaigns, draw_invitations
from tenure_simulator.persons import person_ids
from tenure_simulator.service import draw_resolutions, draw_tickets
from tenure_simulator.streams import Purpose, stream
from tenure_simulator.traits import DEVICES

EVENT_KINDS = (
    "visit", "cart", "email_sent", "email_open", "email_click", "unsubscribe", "ticket", "complaint", "ticket_resolved",
)  # fmt: skip
SOURCES = ("direct", "organic", "paid_search", "paid_social", "email", "affiliates", "service")
VISIT_SOURCES = np.array([0.36, 0.28, 0.16, 0.1, 0.06, 0.04])
AFTER_LEAVING = 0.04
"""Factor on visits and e-mail opens of customers who are gone."""
QUIET = 0.15
"""Factor on visits in a spell that means nothing."""
UNSUBSCRIBES = 0.3
"""Share of those who get e-mails and unsubscribe around the time they leave."""
_NO_CAMPAIGN = len(MAILINGS)


@dataclass(frozen=True, kw_only=True)
class Events:
    """Events of a block, one position each.

    Attributes
    ----------
    customer
        The customer's position.
    day
        Days since the shop's start.
    kind, source, campaign
        Positions in `EVENT_KINDS`, `SOURCES` and `MAILINGS`; one past the last campaign is none.
    value
        What the event carries, NaN for nothing.
    """

    customer: Ints
    day: Floats
    kind: Ints
    value: Floats
    source: Ints
    campaign: Ints


@dataclass(frozen=True)
class _Phases:
    """First day of each customer's engaged, cooling and gone phase, and how interested they are in each, (3, n)."""

    start: Floats
    factor: Floats
    end: float

    @property
    def length(self) -> Floats:
        after = np.vstack([self.start[1:], np.full((1, self.start.shape[1]), self.end)])
        return np.asarray(np.maximum(np.minimum(after, self.end) - np.minimum(self.start, self.end), 0.0))

    def at(self, customer: Ints, day: Floats) -> Ints:
        """Return the phase of customers at days."""
        return np.asarray((day[None, :] >= self.start[1:, customer]).sum(axis=0))


def _phases(block: CustomerBlock, rng: np.random.Generator, cooling: float) -> _Phases:
    engagement, n = block.config.engagement, len(block.traits)
    left = block.purchases.left
    noise = np.exp(engagement.cooling_noise * rng.standard_normal(n))
    seen = np.where(rng.random(n) < engagement.unaffected, 1.0, np.minimum(cooling * noise, 1.5))
    start = np.stack([block.traits.arrival, np.minimum(block.purchases.cooled, left), left])
    return _Phases(start, np.stack([np.ones(n), seen, np.full(n, AFTER_LEAVING)]), float(block.config.days))


def _scatter(rng: np.random.Generator, phases: _Phases, rate: Floats) -> tuple[Ints, Floats]:
    """Draw a Poisson process with rates (3, n) per day in the phases: positions of customers and days."""
    n = rate.shape[1]
    count = rng.poisson(rate * phases.length).ravel()
    owner = np.repeat(np.arange(3 * n), count)
    begin, length = phases.start.ravel(), phases.length.ravel()
    return owner % n, begin[owner] + rng.random(len(owner)) * length[owner]


def _awake(block: CustomerBlock, rng: np.random.Generator, customer: Ints, day: Floats) -> Ints:
    """Drop most visits that fall into quiet spells."""
    engagement, traits = block.config.engagement, block.traits
    span = np.maximum(block.config.days - traits.arrival, 0.0)
    spells = rng.poisson(engagement.quiet_spells_per_year * span / 365)
    quiet = np.zeros(len(customer), dtype=bool)
    for spell in range(int(spells.max(initial=0))):
        begin = np.where(spells > spell, traits.arrival + rng.random(len(span)) * span, np.inf)
        end = begin + rng.exponential(engagement.quiet_days, len(span))
        quiet |= (day >= begin[customer]) & (day < end[customer])
    return np.flatnonzero(~quiet | (rng.random(len(customer)) < QUIET))


def _visits(block: CustomerBlock, rng: np.random.Generator) -> Events:
    """Visits, a few of which fill a cart, and the visit and cart behind every order."""
    engagement, traits, purchases = block.config.engagement, block.traits, block.purchases
    phases = _phases(block, rng, engagement.cooling_visits)
    customer, day = _scatter(rng, phases, engagement.visits_per_month * 12 / 365 * traits.interest * phases.factor)
    awake = _awake(block, rng, customer, day)
    customer = np.concatenate([customer[awake], purchases.customer])
    day = np.concatenate([day[awake], np.maximum(purchases.day - rng.uniform(0.002, 0.02, len(purchases.day)), 0.0)])
    bought = np.arange(len(day)) >= len(awake)
    source = rng.choice(len(VISIT_SOURCES), len(day), p=VISIT_SOURCES)
    carts = np.flatnonzero(bought | (rng.random(len(day)) < np.where(phases.at(customer, day) == 1, 0.07, 0.13)))
    pages = 1 + rng.poisson(np.where(bought, 7.0, 3.0)).astype(float)
    return Events(
        customer=np.concatenate([customer, customer[carts]]),
        day=np.concatenate([day, day[carts] + 0.0015]),
        kind=np.repeat([EVENT_KINDS.index("visit"), EVENT_KINDS.index("cart")], [len(day), len(carts)]),
        value=np.concatenate([pages, 1 + rng.poisson(1.0, len(carts)).astype(float)]),
        source=np.concatenate([source, source[carts]]),
        campaign=np.full(len(day) + len(carts), _NO_CAMPAIGN),
    )


def _emails(block: CustomerBlock, rng: np.random.Generator) -> Events:
    """E-mails sent to those who agreed until they unsubscribe, and what was opened and clicked."""
    engagement, traits, left = block.config.engagement, block.traits, block.purchases.left
    n = len(traits)
    phases = _phases(block, rng, engagement.cooling_opens)
    gives_up = np.where(rng.random(n) < UNSUBSCRIBES, left - rng.exponential(20.0, n) + 10, np.inf)
    gives_up = np.where(traits.opted_in, np.maximum(gives_up, traits.arrival + 1), -np.inf)
    customer, day = _scatter(rng, phases, np.full((3, n), engagement.emails_per_month * 12 / 365))
    subscribed = day < gives_up[customer]
    customer, day = customer[subscribed], day[subscribed]
    opens = sigmoid(-1.0 + 0.6 * np.log(traits.interest) + 0.5 * rng.standard_normal(n))
    opened = np.flatnonzero(rng.random(len(day)) < opens[customer] * phases.factor[phases.at(customer, day), customer])
    open_day = day[opened] + rng.exponential(0.3, len(opened))
    clicked = np.flatnonzero(rng.random(len(opened)) < 0.16)
    gone = np.flatnonzero(np.isfinite(gives_up))
    parts = [customer, customer[opened], customer[opened[clicked]], gone]
    days = [day, open_day, open_day[clicked] + 0.0005, gives_up[gone]]
    kinds = [EVENT_KINDS.index(name) for name in ("email_sent", "email_open", "email_click", "unsubscribe")]
    campaign = draw_campaigns(block, len(day))
    campaigns = [campaign, campaign[opened], campaign[opened[clicked]], np.full(len(gone), _NO_CAMPAIGN)]
    total = sum(map(len, parts))
    return Events(
        customer=np.concatenate(parts),
        day=np.concatenate(days),
        kind=np.repeat(kinds, [len(part) for part in parts]),
        value=np.full(total, np.nan),
        source=np.full(total, SOURCES.index("email")),
        campaign=np.concatenate(campaigns),
    )


def _tickets(block: CustomerBlock) -> Events:
    tickets = draw_tickets(block)
    kind = np.where(tickets.complaint, EVENT_KINDS.index("complaint"), EVENT_KINDS.index("ticket"))
    return Events(
        customer=block.purchases.customer[tickets.order],
        day=tickets.day,
        kind=kind,
        value=tickets.minutes,
        source=np.full(len(kind), SOURCES.index("service")),
        campaign=np.full(len(kind), _NO_CAMPAIGN),
    )


def _resolutions(block: CustomerBlock) -> Events:
    """Tickets resolved; what is not resolved has no row."""
    tickets = draw_tickets(block)
    day = draw_resolutions(block, tickets)
    ended = np.flatnonzero(np.isfinite(day))
    return Events(
        customer=block.purchases.customer[tickets.order[ended]],
        day=day[ended],
        kind=np.full(len(ended), EVENT_KINDS.index("ticket_resolved")),
        value=np.full(len(ended), np.nan),
        source=np.full(len(ended), SOURCES.index("service")),
        campaign=np.full(len(ended), _NO_CAMPAIGN),
    )


def _invitations(block: CustomerBlock) -> Events:
    """E-mails before the first order of those whom a campaign brought: sent, opened and clicked."""
    customer, day, campaign = draw_invitations(block)
    kinds = [EVENT_KINDS.index(name) for name in ("email_sent", "email_open", "email_click")]
    return Events(
        customer=np.tile(customer, len(kinds)),
        day=np.concatenate([day, day + 0.01, day + 0.0105]),
        kind=np.repeat(kinds, len(customer)),
        value=np.full(len(kinds) * len(customer), np.nan),
        source=np.full(len(kinds) * len(customer), SOURCES.index("email")),
        campaign=np.tile(campaign, len(kinds)),
    )


def _join(parts: Sequence[Events]) -> Events:
    return Events(
        **{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Events)}
    )


def _own_device(block: CustomerBlock, events: Events, rng: np.random.Generator) -> Ints:
    """Draw the device of each event: mostly the customer's own, none for a mail that is sent."""
    n = len(events.customer)
    own = np.where(rng.random(n) < 0.85, block.traits.device[events.customer], rng.integers(0, 3, n))
    return np.where(events.kind == EVENT_KINDS.index("email_sent"), len(DEVICES), own)


def _keep_visible(block: CustomerBlock, events: Events) -> Events:
    """Keep what falls into the visible history, by customer and time to the second."""
    horizon = block.config.days * 86_400
    # Whole seconds first: the order of rows must not hang on what the table cannot show.
    seconds = np.rint(events.day * 86_400).astype(np.int64)
    seen = np.flatnonzero(seconds < horizon)
    key = (events.customer[seen] * horizon + seconds[seen]) * len(EVENT_KINDS) + events.kind[seen]
    seen = seen[np.argsort(key, kind="stable")]
    columns = {each.name: getattr(events, each.name)[seen] for each in fields(Events)}
    return Events(**(columns | {"day": seconds[seen] / 86_400}))


def events_table(block: CustomerBlock) -> pa.Table:
    """Return the visible ``events`` of a block, by customer and time."""
    config = block.config
    rng = stream(config.seed, Purpose.EVENTS, block=block.index)
    parts = [
        _keep_visible(block, _join([_visits(block, rng), _emails(block, rng), _tickets(block)])),
        _keep_visible(block, _join([_resolutions(block), _invitations(block)])),
    ]
    # One draw for each part: what was added later moves no device of what was there before.
    device = np.concatenate([_own_device(block, part, rng) for part in parts])
    events = _join(parts)
    order = np.lexsort((events.kind, events.day, events.customer))
    value = events.value[order]
    return pa.table(
        {
            "customer_id": person_ids(config, block.traits.number[events.customer[order]]),
            "occurred_at": time_column(events.day[order], config.start),
            "event": text_column(events.kind[order], EVENT_KINDS),
            "value": pa.array(value, mask=np.isnan(value)),
            "channel": text_column(events.source[order], SOURCES),
            "device": text_column(device[order], (*DEVICES, "")),
            "campaign": text_column(events.campaign[order], (*MAILINGS, "")),
        }
    )
