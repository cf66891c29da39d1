"""What the shop does: channels, campaigns and changes at known dates."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tenure_simulator.part import NotNegative, Part, Positive, Share


class Channel(Part):
    """One way customers find the shop, and what kind of customers it brings.

    Arrivals per day are ``weight * (base + (1 - base) * (1 + s) x / (x + s))`` times season and weekday, where ``x`` is
    spend relative to its plan and ``s = saturation``: concave, so that the next euro always brings less than the last.

    Attributes
    ----------
    name
        Its name in every table.
    weight
        Relative number of customers it brings per day when spend is as planned.
    acquisition_cost
        Money spent per customer when spend is as planned.
    base
        Share of its customers who would come without any spend.
    saturation
        Spend (relative to plan) at which half of what money can buy is bought.
    launch_day, pauses
        First day of activity, and (first day, last day) intervals without activity; days since the shop's start.
    rate, basket
        Factors on purchase rate and on lines per order of the customers it brings.
    leaving
        Log-odds added to leaving after the first order.
    deals
        Log-odds added to buying at a discount.
    cost_per_click
        Money per click; 0 where clicks are not bought.
    """

    name: str
    weight: Positive
    acquisition_cost: NotNegative = 0.0
    base: Share = 0.2
    saturation: Positive = 1.0
    launch_day: int = Field(default=0, ge=0)
    pauses: tuple[tuple[int, int], ...] = ()
    rate: Positive = 1.0
    basket: Positive = 1.0
    leaving: float = 0.0
    deals: float = 0.0
    cost_per_click: NotNegative = 0.0


class Arm(Part):
    """One treatment of a campaign.

    Attributes
    ----------
    name, share
        Its name and the planned share of customers in it.
    strength
        Log factor on the purchase rate of a fully persuadable customer while the effect lasts.
    annoyance
        P(an engaged customer with average sensitivity starts cooling because of the contact).
    discount
        Depth of the offer; 0 for a message without one.
    contact_cost
        Cost of one contact.
    """

    name: str
    share: Share
    strength: float = 0.0
    annoyance: Share = 0.0
    discount: Share = 0.0
    contact_cost: NotNegative = 0.0


class CampaignPlan(Part):
    """A randomised campaign; customers outside every arm are the hold-out, arm ``control``.

    Attributes
    ----------
    name, day
        Its name, and the day (since the shop's start) customers are assigned.
    arms
        The treatments; their shares leave room for the control group.
    audience
        ``all`` customers so far, those ``lapsed`` (no order for 60 days) or ``recent`` (an order within 60 days).
    effect_days
        How long the effect and the offer last.
    lost
        Share of the treated rows of mobile customers lost by a fault in the assignment: a sample-ratio mismatch.
    """

    name: str
    day: int = Field(ge=1)
    arms: tuple[Arm, ...] = Field(min_length=1)
    audience: Literal["all", "lapsed", "recent"] = "all"
    effect_days: int = Field(default=45, ge=1)
    lost: Share = 0.0

    @model_validator(mode="after")
    def _leaves_a_control_group(self) -> Self:
        if sum(arm.share for arm in self.arms) >= 1:
            raise ValueError(f"campaign {self.name}: the arms' shares must leave room for a control group")
        if len({arm.name for arm in self.arms} | {"control"}) <= len(self.arms):
            raise ValueError(f"campaign {self.name}: arm names must be distinct, and none may be 'control'")
        return self

    @property
    def control_share(self) -> float:
        """Planned share of the hold-out."""
        return 1.0 - sum(arm.share for arm in self.arms)


class PriceChange(Part):
    """From ``day`` on every price is multiplied by ``price`` and every purchase rate by ``demand``."""

    day: int = Field(ge=1)
    price: Positive = 1.06
    demand: Positive = 0.93


class ChannelChange(Part):
    """From ``day`` on ``channel`` brings worse customers at a higher cost.

    Attributes
    ----------
    channel, day
        Which channel, from which day (since the shop's start).
    leaving
        Log-odds added to leaving after the first order.
    rate, acquisition_cost
        Factors on the purchase rate of its new customers and on the money spent per customer.
    """

    channel: str
    day: int = Field(ge=1)
    leaving: float = 0.9
    rate: Positive = 0.7
    acquisition_cost: Positive = 1.4
