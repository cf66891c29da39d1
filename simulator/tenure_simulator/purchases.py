"""When customers buy, cool and leave: a renewal process on each customer's clock, paused where campaigns act."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.campaigns import CampaignArms, annoyances, draw_arms, eligible, log_boosts, on_mobile
from tenure_simulator.clock import make_clock
from tenure_simulator.config import ShopConfig
from tenure_simulator.traits import Traits, bad_shares


@dataclass(frozen=True, kw_only=True)
class Purchases:
    """Everything that happened to the ``n`` customers of a block; times are days since the shop's start.

    Attributes
    ----------
    customer, day, bad, cooling
        One entry per order, by customer and time: position of the customer, when, whether the order went wrong, and
        whether the customer was cooling.
    cooled, left
        When each customer started cooling and left, shape (n,); infinite when not before the simulated end.
    assigned
        What each campaign did.
    """

    customer: Ints
    day: Floats
    bad: Bools
    cooling: Bools
    cooled: Floats
    left: Floats
    assigned: tuple[CampaignArms, ...]


class _Block:
    """The moving state of a block of customers; ``u`` is shop time (see `Clock`)."""

    def __init__(self, config: ShopConfig, traits: Traits, rng: np.random.Generator) -> None:
        self.config, self.traits, self.rng, self.clock = config, traits, rng, make_clock(config)
        n = len(traits)
        cool = traits.arrival + rng.exponential(1 / traits.cooling_hazard)
        self.cooling_days = rng.exponential(1 / traits.leaving_hazard)
        self.u = self.clock.shop_time(traits.arrival)
        self.u_cool = self.clock.shop_time(cool)
        self.u_left = self.clock.shop_time(cool + self.cooling_days)
        self.drawn, self.remaining = np.zeros(n), np.zeros(n)
        self.orders = np.zeros(n, dtype=np.int64)
        self.last_u = np.full(n, np.nan)
        self.bad_share = np.stack(bad_shares(config, traits))
        self.log_boost = np.zeros(n)
        self.log: list[tuple[Ints, Floats, Bools, Bools]] = []

    def advance(self, day: float) -> None:
        """Let every customer buy up to ``day``."""
        stop = float(self.clock.shop_time(np.array([day]))[0])
        newcomers = np.flatnonzero((self.orders == 0) & (self.traits.arrival < day))
        self._order(newcomers, np.zeros(len(newcomers), dtype=bool))
        active = np.flatnonzero((self.orders > 0) & (self.u < np.minimum(self.u_left, stop)))
        while len(active):
            active = self._step(active, stop)

    def _step(self, who: Ints, stop: float) -> Ints:
        """Move customers to their next order or to the stop; return those who ordered and stay."""
        u, cool = self.u[who], self.u_cool[who]
        engaged = np.exp(self.log_boost[who])
        cooling = engaged * self.config.leaving.cooling_speed
        need, before = self.remaining[who], engaged * np.maximum(cool - u, 0.0)
        late = need > before
        with np.errstate(divide="ignore", invalid="ignore"):  # cooling_speed 0: never again
            at = np.where(late, np.maximum(u, cool) + (need - before) / cooling, u + need / engaged)
        limit = np.minimum(self.u_left[who], stop)
        hit = at < limit
        miss, until = who[~hit], limit[~hit]
        done = np.maximum(np.minimum(until, cool[~hit]) - u[~hit], 0.0) * engaged[~hit]
        done += np.maximum(until - np.maximum(u[~hit], cool[~hit]), 0.0) * cooling[~hit]
        self.remaining[miss] -= done
        self.u[miss] = until
        buyers = who[hit]
        self.u[buyers] = at[hit]
        return self._order(buyers, late[hit])

    def _order(self, who: Ints, cooling: Bools) -> Ints:
        """Record an order of each customer at their present time and draw what follows; return those who stay."""
        traits, rng = self.traits, self.rng
        bad = rng.random(len(who)) < self.bad_share[cooling.astype(int), who]
        self.last_u[who] = self.u[who]
        self.log.append((who, self.u[who], bad, cooling))
        leave = np.where(self.orders[who] == 0, traits.leave_first[who], traits.leave_order[who])
        gone = rng.random(len(who)) < leave
        self.u_left[who[gone]] = self.u[who[gone]]
        self.start_cooling(who[~gone & bad & ~cooling & (rng.random(len(who)) < self.config.experience.cools)])
        gap = rng.standard_gamma(traits.shape[who]) / (traits.shape[who] * traits.rate[who])
        self.drawn[who] = self.remaining[who] = gap
        self.orders[who] += 1
        return who[~gone]

    def start_cooling(self, who: Ints) -> None:
        """Make customers cool from their present time on."""
        self.u_cool[who] = self.u[who]
        self.u_left[who] = self.clock.shop_time(self.clock.calendar_time(self.u[who]) + self.cooling_days[who])

    def launch(self, index: int, day: float) -> tuple[CampaignArms, Ints, Floats]:
        """Assign a campaign today; return the record, the customers contacted and their log boost."""
        campaign, traits = self.config.campaigns[index], self.traits
        who = eligible(campaign, day - self.clock.calendar_time(self.last_u))
        arm, recorded = draw_arms(campaign, self.rng, on_mobile(traits)[who])
        now = self.clock.shop_time(np.full(len(who), day))
        record = CampaignArms(
            campaign=index,
            customer=who,
            arm=arm,
            recorded=recorded,
            alive=self.u_left[who] > now,
            cooling=self.u_cool[who] <= now,
            elapsed=self.drawn[who] - self.remaining[who],
            log_boost=self.log_boost[who].copy(),
        )
        annoyed = self.rng.random(len(who)) < annoyances(campaign, arm, traits.sensitivity[who])
        self.start_cooling(who[record.treated & record.alive & ~record.cooling & annoyed])
        treated = who[record.treated]
        boost = log_boosts(campaign, arm, traits.persuadable[who])[record.treated]
        self.log_boost[treated] += boost
        return record, treated, boost

    def collect(self, assigned: tuple[CampaignArms, ...], end: float) -> Purchases:
        """Put the recorded orders in order of customer and time."""
        who, u, bad, cooling = (np.concatenate(parts) for parts in zip(*self.log, strict=True))
        order = np.lexsort((u, who))
        left, cooled = self.clock.calendar_time(self.u_left), self.clock.calendar_time(self.u_cool)
        left = np.where(left < end, left, np.inf)
        cooled = np.where((cooled < end) & (cooled < left), cooled, np.inf)
        return Purchases(
            customer=who[order],
            day=self.clock.calendar_time(u[order]),
            bad=bad[order],
            cooling=cooling[order],
            cooled=cooled,
            left=left,
            assigned=assigned,
        )


def simulate_purchases(config: ShopConfig, traits: Traits, rng: np.random.Generator) -> Purchases:
    """Simulate a block of customers from arrival to the end of the hidden future."""
    block, end = _Block(config, traits, rng), float(config.days + config.future_days)
    assigned: list[CampaignArms] = []
    effects: list[tuple[float, Ints, Floats]] = []
    last_days = {float(campaign.day + campaign.effect_days) for campaign in config.campaigns}
    for day in sorted(
        {float(campaign.day) for campaign in config.campaigns} | {d for d in last_days if d < end} | {end}
    ):
        block.advance(day)
        for until, who, boost in effects:
            if until == day:
                block.log_boost[who] -= boost
        for index, campaign in enumerate(config.campaigns):
            if campaign.day == day:
                record, who, boost = block.launch(index, day)
                assigned.append(record)
                effects.append((day + campaign.effect_days, who, boost))
    return block.collect(tuple(assigned), end)
