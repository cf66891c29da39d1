"""Who the customers are: correlated tastes, where they live, how they buy, leave and answer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints, logit, sigmoid
from tenure_simulator.catalogue import BRANDS, CATEGORIES, CATEGORY_SHARES
from tenure_simulator.channels import draw_arrivals
from tenure_simulator.config import ShopConfig

REGIONS = ("north", "east", "south", "west", "capital", "islands")
REGION_SHARES = np.array([0.17, 0.15, 0.2, 0.18, 0.25, 0.05])
REGION_DELIVERY = np.array([1.0, 1.05, 1.0, 0.95, 0.85, 2.1])
REGION_BASKET = np.array([0.0, -0.1, 0.0, 0.05, 0.2, -0.05])
REGION_BAD = np.array([1.0, 1.1, 1.0, 0.9, 0.85, 2.2])
GENDERS = ("female", "male", "diverse", "")
ORDER_CHANNELS = ("web", "app", "store", "marketplace")
DEVICES = ("desktop", "mobile", "tablet")

FACTORS = ("frequency", "basket", "loyalty", "deals", "patience")
CORRELATION = np.array(
    [
        [1.00, 0.15, 0.35, 0.05, 0.05],
        [0.15, 1.00, 0.10, -0.20, 0.00],
        [0.35, 0.10, 1.00, -0.25, 0.25],
        [0.05, -0.20, -0.25, 1.00, -0.05],
        [0.05, 0.00, 0.25, -0.05, 1.00],
    ]
)
"""Correlation of the standard normal factors behind every customer."""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Latent traits of ``n`` customers; every array has shape (n,).

    Times are days since the shop's start, rates are per day of shop time, hazards per calendar day. The names follow
    ``docs/simulator.md``.
    """

    number: Ints
    arrival: Floats
    channel: Ints
    region: Ints
    birth_year: Ints
    gender: Ints
    rate: Floats
    shape: Ints
    leave_first: Floats
    leave_order: Floats
    cooling_hazard: Floats
    leaving_hazard: Floats
    bad_order: Floats
    return_factor: Floats
    extra_lines: Floats
    extra_pieces: Floats
    discounted: Floats
    favourite: Ints
    brand: Ints
    brand_share: Floats
    persuadable: Floats
    sensitivity: Floats
    takes_offers: Floats
    interest: Floats
    patience: Floats
    order_channel: Ints
    device: Ints
    opted_in: Bools

    def __len__(self) -> int:
        return len(self.number)

    def take(self, who: Ints) -> Traits:
        """Return the customers at these positions."""
        return Traits(**{each.name: getattr(self, each.name)[who] for each in fields(self)})


def _favourite(rng: np.random.Generator, age: Floats, gender: Ints) -> Ints:
    """Favourite category; younger people like shoes and electronics, older ones home and garden."""
    weight = np.tile(CATEGORY_SHARES, (len(age), 1))
    old = (age - 42) / 15
    for name, slope in (("shoes", -0.3), ("electronics", -0.3), ("garden", 0.6), ("home", 0.3), ("books", 0.3)):
        weight[:, CATEGORIES.index(name)] *= np.exp(slope * old)
    weight[:, CATEGORIES.index("beauty")] *= np.where(gender == 0, 1.6, 0.5)
    weight[:, CATEGORIES.index("sports")] *= np.where(gender == 1, 1.5, 0.9)
    edges = np.cumsum(weight, axis=1)
    return np.asarray((edges < rng.random(len(age))[:, None] * edges[:, -1:]).sum(axis=1))


def _after_change(config: ShopConfig, channel: Ints, arrival: Floats) -> tuple[Floats, Floats]:
    """Log-odds of leaving and rate factor that the acquisition channel adds, after changes at known dates."""
    leaving = np.array([c.leaving for c in config.channels])[channel]
    rate = np.array([c.rate for c in config.channels])[channel]
    names = [c.name for c in config.channels]
    for change in config.channel_changes:
        hit = (channel == names.index(change.channel)) & (arrival >= change.day)
        leaving, rate = leaving + change.leaving * hit, rate * np.where(hit, change.rate, 1.0)
    return leaving, rate


@dataclass(frozen=True, kw_only=True)
class _Person:
    """Who a customer is, before any behaviour: the standard normal factors, acquisition and demographics."""

    frequency: Floats
    basket: Floats
    loyalty: Floats
    deals: Floats
    patience: Floats
    channel: Ints
    arrival: Floats
    region: Ints
    gender: Ints
    age: Floats

    @property
    def old(self) -> Floats:
        return (self.age - 42) / 15


def _draw_person(config: ShopConfig, arrivals: np.random.Generator, rng: np.random.Generator, n: int) -> _Person:
    channel, arrival = draw_arrivals(config, arrivals, n)
    frequency, basket, loyalty, deals, patience = np.linalg.cholesky(CORRELATION) @ rng.standard_normal((5, n))
    region = rng.choice(len(REGIONS), n, p=REGION_SHARES)
    gender = rng.choice(len(GENDERS), n, p=[0.5, 0.38, 0.02, 0.1])
    age = np.clip(rng.normal(42, 14, n) - 4 * (deals > 0.5) + 2 * loyalty, 18, 90)
    return _Person(
        frequency=frequency,
        basket=basket,
        loyalty=loyalty,
        deals=deals,
        patience=patience,
        channel=channel,
        arrival=arrival,
        region=region,
        gender=gender,
        age=age,
    )


def _buying(config: ShopConfig, person: _Person, rng: np.random.Generator) -> dict[str, Any]:
    """Draw how often, how regularly and for how long they buy."""
    buying, leaving, loyalty = config.purchasing, config.leaving, config.leaving.loyalty_effect * person.loyalty
    channel_leaving, channel_rate = _after_change(config, person.channel, person.arrival)
    rate = channel_rate / buying.gap_days * np.exp(buying.spread * person.frequency)
    n = len(rate)
    return {
        "rate": np.minimum(rate, 1 / buying.shortest_gap_days),
        "shape": 1 + rng.choice(len(buying.regularity), n, p=buying.regularity),
        "leave_first": sigmoid(logit(leaving.after_first) - loyalty + channel_leaving),
        "leave_order": sigmoid(logit(leaving.after_order) - loyalty),
        "cooling_hazard": np.exp(-loyalty) / leaving.cooling_after_days,
        "leaving_hazard": rng.lognormal(0, 0.3, n) / leaving.cooling_days,
    }


def _spending(config: ShopConfig, person: _Person, rng: np.random.Generator) -> dict[str, Any]:
    """Draw what is in a basket, and what comes back."""
    baskets, n = config.baskets, len(person.age)
    channel_basket = np.array([c.basket for c in config.channels])[person.channel]
    channel_deals = np.array([c.deals for c in config.channels])[person.channel]
    lines = baskets.lines_spread * person.basket + REGION_BASKET[person.region] + 0.08 * person.old
    pieces = baskets.pieces_spread * (0.6 * person.basket + 0.8 * rng.standard_normal(n))
    returns = config.experience.return_spread * rng.standard_normal(n) + 0.2 * person.deals - 0.1 * person.old
    share = max(baskets.favourite_brand, 1e-6)
    return {
        "bad_order": REGION_BAD[person.region] * np.exp(-0.3 * person.patience),
        "return_factor": np.exp(returns),
        "extra_lines": baskets.extra_lines * channel_basket * np.exp(lines),
        "extra_pieces": baskets.extra_pieces * np.exp(pieces),
        "discounted": sigmoid(logit(baskets.discounted) + baskets.deal_spread * person.deals + channel_deals),
        "favourite": _favourite(rng, person.age, person.gender),
        "brand": rng.choice(len(BRANDS), n),
        "brand_share": rng.beta(1.5, 1.5 / share - 1.5 + 1e-6, n),
    }


def _answering(config: ShopConfig, person: _Person, rng: np.random.Generator) -> dict[str, Any]:
    """Draw how campaigns are met, and where and with what the customer shops."""
    n, spread = len(person.age), config.engagement.interest_spread
    phone = person.old + rng.standard_normal(n) < 0.1
    return {
        "persuadable": sigmoid(1.3 * person.deals - 0.8 * person.loyalty + 0.5 * rng.standard_normal(n) - 0.3),
        "sensitivity": np.exp(0.8 * rng.standard_normal(n) - 0.5 * person.patience - 0.32),
        "takes_offers": sigmoid(0.2 + 0.9 * person.deals),
        "interest": np.exp(spread * (0.5 * person.frequency + 0.85 * rng.standard_normal(n))),
        "order_channel": rng.choice(len(ORDER_CHANNELS), n, p=[0.5, 0.26, 0.14, 0.1]),
        "device": np.where(phone, DEVICES.index("mobile"), rng.choice([0, 2], n, p=[0.8, 0.2])),
        "opted_in": rng.random(n) < 0.7,
    }


def draw_traits(config: ShopConfig, arrivals: np.random.Generator, rng: np.random.Generator, numbers: Ints) -> Traits:
    """Draw the customers with these numbers from two streams, one for arrivals and one for everything else."""
    person = _draw_person(config, arrivals, rng, len(numbers))
    return Traits(
        number=numbers,
        arrival=person.arrival,
        channel=person.channel,
        region=person.region,
        birth_year=(config.start.year - person.age).astype(np.int64),
        gender=person.gender,
        patience=person.patience,
        **_buying(config, person, rng),
        **_spending(config, person, rng),
        **_answering(config, person, rng),
    )


def bad_shares(config: ShopConfig, traits: Traits) -> tuple[Floats, Floats]:
    """P(an order goes wrong) of each customer while engaged, and while cooling."""
    engaged = np.minimum(config.experience.bad_order * traits.bad_order, 0.9)
    return engaged, np.minimum(config.experience.bad_order_cooling * traits.bad_order, 0.9)
