"""Randomised campaigns: who is eligible, who gets which arm, and what the contact does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.levers import CampaignPlan
from tenure_simulator.traits import DEVICES, Traits

LAPSED_DAYS = 60.0
"""Days without an order after which a customer belongs to the audience ``lapsed``."""


@dataclass(frozen=True, kw_only=True)
class CampaignArms:
    """Customers assigned in one campaign, and their latent state just before the contact; arrays are aligned.

    Attributes
    ----------
    campaign
        Index of the campaign.
    customer
        Position of the customer in the block.
    arm
        0 for control, else 1 + index of the treatment.
    recorded
        False for treated rows that a faulty assignment lost: neither contacted nor written.
    alive, cooling
        Latent state.
    elapsed
        Purchase time since the last order, on the customer's clock.
    log_boost
        Log factor on the purchase rate still active from earlier campaigns.
    """

    campaign: int
    customer: Ints
    arm: Ints
    recorded: Bools
    alive: Bools
    cooling: Bools
    elapsed: Floats
    log_boost: Floats

    @property
    def treated(self) -> Bools:
        """Customers who were really contacted."""
        return (self.arm > 0) & self.recorded


def eligible(campaign: CampaignPlan, silent_days: Floats) -> Ints:
    """Positions of customers in the audience, given days since each one's last order (NaN without orders)."""
    audience = np.isfinite(silent_days)
    if campaign.audience == "lapsed":
        audience &= silent_days >= LAPSED_DAYS
    elif campaign.audience == "recent":
        audience &= silent_days < LAPSED_DAYS
    return np.flatnonzero(audience)


def draw_arms(campaign: CampaignPlan, rng: np.random.Generator, mobile: Bools) -> tuple[Ints, Bools]:
    """Draw the arm of each eligible customer, and whether the row survives a faulty assignment."""
    shares = np.array([campaign.control_share, *(arm.share for arm in campaign.arms)])
    arm = rng.choice(len(shares), len(mobile), p=shares)
    lost = (arm > 0) & mobile & (rng.random(len(mobile)) < campaign.lost)
    return arm, ~lost


def log_boosts(campaign: CampaignPlan, arm: Ints, persuadable: Floats) -> Floats:
    """Log factor on the purchase rate while the effect lasts; 0 for control."""
    strength = np.array([0.0, *(treatment.strength for treatment in campaign.arms)])
    return strength[arm] * persuadable


def annoyances(campaign: CampaignPlan, arm: Ints, sensitivity: Floats) -> Floats:
    """P(the contact makes an engaged customer start cooling); 0 for control."""
    annoyance = np.array([0.0, *(treatment.annoyance for treatment in campaign.arms)])
    return np.minimum(annoyance[arm] * sensitivity, 1.0)


def on_mobile(traits: Traits) -> Bools:
    """Return who uses the shop on a phone."""
    return np.asarray(traits.device == DEVICES.index("mobile"))
