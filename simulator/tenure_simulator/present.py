"""Where every customer stands at a moment: the latent state that the truth is conditional on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.chain import Chain, Position
from tenure_simulator.clock import make_clock
from tenure_simulator.config import ShopConfig
from tenure_simulator.traits import Traits, bad_shares
from tenure_simulator.truth import Truth


@dataclass(frozen=True, kw_only=True)
class Present:
    """The latent state of the population at one moment.

    Attributes
    ----------
    who
        Positions in `Truth.traits` of customers with at least one order before the moment, shape (n,).
    last
        Day of each one's last order.
    position
        Alive, cooling, and purchase time since the last order.
    log_boost, offer
        For each campaign: log factor on the purchase rate and depth of the offer while it runs, shape (n, campaigns);
        zero for customers not contacted before the moment.
    """

    who: Ints
    last: Floats
    position: Position
    log_boost: Floats
    offer: Floats


def make_chain(config: ShopConfig, traits: Traits, *, speed: Floats | float = 1.0) -> Chain:
    """Return the Markov chain of customers who have ordered at least once, their rates times ``speed``."""
    bad, _ = bad_shares(config, traits)
    return Chain(
        rate=traits.rate * speed,
        shape=traits.shape,
        cooling_hazard=traits.cooling_hazard,
        leaving_hazard=traits.leaving_hazard,
        stay=1 - traits.leave_order,
        cools=bad * config.experience.cools,
        cooling_speed=config.leaving.cooling_speed,
    )


def contact_effects(truth: Truth, day: int) -> tuple[Floats, Floats]:
    """Return log boost and offer of each campaign started before ``day``, shape (customers, campaigns)."""
    config, contacts = truth.config, truth.contacts
    boost, offer = np.zeros((2, len(truth.traits), len(config.campaigns)))
    for index, campaign in enumerate(config.campaigns):
        if campaign.day >= day:
            continue
        hit = (contacts.campaign == index) & (contacts.arm > 0) & (contacts.recorded > 0)
        who, arm = contacts.customer[hit], contacts.arm[hit]
        strength = np.array([0.0, *(treatment.strength for treatment in campaign.arms)])
        boost[who, index] = strength[arm] * truth.traits.persuadable[who]
        offer[who, index] = np.array([0.0, *(treatment.discount for treatment in campaign.arms)])[arm]
    return boost, offer


def _elapsed_time(truth: Truth, day: int, last: Floats, cooled: Floats, boost: Floats) -> Floats:
    """Purchase time between the last order and ``day`` on each customer's clock."""
    config, clock = truth.config, make_clock(truth.config)
    windows = [(float(c.day), float(c.day + c.effect_days)) for c in config.campaigns]
    edges = np.unique([0.0, float(day), *(edge for window in windows for edge in window if edge < day)])
    total = np.zeros(len(last))
    for low, high in pairwise(edges):
        live = np.array([start <= low < end for start, end in windows], dtype=float)
        begin, end = np.maximum(last, low), np.full(len(last), high)
        engaged = clock.shop_time(np.minimum(end, cooled)) - clock.shop_time(begin)
        cooling = clock.shop_time(end) - clock.shop_time(np.maximum(begin, cooled))
        worked = np.maximum(engaged, 0.0) + config.leaving.cooling_speed * np.maximum(cooling, 0.0)
        total += np.where(end > begin, worked, 0.0) * np.exp(boost @ live)
    return total


def present(truth: Truth, day: int) -> Present:
    """Return the latent state of the population at ``day``."""
    ledger = truth.ledger
    before = np.flatnonzero(ledger.day < day)
    last = np.full(len(truth.traits), -np.inf)
    np.maximum.at(last, ledger.customer[before], ledger.day[before])
    who = np.flatnonzero(np.isfinite(last))
    boost, offer = contact_effects(truth, day)
    cooled, alive = truth.cooled[who], truth.left[who] > day
    elapsed = np.where(alive, _elapsed_time(truth, day, last[who], cooled, boost[who]), 0.0)
    return Present(
        who=who,
        last=last[who],
        position=Position(alive, alive & (cooled <= day), elapsed),
        log_boost=boost[who],
        offer=offer[who],
    )


def running(config: ShopConfig, day: int) -> Floats:
    """Return 1 for each campaign whose effect lasts on this day, else 0."""
    return np.array([c.day <= day < c.day + c.effect_days for c in config.campaigns], dtype=float)
