"""Weeks: money spent and customers won by channel and week, the ground a response curve is fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.inputs import ONE_DAY, Bools, Floats, days_from

WEEK_DAYS = 7


@dataclass(frozen=True)
class Weeks:
    """Weekly spend and new customers of ``C`` channels over ``T`` whole weeks; the last one ends at ``end``.

    Attributes
    ----------
    channels
        Their names.
    end
        Midnight at which the last week ends.
    spend
        Money, shape (C, T).
    customers
        New customers, shape (C, T).
    """

    channels: tuple[str, ...]
    end: pd.Timestamp
    spend: Floats
    customers: Floats

    @property
    def number(self) -> int:
        """Number of weeks."""
        return int(self.spend.shape[1])

    @property
    def live(self) -> Bools:
        """Weeks a channel was on, shape (C, T): something was spent, or somebody came, since its first such week."""
        return np.asarray((self.spend > 0) | (self.customers > 0))

    @property
    def paid(self) -> Bools:
        """Channels money was spent on, shape (C,)."""
        return np.asarray((self.spend > 0).any(axis=1))

    @property
    def years_ago(self) -> Floats:
        """Time of each week's middle in years relative to the end, negative, shape (T,)."""
        return np.asarray((np.arange(self.number) - self.number + 0.5) * WEEK_DAYS / 365.25)


def count_weeks(acquired: pd.DataFrame, spend: pd.DataFrame, *, rule: str, as_of: pd.Timestamp) -> Weeks:
    """Count spend and new customers by whole weeks, from the first day money was spent until ``as_of``.

    Weeks begin on the weekday on which spend tends to change: where budgets are set by the week, a week cut elsewhere
    mixes two of them, and a curve fitted on mixtures is too flat. Up to six days at either end are left out.

    Parameters
    ----------
    acquired
        ``first_order_at`` and the touch ``rule`` names.
    spend
        ``at``, ``channel``, ``cost``; see `tenure_decisions.economics.costs.AcquisitionCosts`.
    rule
        ``first_touch`` or ``last_touch``.
    as_of
        Only days that have ended by then count.
    """
    spend = spend[spend["at"] < as_of.normalize()]
    days = 0 if spend.empty else int((as_of.normalize() - spend["at"].min()) / ONE_DAY)
    offset = _offset(spend, as_of.normalize(), days) if days >= 4 * WEEK_DAYS else 0
    end, number = as_of.normalize() - offset * ONE_DAY, max(0, days - offset) // WEEK_DAYS
    names = tuple(sorted({*spend["channel"], *acquired[rule]}))

    def weekly(at: pd.Series[pd.Timestamp], channel: pd.Series[str], amount: Floats) -> Floats:
        days_ago = days_from(at, end)
        # days_ago of a moment on the last day is in (0, 1]: it belongs to the last week
        week = number - np.ceil(days_ago / WEEK_DAYS).astype(np.int64)
        inside = (week >= 0) & (week < number)
        row = pd.Index(names).get_indexer(pd.Index(channel))
        cell = row[inside] * number + week[inside]
        return np.bincount(cell, amount[inside], minlength=len(names) * number).reshape(len(names), number)

    return Weeks(
        channels=names,
        end=end,
        spend=weekly(spend["at"], spend["channel"], spend["cost"].to_numpy(np.float64)),
        customers=weekly(acquired["first_order_at"], acquired[rule], np.ones(len(acquired))),
    )


def _offset(spend: pd.DataFrame, end: pd.Timestamp, days: int) -> int:
    """Return how many days before ``end`` the last week should end, for spend to vary least within weeks."""
    day = days - days_from(spend["at"], end).astype(np.int64)
    row, names = pd.factorize(spend["channel"])
    daily = np.zeros((len(names), days))
    np.add.at(daily, (row, day), spend["cost"].to_numpy(np.float64))
    daily /= np.maximum(daily.mean(axis=1, keepdims=True), 1e-12)
    number = (days - WEEK_DAYS + 1) // WEEK_DAYS

    def within(offset: int) -> float:
        part = daily[:, days - offset - number * WEEK_DAYS : days - offset].reshape(len(names), number, WEEK_DAYS)
        return float(part.var(axis=2).mean())

    return min(range(WEEK_DAYS), key=lambda offset: (round(within(offset), 9), offset))
