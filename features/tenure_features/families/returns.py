"""What came back: returns in number, in money and in time."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.families.frequency import orders_total
from tenure_features.history import OrderHistory


@feature(unit="returns", family="experience", reason="{value:.0f} returns so far")
def returns_total(history: OrderHistory) -> ir.Value:
    """Count of returns so far."""
    return history.count(history.is_return)


@feature(unit="returns", family="experience", reason="{value:.0f} returns in the last 90 days")
def returns_90d(history: OrderHistory) -> ir.Value:
    """Count of returns in the last 90 days."""
    return history.count(history.is_return & history.within(90))


@feature(unit="returns", family="experience", reason="{value:.0f} returns in the last 365 days")
def returns_365d(history: OrderHistory) -> ir.Value:
    """Count of returns in the last 365 days."""
    return history.count(history.is_return & history.within(365))


@feature(unit="ratio", family="experience", reason="{value:.2f} returns per order")
def returns_rate(history: OrderHistory) -> ir.Value:
    """Count of returns per order."""
    return ratio(returns_total(history), orders_total(history))


@feature(unit="money", family="experience", reason="sent back goods for {value:,.0f}")
def returns_value(history: OrderHistory) -> ir.Value:
    """Money returned so far, as a positive number."""
    return 0.0 - history.total(history.is_return)  # a plain minus gives -0.0 where there is none


@feature(unit="ratio", family="experience", reason="sent back {value:.0%} of what was ordered")
def returns_value_share(history: OrderHistory) -> ir.Value:
    """Money returned over the revenue of all orders."""
    return ratio(returns_value(history), history.total(history.is_order))


@feature(unit="days", family="experience", reason="the last return was {value:.0f} days ago")
def return_recency_days(history: OrderHistory) -> ir.Value:
    """Days since the last return; missing without one."""
    return history.age_days.min(where=history.is_return)
