"""Channels: money spent per day, customers it brings with diminishing returns, and when customers arrive."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.clock import HOURS, WEEKDAYS, season
from tenure_simulator.config import ShopConfig
from tenure_simulator.levers import Channel
from tenure_simulator.streams import Purpose, stream


@dataclass(frozen=True, kw_only=True)
class Marketing:
    """What each channel spends and brings on each day of the history; arrays have shape (channels, days).

    Attributes
    ----------
    spend
        Money.
    arrivals
        Expected new customers.
    marginal
        Expected new customers per further unit of money, at the spend of that day.
    volume
        New customers per day with spend as planned and season and weekday averaged out, shape (channels,).
    plan
        Planned spend per day when the history ends, shape (channels,).
    """

    spend: Floats
    arrivals: Floats
    marginal: Floats
    volume: Floats
    plan: Floats


def response(level: Floats, saturation: float) -> Floats:
    """Return customers bought at a spend ``level`` relative to plan: ``(1 + s) x / (x + s)``, 1 at plan, concave.

    Examples
    --------
    >>> response(np.array([0.0, 1.0, 2.0]), 1.0).round(3).tolist()
    [0.0, 1.0, 1.333]
    """
    return np.asarray((1 + saturation) * level / (level + saturation))


def response_slope(level: Floats, saturation: float) -> Floats:
    """Return the derivative of `response` with respect to the level."""
    return np.asarray((1 + saturation) * saturation / (level + saturation) ** 2)


def _live(channel: Channel, days: int) -> Bools:
    day = np.arange(days)
    paused = np.zeros(days, dtype=bool)
    for first, last in channel.pauses:
        paused |= (day >= first) & (day <= last)
    return (day >= channel.launch_day) & ~paused


def _level(rng: np.random.Generator, days: int) -> Floats:
    """Spend relative to plan: weekly decisions, a few bursts, a little daily noise."""
    weeks = days // 7 + 1
    weekly = rng.lognormal(-0.08, 0.4, weeks)
    weekly[rng.random(weeks) < 0.06] *= 2.5
    return np.asarray(np.repeat(weekly, 7)[:days] * rng.lognormal(-0.005, 0.1, days))


@lru_cache(maxsize=8)
def make_marketing(config: ShopConfig) -> Marketing:
    """Draw spend and the arrivals it brings; arrivals of the whole shop sum to the configured customers."""
    days = np.arange(config.days)
    weekday = WEEKDAYS[(days + config.start.weekday()) % 7] / WEEKDAYS.mean()
    demand = season(days.astype(float), config.start, config.purchasing.season) * weekday
    levels, cost, bought, volume = [], [], [], []
    for channel, rng in zip(
        config.channels, stream(config.seed, Purpose.SPEND).spawn(len(config.channels)), strict=True
    ):
        live = _live(channel, config.days)
        levels.append(_level(rng, config.days) * live * (channel.acquisition_cost > 0))
        factor = np.ones(config.days)
        for change in config.channel_changes:
            if change.channel == channel.name:
                factor[change.day :] *= change.acquisition_cost
        cost.append(channel.acquisition_cost * factor)
        volume.append(channel.weight * live * demand)
        bought.append(1 - channel.base if channel.acquisition_cost > 0 else 0.0)
    level, money, share = np.stack(levels), np.stack(cost), np.array(bought)[:, None]
    saturation = np.array([channel.saturation for channel in config.channels])[:, None]
    relative = np.stack(volume) * (1 - share + share * response(level, saturation))  # type: ignore[arg-type]
    scale = config.customers / relative.sum()
    plan = scale * np.array([c.weight for c in config.channels])[:, None] * money
    gained = scale * np.stack(volume) * share * response_slope(level, saturation)  # type: ignore[arg-type]
    marginal = np.divide(gained, plan, out=np.zeros_like(gained), where=plan > 0)
    weight = scale * np.array([channel.weight for channel in config.channels])
    return Marketing(spend=level * plan, arrivals=scale * relative, marginal=marginal, volume=weight, plan=plan[:, -1])


def customers_at(config: ShopConfig, spend: Floats) -> Floats:
    """Return expected new customers per day when the history ends, season and weekday averaged out.

    Parameters
    ----------
    config
        The shop.
    spend
        Money per day on each channel, shape (channels,); zero where a channel costs nothing.

    Returns
    -------
    ndarray
        Shape (channels,). With it the true profit of any budget is known.
    """
    marketing = make_marketing(config)
    paid = marketing.plan > 0
    share = np.where(paid, [1 - channel.base for channel in config.channels], 0.0)
    saturation = np.array([channel.saturation for channel in config.channels])
    level = np.divide(spend, marketing.plan, out=np.zeros(len(share)), where=paid)
    return np.asarray(marketing.volume * (1 - share + share * (1 + saturation) * level / (level + saturation)))


def draw_arrivals(config: ShopConfig, rng: np.random.Generator, n: int) -> tuple[Ints, Floats]:
    """Draw channel (index) and arrival time (days since the shop's start) of ``n`` customers."""
    arrivals = make_marketing(config).arrivals
    edges = np.cumsum(arrivals.ravel())
    cell = np.searchsorted(edges, rng.random(n) * edges[-1], side="right")
    channel, day = np.divmod(np.minimum(cell, arrivals.size - 1), config.days)
    hour = np.interp(rng.random(n), np.concatenate([[0.0], np.cumsum(HOURS) / HOURS.sum()]), np.arange(25.0))
    return channel, day + hour / 24


def spend_table(config: ShopConfig) -> pd.DataFrame:
    """Return the ``spend`` table: one row per live channel and day on which money was spent."""
    marketing = make_marketing(config)
    dates = pd.date_range(pd.Timestamp(config.start), periods=config.days, unit="us")
    frames = []
    for index, channel in enumerate(config.channels):
        rng = stream(config.seed, Purpose.SPEND, block=index)
        cost = np.round(marketing.spend[index], 2)
        price = channel.cost_per_click
        clicks = rng.poisson(cost / price).astype(float) if price else np.full(len(cost), np.nan)
        frame = pd.DataFrame(
            {
                "date": dates, "channel": channel.name, "cost": cost, "campaign": f"{channel.name}_always_on",
                "clicks": clicks, "impressions": np.rint(clicks * rng.uniform(25, 60, len(cost))),
            }
        )  # fmt: skip
        frames.append(frame[cost > 0])
    table: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return table.sort_values(["date", "channel"], ignore_index=True)
