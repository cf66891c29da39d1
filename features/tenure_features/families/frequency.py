"""How often: orders and order days, in total, in windows and against the customer's own pace."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.families.recency import tenure_days
from tenure_features.history import OrderHistory


@feature(unit="orders", family="frequency", reason="{value:.0f} orders so far")
def orders_total(history: OrderHistory) -> ir.Value:
    """Count of orders so far; returns are not counted."""
    return history.count(history.is_order)


@feature(unit="days", family="frequency", reason="ordered on {value:.0f} different days")
def order_days(history: OrderHistory) -> ir.Value:
    """Calendar days with at least one order."""
    return history.count(history.opens_day)


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the last 30 days")
def orders_30d(history: OrderHistory) -> ir.Value:
    """Orders in the last 30 days."""
    return history.count(history.is_order & history.within(30))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the last 90 days")
def orders_90d(history: OrderHistory) -> ir.Value:
    """Orders in the last 90 days."""
    return history.count(history.is_order & history.within(90))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the last 180 days")
def orders_180d(history: OrderHistory) -> ir.Value:
    """Orders in the last 180 days."""
    return history.count(history.is_order & history.within(180))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the last 365 days")
def orders_365d(history: OrderHistory) -> ir.Value:
    """Orders in the last 365 days."""
    return history.count(history.is_order & history.within(365))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the last two years")
def orders_730d(history: OrderHistory) -> ir.Value:
    """Orders in the last 730 days."""
    return history.count(history.is_order & history.within(730))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders a year ago, in the 90 days from the same day on")
def orders_year_ago_90d(history: OrderHistory) -> ir.Value:
    """Orders from 365 to 275 days ago: in the 90 days that began a year before the origin."""
    return history.count(history.is_order & history.within(90, before=275))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the year before the last")
def orders_prior_365d(history: OrderHistory) -> ir.Value:
    """Orders between 730 and 365 days ago."""
    return history.count(history.is_order & history.within(365, before=365))


@feature(
    unit="orders", family="frequency", reason="recent orders add up to {value:.1f}, each half as much every 30 days"
)
def orders_decayed_30d(history: OrderHistory) -> ir.Value:
    """Orders so far, each counting half as much for every 30 days of its age."""
    return history.weigh_by_age(30).sum(where=history.is_order)


@feature(
    unit="orders", family="frequency", reason="recent orders add up to {value:.1f}, each half as much every 90 days"
)
def orders_decayed_90d(history: OrderHistory) -> ir.Value:
    """Orders so far, each counting half as much for every 90 days of its age."""
    return history.weigh_by_age(90).sum(where=history.is_order)


@feature(unit="orders", family="frequency", reason="recent orders add up to {value:.1f}, each half as much every year")
def orders_decayed_365d(history: OrderHistory) -> ir.Value:
    """Orders so far, each counting half as much for every 365 days of its age."""
    return history.weigh_by_age(365).sum(where=history.is_order)


@feature(unit="days", family="frequency", reason="ordered on {value:.0f} of the last 90 days")
def order_days_90d(history: OrderHistory) -> ir.Value:
    """Calendar days whose first order lies in the last 90 days."""
    return history.count(history.opens_day & history.within(90))


@feature(unit="days", family="frequency", reason="ordered on {value:.0f} of the last 365 days")
def order_days_365d(history: OrderHistory) -> ir.Value:
    """Calendar days whose first order lies in the last 365 days."""
    return history.count(history.opens_day & history.within(365))


@feature(unit="orders", family="frequency", reason="{value:.0f} orders in the 90 days before the last 90")
def orders_prior_90d(history: OrderHistory) -> ir.Value:
    """Orders between 180 and 90 days ago."""
    return orders_180d(history) - orders_90d(history)


@feature(unit="orders", family="frequency", reason="{value:+.0f} orders in the last 90 days against the 90 before")
def orders_change_90d(history: OrderHistory) -> ir.Value:
    """Orders in the last 90 days less those in the 90 days before."""
    return orders_90d(history) - orders_prior_90d(history)


@feature(unit="orders", family="frequency", reason="{value:+.0f} orders in the last 30 days against the 30 before")
def orders_change_30d(history: OrderHistory) -> ir.Value:
    """Orders in the last 30 days less those in the 30 days before."""
    return orders_30d(history) - history.count(history.is_order & history.within(30, before=30))


@feature(unit="ratio", family="frequency", reason="{value:.0%} of all orders came in the last 90 days")
def orders_share_90d(history: OrderHistory) -> ir.Value:
    """Share of all orders that came in the last 90 days."""
    return ratio(orders_90d(history), orders_total(history))


@feature(unit="orders per 30 days", family="frequency", reason="{value:.1f} orders every 30 days")
def orders_per_30d(history: OrderHistory) -> ir.Value:
    """Orders per 30 days since the first order; the first month counts as whole."""
    return orders_total(history) * 30.0 / _at_least(tenure_days(history), 30.0)


@feature(unit="log", family="frequency", reason="{value:.2f} orders every 30 days")
def order_rate_log(history: OrderHistory) -> ir.Value:
    """Natural logarithm of orders per 30 days since the first order."""
    return orders_per_30d(history).ln()


@feature(unit="ratio", family="frequency", reason="the last 90 days ran at {value:.1f} x the usual pace of orders")
def orders_pace_90d(history: OrderHistory) -> ir.Value:
    """Orders in the last 90 days against what the customer's own pace since the first order would give."""
    usual = orders_total(history) * 90.0 / _at_least(tenure_days(history), 90.0)
    return ratio(orders_90d(history), usual)


@feature(unit="orders per day", family="frequency", reason="{value:.1f} orders per day of ordering")
def orders_per_order_day(history: OrderHistory) -> ir.Value:
    """Orders per calendar day with an order."""
    return ratio(orders_total(history), order_days(history))


def _at_least(value: ir.Value, floor: float) -> ir.Value:
    return (value < floor).ifelse(floor, value)
