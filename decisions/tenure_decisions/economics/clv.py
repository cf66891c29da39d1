"""Lifetime value at fixed ages, before the cost of acquisition: observed from mature customers, predicted for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.economics.ages import LEAST, Ages, interpolation, mean_cumulative
from tenure_decisions.inputs import Floats, Ints, require
from tenure_decisions.resampling import Resampler, divide

HORIZONS = (30, 90, 180, 365)
"""Ages in days at which lifetime value is stated."""
_YEAR_DAYS = 365


@dataclass(frozen=True)
class Outlook:
    """What scores say of the near future of each customer, aligned with the customers of `Ages`.

    Attributes
    ----------
    value
        Expected value within the horizon, in the ledger's measure; NaN for customers without a score.
    horizon_days
        Days the scores look ahead.
    """

    value: Floats
    horizon_days: int


@dataclass(frozen=True)
class Clv:
    """Lifetime value of some customers; arrays start with the estimate and go on with the draws of a bootstrap.

    Attributes
    ----------
    mature
        Customers who have reached each horizon, shape (H,).
    observed
        Mean value until each horizon over the mature customers alone, shape (1 + B, H); NaN where there is none.
    predicted
        Mean value until each horizon over all of them: what each has brought so far and the rest as expected,
        shape (1 + B, H); NaN beyond the oldest customer of the shop.
    customers
        Number of customers, shape (1 + B,).
    """

    mature: Ints
    observed: Floats
    predicted: Floats
    customers: Floats


def outlook(scores: pd.DataFrame, acquired: pd.DataFrame, *, per_revenue: float) -> Outlook:
    """Line scores up with customers.

    Parameters
    ----------
    scores
        ``customer_id``, ``expected_value`` (net revenue expected within ``horizon_days``), ``horizon_days``.
    acquired
        ``customer_id``.
    per_revenue
        Value per unit of revenue: 1 when scores and ledger measure the same.
    """
    require(scores, ("customer_id", "expected_value", "horizon_days"), name="scores")
    by_id = scores.drop_duplicates("customer_id").set_index("customer_id")["expected_value"]
    value = acquired["customer_id"].map(by_id).to_numpy(np.float64)
    return Outlook(value * per_revenue, int(scores["horizon_days"].iloc[0]))


def shop_steps(ages: Ages, resampler: Resampler) -> Floats:
    """Return the mean value of each interval of age over the whole shop, shape (1 + B, J)."""
    closed = ages.closed
    return divide(resampler.draw(resampler.sums(ages.value * closed)), resampler.draw(resampler.sums(1.0 * closed)))


def lifetime_value(
    ages: Ages,
    who: Ints,
    *,
    horizons: Sequence[int],
    resampler: Resampler,
    shop: Floats,
    scored: Outlook | None = None,
) -> Clv:
    """Estimate the lifetime value of some customers at fixed ages.

    The rest of a customer's way to a horizon follows the mean cumulative curve of their group (see
    `tenure_decisions.economics.ages.mean_cumulative`), drawn towards the shop's with the weight of 30 customers. Where
    a score is known its expected value sets the level: the rest is the expected value times the curve's growth
    until the horizon over its growth within the score's days.

    Parameters
    ----------
    ages
        Value by age of all customers.
    who
        Positions of the customers meant.
    horizons
        Days; edges of ``ages``.
    resampler
        Over all customers of ``ages``.
    shop
        From `shop_steps`.
    scored
        What scores say, if there are any.
    """
    curve, closed = _from_first_order(ages, who, resampler, shop), ages.closed[who]
    age, columns = ages.age[who], [ages.position(days) for days in horizons]
    weights = interpolation(age, ages.edges)
    count = resampler.draw(resampler.sums(np.ones((len(who), 1)), who))[:, 0]
    until = np.stack([ages.value[who][:, :column].sum(axis=1) for column in columns], axis=1)
    mature = np.stack([closed[:, column - 1] for column in columns], axis=1)
    seen = resampler.draw(resampler.sums(until * mature, who))
    had = resampler.draw(resampler.sums(1.0 * mature, who))
    observed = np.where(mature, until, ages.so_far[who][:, None])
    sofar = resampler.draw(resampler.sums(observed, who))
    extra = _factor(ages, who, curve[0], scored)
    rest = np.stack(
        [
            _rest(column, (1.0 * ~mature[:, k]) * extra, weights, curve, who=who, resampler=resampler)
            for k, column in enumerate(columns)
        ],
        axis=1,
    )
    return Clv(
        mature=mature.sum(axis=0).astype(np.int64),
        observed=divide(seen, had),
        predicted=divide(sofar + rest, count[:, None]),
        customers=count,
    )


def steps_of(ages: Ages, who: Ints, resampler: Resampler, shop: Floats) -> Floats:
    """Return the mean value of each interval of age over some customers, drawn towards the shop's, (1 + B, J)."""
    return np.asarray(np.diff(_curve(ages, who, resampler, shop), axis=1))


def _curve(ages: Ages, who: Ints, resampler: Resampler, shop: Floats) -> Floats:
    """Mean cumulative value of the group, drawn towards the shop's shape at the group's own level; (1 + B, J + 1)."""
    value, number, level = _sum_mature(ages, who, resampler, shop)
    return mean_cumulative(value + LEAST * level * shop, number + LEAST)


def _sum_mature(ages: Ages, who: Ints, resampler: Resampler, shop: Floats) -> tuple[Floats, Floats, Floats]:
    """Value of those who lived through each interval, how many they are, and the group's level beside the shop's."""
    closed = ages.closed[who]
    value = resampler.draw(resampler.sums(ages.value[who] * closed, who))
    number = resampler.draw(resampler.sums(1.0 * closed, who))
    alike = np.nan_to_num(shop) * number
    # the level itself is drawn to the shop's with a year of 30 customers: few orders say little of the years to come
    pull = LEAST * np.nan_to_num(shop)[:, : max(1, ages.position(_YEAR_DAYS))].sum(axis=1, keepdims=True)
    level = divide(value.sum(axis=1, keepdims=True) + pull, alike.sum(axis=1, keepdims=True) + pull)
    return value, number, np.where(np.isfinite(level) & (level > 0), level, 1.0)


def _from_first_order(ages: Ages, who: Ints, resampler: Resampler, shop: Floats) -> Floats:
    """`_curve` for customers, whose first order is there at once and not spread over the first interval.

    It begins with what the first order brings: the first interval less what comes in it afterwards, which is drawn
    towards the shop's like the interval itself.
    """
    curve, (_, number, level) = _curve(ages, who, resampler, shop), _sum_mature(ages, who, resampler, shop)

    def sum_later(some: Ints) -> Floats:
        later = (ages.value[some, 0] - ages.at_once[some]) * ages.closed[some, 0]
        return resampler.draw(resampler.sums(later[:, None], some))[:, 0]

    everybody = np.arange(len(ages.age))
    lived = resampler.draw(resampler.sums(1.0 * ages.closed[:, :1], everybody))[:, 0]
    usual = np.nan_to_num(divide(sum_later(everybody), lived))
    later = (sum_later(who) + LEAST * level[:, 0] * usual) / (number[:, 0] + LEAST)
    return np.column_stack([curve[:, 1] - later, curve[:, 1:]])


def _flat(curve: Floats) -> Floats:
    """Carry the last known value of a curve on, for ages inside an interval nobody has lived through yet."""
    return np.asarray(pd.DataFrame(curve).ffill(axis=1).to_numpy())


def _factor(ages: Ages, who: Ints, curve: Floats, scored: Outlook | None) -> Floats:
    """Divide what scores expect of each customer by what the curve does over the same days; 1 without a score."""
    if scored is None:
        return np.ones(len(who))
    cumulative, age = _flat(curve[None, :])[0], ages.age[who]
    now = np.interp(age, ages.edges, cumulative)
    within = np.interp(age + scored.horizon_days, ages.edges, cumulative) - now
    value = scored.value[who]
    usable = np.isfinite(value) & (within > 0)
    return np.where(usable, value / np.where(usable, within, 1.0), 1.0)


def _rest(column: int, young: Floats, weights: Floats, curve: Floats, *, who: Ints, resampler: Resampler) -> Floats:
    """Sum the expected value of young customers (weighted) from their age until a horizon, shape (1 + B,)."""
    if not young.any():
        return np.zeros(len(curve))
    # linear in the curve: number x M(horizon) - sum of the interpolation weights x M(age)
    design = -weights * young[:, None]
    design[:, column] += young
    # M(horizon) must be known; ages inside an interval nobody has lived through take the last known value
    filled = np.where(np.isnan(curve[:, column : column + 1]), np.nan, _flat(curve))
    return np.asarray((resampler.draw(resampler.sums(design, who)) * filled).sum(axis=1))
