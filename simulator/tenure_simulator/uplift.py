"""The true effect of every treatment on every customer who was assigned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.campaigns import annoyances, log_boosts
from tenure_simulator.chain import Position, solve
from tenure_simulator.clock import make_clock
from tenure_simulator.config import ShopConfig
from tenure_simulator.economics import OrderSums, amounts, order_means, paid_share
from tenure_simulator.levers import Arm, CampaignPlan
from tenure_simulator.present import contact_effects, make_chain, running
from tenure_simulator.traits import Traits
from tenure_simulator.truth import Truth, timestamps

PERSUADED, DISTURBED = 0.05, -0.02
"""Uplift from which a customer counts as persuadable, and below which as a sleeping dog."""


@dataclass(frozen=True)
class _Window:
    """P(bought) and expected contribution within the effect window, shape (n,)."""

    bought: Floats
    contribution: Floats

    def mix(self, other: _Window, share: Floats) -> _Window:
        """Return the mean of this and ``other``, the other with weight ``share``."""
        bought = (1 - share) * self.bought + share * other.bought
        return _Window(bought, (1 - share) * self.contribution + share * other.contribution)


@dataclass(frozen=True)
class _World:
    """One course of things: everybody under an arm (0: control), left as they were or made to cool by the contact."""

    arm: int
    annoyed: bool


class _Launch:
    """A campaign at the moment it starts, seen from the customers assigned who have not left."""

    def __init__(self, truth: Truth, index: int) -> None:
        contacts = truth.contacts
        self.config, self.index = truth.config, index
        self.campaign: CampaignPlan = truth.config.campaigns[index]
        self.rows: Ints = np.flatnonzero(contacts.campaign == index)
        self.alive: Ints = np.flatnonzero(contacts.alive[self.rows] > 0)
        rows = self.rows[self.alive]
        self.who = contacts.customer[rows]
        self.traits = truth.traits.take(self.who)
        self.cooling, self.elapsed = contacts.cooling[rows] > 0, contacts.elapsed[rows]
        boost, offer = contact_effects(truth, self.campaign.day)
        self.boost, self.offer = boost[self.who], offer[self.who]

    def windows(self) -> dict[_World, _Window]:
        """Compute what to expect in the effect window in every world, all at once."""
        worlds = [_World(0, annoyed=False)]
        for number, arm in enumerate(self.campaign.arms, start=1):
            worlds += [_World(number, annoyed) for annoyed in (False, *([True] if arm.annoyance else []))]
        n, times = len(self.who), len(worlds)
        traits = self.traits.take(np.tile(np.arange(n), times))
        arms = np.repeat([world.arm for world in worlds], n)
        cooling = np.tile(self.cooling, times) | np.repeat([world.annoyed for world in worlds], n)
        offer = np.tile(self.offer, (times, 1))
        offer[:, self.index] = np.array([0.0, *(arm.discount for arm in self.campaign.arms)])[arms]
        boost = np.tile(self.boost, (times, 1))
        boost[:, self.index] = log_boosts(self.campaign, arms, traits.persuadable)
        position = Position(np.ones(n * times, dtype=bool), cooling, np.tile(self.elapsed, times))
        whole = _window(self.config, traits, self.campaign, position, boost=boost, offer=offer)
        return {
            world: _Window(whole.bought[turn * n : (turn + 1) * n], whole.contribution[turn * n : (turn + 1) * n])
            for turn, world in enumerate(worlds)
        }

    def expect_treated(self, windows: dict[_World, _Window], number: int) -> _Window:
        """Return what to expect of everybody under one treatment."""
        warm, cold = windows[_World(number, annoyed=False)], windows.get(_World(number, annoyed=True))
        annoyed = annoyances(self.campaign, np.full(len(self.who), number), self.traits.sensitivity) * ~self.cooling
        return warm if cold is None else warm.mix(cold, annoyed)

    def spread(self, values: Floats) -> Floats:
        """Put values of the customers who are alive among zeros for those who are gone."""
        full = np.zeros(len(self.rows))
        full[self.alive] = values
        return full


def _window(
    config: ShopConfig, traits: Traits, campaign: CampaignPlan, position: Position, *, boost: Floats, offer: Floats
) -> _Window:
    clock, means, sums = make_clock(config), order_means(config, traits), OrderSums(len(traits))
    bought = np.zeros(len(traits))

    def factor(ahead: int) -> Floats:
        return np.asarray(np.exp(boost @ running(config, campaign.day + ahead)))

    speeds = clock.speeds(campaign.day, campaign.effect_days)
    for ahead, day in enumerate(solve(make_chain(config, traits), position, speeds, factor)):
        live = running(config, campaign.day + ahead)
        paid = clock.prices[campaign.day + ahead] * paid_share(traits, means, offer, live)
        sums.add(np.stack([day.engaged, day.cooling]), paid=paid, back=1.0)
        bought = day.bought
    money = amounts(config, means, sums)
    return _Window(bought, money.margin - money.service)


def uplift_groups(control: Floats, uplift: Floats) -> list[str]:
    """Name the four groups of uplift modelling (Radcliffe 2007) from P(buy without) and the effect on it.

    Examples
    --------
    >>> uplift_groups(np.array([0.3, 0.9, 0.0, 0.8]), np.array([0.2, 0.01, 0.0, -0.1]))
    ['persuadable', 'sure thing', 'lost cause', 'sleeping dog']
    """
    calm = np.where(control >= 0.5, "sure thing", "lost cause")
    calm = np.where(uplift >= PERSUADED, "persuadable", calm)
    return [str(group) for group in np.where(uplift <= DISTURBED, "sleeping dog", calm)]


def uplift_at_launch(truth: Truth) -> pd.DataFrame:
    """Return the true effect of each treatment on each customer assigned in each campaign, whatever their arm.

    Everything is conditional on the latent state just before the contact, within the effect window of the campaign,
    and on no later campaign. Contribution is net revenue (all returns of the window's orders counted) less cost of
    goods and cost to serve; the cost of the contact is subtracted from its uplift. What an annoyed customer would
    have bought after the window is not in it.

    Returns
    -------
    DataFrame
        ``customer_id, campaign, arm`` (the treatment considered), ``assigned_arm``, ``assigned_at``,
        ``buy_probability_control``, ``buy_probability_treated``, ``uplift`` (of the probability),
        ``contribution_uplift`` (money, net of the contact) and ``group``.
    """
    frames = [] if truth.config.campaigns else [pd.DataFrame(columns=UPLIFT_COLUMNS)]
    for index, campaign in enumerate(truth.config.campaigns):
        launch = _Launch(truth, index)
        windows = launch.windows()
        control = windows[_World(0, annoyed=False)]
        for number, arm in enumerate(campaign.arms, start=1):
            frames.append(_effects(truth, launch, arm, control, launch.expect_treated(windows, number)))
    return pd.concat(frames, ignore_index=True)


def _effects(truth: Truth, launch: _Launch, arm: Arm, control: _Window, treated: _Window) -> pd.DataFrame:
    contacts, campaign = truth.contacts, launch.campaign
    before, after = launch.spread(control.bought), launch.spread(treated.bought)
    gain = launch.spread(treated.contribution - control.contribution) - arm.contact_cost
    names = np.array(["control", *(each.name for each in campaign.arms)], dtype=object)
    return pd.DataFrame(
        {
            "customer_id": truth.customer_id.to_numpy()[contacts.customer[launch.rows]],
            "campaign": campaign.name,
            "arm": arm.name,
            "assigned_arm": names[contacts.arm[launch.rows]],
            "assigned_at": timestamps(np.full(len(launch.rows), float(campaign.day)), truth.config),
            "buy_probability_control": before,
            "buy_probability_treated": after,
            "uplift": after - before,
            "contribution_uplift": gain,
            "group": uplift_groups(before, after - before),
        }
    )


UPLIFT_COLUMNS = [
    "customer_id", "campaign", "arm", "assigned_arm", "assigned_at", "buy_probability_control",
    "buy_probability_treated", "uplift", "contribution_uplift", "group",
]  # fmt: skip
