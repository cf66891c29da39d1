"""A study: customers acquired in a window, what they brought, what they cost. Channels, growth and budget read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.economics.acquisition import acquire
from tenure_decisions.economics.ages import Ages, measure_ages, month_edges
from tenure_decisions.economics.clv import HORIZONS, Outlook, outlook, shop_steps
from tenure_decisions.economics.costs import AcquisitionCosts, read_acquisition_costs
from tenure_decisions.economics.ledger import NOTHING_NAMED, NamedCosts, OrderLedger, open_ledger
from tenure_decisions.inputs import ONE_DAY, Floats, moment
from tenure_decisions.resampling import Resampler
from tenure_features.errors import DataContractError, UsageError

RETENTION_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Study:
    """Customers acquired in ``[since, as_of)`` and everything about them; made by `open_study`.

    Attributes
    ----------
    as_of
        Only what lies strictly before it was read.
    since
        First moment of the window, the same for customers and for money: CAC is never spend of one period over
        customers of another.
    acquired
        ``customer_id``, ``first_order_at``, ``first_touch``, ``last_touch``.
    ages, ledger, costs, events, scores
        What was read, laid out.
    scored
        Expected value of each customer in the ledger's measure; None without scores.
    resampler, shop, level
        The bootstrap, the shop's value by age, and the level of every interval.
    horizons
        Ages in days at which lifetime value is stated.
    notes
        What a reader must know.
    """

    as_of: pd.Timestamp
    since: pd.Timestamp
    acquired: pd.DataFrame
    ages: Ages
    ledger: OrderLedger
    costs: AcquisitionCosts
    events: pd.DataFrame | None
    scores: pd.DataFrame | None
    scored: Outlook | None
    resampler: Resampler
    shop: Floats
    level: float
    horizons: tuple[int, ...]
    notes: tuple[str, ...]


def open_study(
    orders: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    customers: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    spend: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
    service_costs: pd.DataFrame | None = None,
    other_costs: pd.DataFrame | None = None,
    named_costs: NamedCosts = NOTHING_NAMED,
    overhead_rate: float = 0.0,
    since: str | pd.Timestamp | None = None,
    horizons: Sequence[int] = HORIZONS,
    level: float = 0.8,
    seed: int = 0,
    resamples: int = 400,
) -> Study:
    """Read the tables of a shop for `channels`, `growth` and `budget`.

    Parameters
    ----------
    orders
        ``customer_id, ordered_at, revenue`` and, where known, ``cost, channel, is_return``.
    as_of
        Only rows strictly before it are read.
    customers
        ``customer_id, acquisition_channel``.
    events
        ``customer_id, occurred_at`` and, where known, ``event, channel``: touches and engagement.
    spend
        ``date, channel, cost``.
    scores
        ``customer_id, expected_value, horizon_days, churn_probability``, from anywhere; expected value is net revenue.
    service_costs
        ``customer_id, incurred_at, amount``.
    other_costs
        ``date, channel, cost``: costs of acquisition beside media; not what revenue is already net of.
    named_costs
        A margin and a cost to serve that were said: they stand for those of ``orders`` and ``service_costs``.
    overhead_rate
        Cost per unit of media money on top.
    since
        Start of the window; default the first day of ``spend``, else the first order.
    horizons
        Ages in days.
    level
        Of every interval.
    seed, resamples
        Of the bootstrap over customers.

    Raises
    ------
    UsageError
        When a number is outside its range.
    DataContractError
        When a column is missing or nobody was acquired in the window.
    """
    _check(horizons, level, overhead_rate)
    at = moment(as_of)
    costs = read_acquisition_costs(spend, other_costs, as_of=at, overhead_rate=overhead_rate)
    named = () if costs.spend is None else costs.spend["channel"].unique()
    everybody = acquire(orders, as_of=at, customers=customers, events=events, channels=named)
    begin = _since(since, costs, everybody)
    acquired = everybody[everybody["first_order_at"] >= begin].reset_index(drop=True)
    if acquired.empty:
        raise DataContractError(
            f"Nobody was acquired between {begin:%Y-%m-%d} and {at:%Y-%m-%d}.",
            found=f"{len(everybody):,} customers, all of them earlier",
        )
    ledger = open_ledger(orders, as_of=at, service_costs=service_costs, named=named_costs)
    oldest = (at - acquired["first_order_at"].min()) / ONE_DAY
    edges = month_edges(max(oldest, *horizons, 2 * RETENTION_DAYS), (*horizons, RETENTION_DAYS, 2 * RETENTION_DAYS))
    ages = measure_ages(ledger, acquired, as_of=at, edges=edges)
    resampler = Resampler(len(acquired), seed=seed, resamples=resamples)
    revenue, value = ages.revenue.sum(), ages.value.sum()
    scored = None if scores is None or not revenue else outlook(scores, acquired, per_revenue=value / revenue)
    return Study(
        as_of=at,
        since=begin,
        acquired=acquired,
        ages=ages,
        ledger=ledger,
        costs=costs,
        events=events,
        scores=scores,
        scored=scored,
        resampler=resampler,
        shop=shop_steps(ages, resampler),
        level=level,
        horizons=tuple(sorted(horizons)),
        notes=(
            *ledger.notes,
            *_missing(len(everybody) - len(acquired), begin, spend=spend is not None, scores=scores is not None),
        ),
    )


def _missing(earlier: int, begin: pd.Timestamp, *, spend: bool, scores: bool) -> Iterator[str]:
    """Say which customers are left out, and what is not known without a table."""
    if earlier:
        yield f"{earlier:,} customers acquired before {begin:%Y-%m-%d}, when spend is not known, are left out."
    if not spend:
        yield "There is no table of spend: costs of acquisition, and everything after them, are not known."
    if not scores:
        yield "There are no scores: predictions follow the mean cumulative curve alone."


def _check(horizons: Sequence[int], level: float, overhead_rate: float) -> None:
    if not horizons or min(horizons) < 1:
        raise UsageError("Horizons are ages in days, one at least.", found=str(list(horizons)))
    if not 0 < level < 1:
        raise UsageError("The level of an interval lies between 0 and 1.", found=str(level))
    if not np.isfinite(overhead_rate) or overhead_rate < 0:
        raise UsageError("The overhead rate is a cost per unit of spend, zero or more.", found=str(overhead_rate))


def _since(since: str | pd.Timestamp | None, costs: AcquisitionCosts, everybody: pd.DataFrame) -> pd.Timestamp:
    if since is not None:
        return moment(since)
    if costs.spend is not None and len(costs.spend):
        return pd.Timestamp(costs.spend["at"].min())
    return pd.Timestamp(everybody["first_order_at"].min()).normalize()
