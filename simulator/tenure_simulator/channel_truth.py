"""Per channel and month: what was spent, whom it brought, what they are worth, what one more euro would bring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_simulator.arrays import Floats
from tenure_simulator.channels import make_marketing
from tenure_simulator.config import ShopConfig
from tenure_simulator.lifetime import at_acquisition
from tenure_simulator.traits import Traits

_MONTH_DAYS = 30


def months(config: ShopConfig) -> int:
    """Return how many months of 30 days the history has; the last may be shorter."""
    return -(-config.days // _MONTH_DAYS)


def value_sums(config: ShopConfig, traits: Traits) -> Floats:
    """Return number and summed lifetime contribution of customers, shape (2, channels, months)."""
    _, value = at_acquisition(config, traits)
    cell = traits.channel * months(config) + traits.arrival.astype(np.int64) // _MONTH_DAYS
    size = len(config.channels) * months(config)
    sums = [np.bincount(cell, weights, minlength=size) for weights in (np.ones(len(cell)), value)]
    return np.stack(sums).astype(np.float64).reshape(2, len(config.channels), -1)


def channels_truth(config: ShopConfig, sums: Floats) -> pd.DataFrame:
    """Return the true economics of each channel and month.

    Parameters
    ----------
    config
        The shop.
    sums
        `value_sums` added up over all customers.

    Returns
    -------
    DataFrame
        ``channel``, ``month_start``, ``spend``, ``expected_customers``, ``customers`` (who came),
        ``value_per_customer`` (mean expected lifetime contribution of those who came, before the cost of acquisition;
        NaN where nobody came), ``cost_per_customer`` (spend / expected customers), ``marginal_customers`` (further
        expected customers per further unit of money, mean over the days weighted with spend) and ``marginal_return``
        (the money they are worth).
    """
    marketing, month = make_marketing(config), np.arange(config.days) // _MONTH_DAYS

    def monthly(daily: Floats) -> Floats:
        return np.stack([np.bincount(month, row, minlength=months(config)) for row in daily])

    def share(part: Floats, whole: Floats, empty: float) -> Floats:
        return np.divide(part, whole, out=np.full_like(part, empty), where=whole > 0)

    spend, arrivals = monthly(marketing.spend), monthly(marketing.arrivals)
    marginal = share(monthly(marketing.marginal * marketing.spend), spend, 0.0)
    value = share(sums[1], sums[0], np.nan)
    starts = pd.Timestamp(config.start) + pd.to_timedelta(_MONTH_DAYS * np.arange(months(config)), unit="D")
    channel = [each.name for each in config.channels]
    frame = pd.DataFrame(
        {
            "channel": np.repeat(channel, months(config)),
            "month_start": np.tile(starts.to_numpy().astype("datetime64[us]"), len(channel)),
            "spend": spend.ravel(),
            "expected_customers": arrivals.ravel(),
            "customers": sums[0].ravel().astype(np.int64),
            "value_per_customer": value.ravel(),
            "cost_per_customer": share(spend, arrivals, np.nan).ravel(),
            "marginal_customers": marginal.ravel(),
            "marginal_return": (marginal * value).ravel(),
        }
    )
    return frame[frame["expected_customers"] > 0].reset_index(drop=True)
