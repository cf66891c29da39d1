"""Which campaign an e-mail belongs to, and the e-mails that came before a first order."""

from __future__ import annotations

import numpy as np

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.block import CustomerBlock
from tenure_simulator.streams import Purpose, stream

MAILINGS = ("welcome", "newsletter", "product news", "sale")
CAMPAIGN_SHARES = np.array([0.1, 0.5, 0.25, 0.15])
"""Share of the e-mails of each campaign."""
INVITED = 0.35
"""Share of those who agreed to e-mails who had one before their first order, and clicked it."""
BRINGS_ONE_TIMERS = np.array([-0.9, 0.0, 0.0, 0.9])
"""How much more often a campaign brings who leaves after the first order: log-odds per standard deviation of that."""
_INVITING_SHARES = np.array([0.3, 0.3, 0.15, 0.25])


def draw_campaigns(block: CustomerBlock, count: int) -> Ints:
    """Draw the campaigns (positions in `MAILINGS`) of the e-mails that a block's customers get."""
    rng = stream(block.config.seed, Purpose.MAILINGS, block=block.index)
    return rng.choice(len(MAILINGS), count, p=CAMPAIGN_SHARES)


def draw_invitations(block: CustomerBlock) -> tuple[Ints, Floats, Ints]:
    """Draw who was invited by e-mail: positions of customers, days of the e-mail, campaigns.

    A sale draws those who leave after one order, a welcome those who stay, the others neither: what an analysis of the
    repeat customers of campaigns has to find.
    """
    traits = block.traits
    rng = stream(block.config.seed, Purpose.INVITATIONS, block=block.index)
    lead = rng.uniform(0.05, 12.0, len(traits))
    invited = np.flatnonzero(traits.opted_in & (rng.random(len(traits)) < INVITED) & (traits.arrival > lead))
    share = np.clip(traits.leave_first, 1e-6, 1 - 1e-6)
    leaving = np.log(share / (1 - share))
    standing = (leaving - leaving.mean()) / max(float(leaving.std()), 1e-9)
    weight = _INVITING_SHARES * np.exp(standing[invited, None] * BRINGS_ONE_TIMERS)
    edges = np.cumsum(weight, axis=1)
    campaign = (edges < rng.random(len(invited))[:, None] * edges[:, -1:]).sum(axis=1)
    return invited, (traits.arrival - lead)[invited], np.asarray(campaign)
