# ruff: noqa: PD003  # Ibis has no isna and notna
"""Outcomes: what every customer of the population did in the window after an origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, days_between, origins_of
from tenure_features.errors import UsageError
from tenure_features.frames import sort_and_round
from tenure_features.history import KEYS, OrderHistory
from tenure_features.reading.engine import moments, reader
from tenure_features.shop import Shop
from tenure_features.tables.log import OrderLog
from tenure_features.tables.regrouping import count_over, is_known_at


def outcomes(
    shop: Shop, origins: Moment | Sequence[Moment], horizon_days: float, *, allow_open: bool = False
) -> pd.DataFrame:
    """Orders and net revenue of every customer of the population in ``[origin, origin + horizon_days)``.

    Parameters
    ----------
    shop
        What is known (`tenure_features.open_shop`).
    origins
        Moments.
    horizon_days
        Length of the window in days.
    allow_open
        Whether windows that reach beyond the moment of the shop are counted as far as it goes.

    Returns
    -------
    DataFrame
        ``customer_id`` (str), ``as_of`` (datetime64[us]), ``orders`` (orders with positive revenue), ``value`` (net
        revenue, returns netted) and ``wait_days`` (days from the origin to the first of these orders, NaN where there
        is none), float64; one row per customer with an order before the origin, zeros kept; sorted by ``as_of``,
        ``customer_id``. An order belongs to the moment of its first line, and where source ids become customers to
        the customer of the origin, also when it is placed under an id that turns out to be theirs by the end of the
        window.

    Raises
    ------
    UsageError
        If the horizon is not positive or, unless ``allow_open``, a window has not closed by the moment of the shop.
    """
    log = shop.log
    if not horizon_days > 0:
        raise UsageError("A horizon must be longer than zero days.", found=str(horizon_days))
    starts = origins_of(origins)
    if not allow_open:
        _check_closed(log, starts, horizon_days)
    return sort_and_round(map(reader, _queries(log, starts, horizon_days)), rows=log.figures.customers * len(starts))


def _queries(log: OrderLog, starts: Sequence[pd.Timestamp], horizon_days: float) -> Iterator[ir.Table]:
    early = [origin for origin in starts if not is_known_at(log, origin)]
    for origin in early:
        with count_over(log, origin, origin + pd.Timedelta(days=horizon_days)) as log_then:
            yield _count_population(log_then.orders, [origin], horizon_days)
    if late := starts[len(early) :]:
        yield _count_population(log.orders, late, horizon_days)


def _count_population(orders: ir.Table, origins: Sequence[pd.Timestamp], horizon_days: float) -> ir.Table:
    population = OrderHistory(orders, origins).reduce({})
    happened = _sum_windows(orders, _windows(origins, horizon_days))
    joined = population.left_join(happened, KEYS)
    return joined.select(
        customer_id=population.customer_id,
        as_of=population.as_of,
        orders=happened.orders.coalesce(0).cast("float64"),
        value=happened.value.coalesce(0.0).round(6),
        wait_days=days_between(population.as_of, happened.next_order_at),
    )


def _windows(origins: Sequence[pd.Timestamp], horizon_days: float) -> ir.Table:
    return moments(as_of=origins, until=[origin + pd.Timedelta(days=horizon_days) for origin in origins])


def _sum_windows(orders: ir.Table, windows: ir.Table) -> ir.Table:
    pairs = orders.cross_join(windows)
    inside = pairs.filter((pairs.ordered_at >= pairs.as_of) & (pairs.ordered_at < pairs.until))
    if "known_to" in inside.columns:  # the version that was known when the window closed
        inside = inside.filter(
            (inside.known_from < inside.until) & (inside.known_to.isnull() | (inside.known_to >= inside.until))
        )
    bought = inside.revenue > 0
    return inside.group_by(KEYS).aggregate(
        orders=bought.cast("int64").sum(),
        value=inside.revenue.sum(),
        next_order_at=inside.ordered_at.min(where=bought),
    )


def _check_closed(log: OrderLog, origins: Sequence[pd.Timestamp], horizon_days: float) -> None:
    end = origins[-1] + pd.Timedelta(days=horizon_days)
    if end > log.as_of:
        raise UsageError(
            f"The window of {horizon_days:g} days from {origins[-1]:%Y-%m-%d} has not closed.",
            found=f"it ends {end:%Y-%m-%d %H:%M}, the log {log.as_of:%Y-%m-%d %H:%M}",
            fix="Use an earlier origin or a shorter horizon, or pass allow_open=True and treat the result as partial.",
        )
