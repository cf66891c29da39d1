"""What a simulated shop is made of: one validated object, whose parts live in `behaviour.py` and `levers.py`."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from tenure_simulator.behaviour import (
    BasketHabits,
    Engagement,
    ExperienceEffects,
    IdentityHabits,
    Leaving,
    Purchasing,
    ServiceCosts,
)
from tenure_simulator.dirt import FAULTS
from tenure_simulator.levers import CampaignPlan, Channel, ChannelChange, PriceChange
from tenure_simulator.part import Part, Share


class ShopConfig(Part):
    """Everything the generator needs; the same configuration and seed give the same bytes.

    Attributes
    ----------
    customers
        Customers; each arrives, with a first order, within the history.
    seed
        Seed of every random stream.
    start, days
        First day of the shop and length of its visible history. Tables hold rows before ``start + days`` only.
    future_days
        Days simulated beyond the history; they are visible in the truth alone.
    horizon_days
        Horizon written into ``tenure.toml``.
    currency
        Currency of every amount.
    block_customers
        Customers drawn from one random stream, and the unit of work and memory. Part of the seed: a shop of 40,000
        customers starts with exactly the customers of the shop of 20,000 when this is 20,000.
    purchasing, leaving, experience, baskets, service_costs, engagement, identities
        The behaviour of customers.
    channels, campaigns, price_changes, channel_changes
        What the shop does.
    dirt, dirt_share
        Kinds of bad rows put among the good ones of ``orders``, which is then written as CSV, and the share of rows
        each spoils (one at least); see `tenure_simulator.dirt.FAULTS`.
    """

    customers: int = Field(default=10_000, ge=1)
    seed: int = Field(default=0, ge=0)
    start: date = date(2022, 1, 1)
    days: int = Field(default=1096, ge=30)
    future_days: int = Field(default=365, ge=0)
    horizon_days: int = Field(default=90, ge=1)
    currency: str = "EUR"
    block_customers: int = Field(default=20_000, ge=1)
    purchasing: Purchasing = Purchasing()
    leaving: Leaving = Leaving()
    experience: ExperienceEffects = ExperienceEffects()
    baskets: BasketHabits = BasketHabits()
    service_costs: ServiceCosts = ServiceCosts()
    engagement: Engagement = Engagement()
    identities: IdentityHabits = IdentityHabits()
    channels: tuple[Channel, ...] = Field(min_length=1)
    campaigns: tuple[CampaignPlan, ...] = ()
    price_changes: tuple[PriceChange, ...] = ()
    channel_changes: tuple[ChannelChange, ...] = ()
    dirt: tuple[str, ...] = ()
    dirt_share: Share = 0.004

    @model_validator(mode="after")
    def _names_and_days_fit(self) -> Self:
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError(f"channel names must be distinct, not {names}")
        if unknown := {change.channel for change in self.channel_changes} - set(names):
            raise ValueError(f"channel_changes name channels that do not exist: {sorted(unknown)}; there are {names}")
        if late := [campaign.name for campaign in self.campaigns if campaign.day >= self.days]:
            raise ValueError(f"campaigns must start within the {self.days} days of history: {late}")
        if faults := set(self.dirt) - set(FAULTS):
            raise ValueError(f"dirt names unknown faults {sorted(faults)}; there are {', '.join(FAULTS)}")
        if all(channel.launch_day >= self.days for channel in self.channels):
            raise ValueError("no channel is launched within the history")
        return self
