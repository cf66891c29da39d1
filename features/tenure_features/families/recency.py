"""How long ago: days since the first and the last order."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.history import OrderHistory


@feature(unit="days", family="recency", reason="silent for {value:.0f} days")
def recency_days(history: OrderHistory) -> ir.Value:
    """Days since the last order."""
    return history.age_days.min(where=history.is_order)


@feature(unit="days", family="recency", reason="a customer for {value:.0f} days")
def tenure_days(history: OrderHistory) -> ir.Value:
    """Days since the first order."""
    return history.age_days.max(where=history.is_order)


@feature(unit="days", family="recency", reason="{value:.0f} days between first and last order")
def span_days(history: OrderHistory) -> ir.Value:
    """Days from the first order to the last; zero for one order."""
    return tenure_days(history) - recency_days(history)


@feature(unit="ratio", family="recency", reason="silent for {value:.0%} of the time as a customer")
def recency_share(history: OrderHistory) -> ir.Value:
    """Days since the last order as a share of days since the first."""
    return ratio(recency_days(history), tenure_days(history))
