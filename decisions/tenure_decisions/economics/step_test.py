"""Step test: the experiment that would show whether more money brings the customers a curve promises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

POWER, ALPHA = 0.8, 0.05
LONGEST_WEEKS = 26
SMALLEST_STEP = 0.2


@dataclass(frozen=True, kw_only=True)
class StepTest:
    """An experiment on the spend of one channel.

    Attributes
    ----------
    channel
        Which.
    spend_now, spend_then
        Money per week in control and in treated units.
    customers_now, customers_then
        New customers per week of the channel expected at each.
    units
        Control and treated units each: weeks of the whole shop.
    text
        The proposal in sentences.
    """

    channel: str
    spend_now: float
    spend_then: float
    customers_now: float
    customers_then: float
    units: int
    text: str


def units_needed(now: float, then: float, *, dispersion: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """Return how many units each arm needs for a difference of two mean counts to be found.

    ``n = (z_(1 - alpha/2) + z_power)^2 x dispersion x (now + then) / (then - now)^2``, the two-sample z test for counts
    whose variance is ``dispersion`` times their mean. Two at least: one unit per arm has no error to judge by.

    Examples
    --------
    >>> units_needed(20.0, 30.0, dispersion=1.0)
    4
    """
    z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    return max(2, int(np.ceil(z**2 * dispersion * (now + then) / max((then - now) ** 2, 1e-12))))


def propose(
    channel: str,
    *,
    spend: tuple[float, float],
    customers: tuple[float, float],
    others: float,
    dispersion: float,
    currency: str = "",
) -> StepTest:
    """Propose the experiment for a change of spend and of new customers per week, from now to then.

    All new customers are counted, those of the other channels too (``others`` per week): a customer whom the channel
    takes from another one is not won. They add noise, and the size says so.
    """
    units = units_needed(customers[0] + others, customers[1] + others, dispersion=dispersion)
    now, then = (f"{amount:,.0f} {currency}".strip() for amount in spend)
    over = (
        f"{2 * units} weeks, drawn at random in pairs"
        if 2 * units <= LONGEST_WEEKS
        else f"{2 * units:,} region-weeks (each of the whole shop's size; regions a tenth as large take ten times as "
        f"many), regions drawn at random in pairs of like size"
    )
    text = (
        f"Hold {channel} at {now} a week in one half and at {then} in the other, over {over}. Count all new customers: "
        f"the curve expects {customers[0] + others:,.1f} and {customers[1] + others:,.1f} a week. A difference of that "
        f"size is found with {POWER:.0%} probability at a two-sided level of {ALPHA:.0%}."
    )
    return StepTest(
        channel=channel,
        spend_now=spend[0],
        spend_then=spend[1],
        customers_now=customers[0],
        customers_then=customers[1],
        units=units,
        text=text,
    )
