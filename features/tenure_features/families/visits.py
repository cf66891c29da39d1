"""Touches, visits and carts: how often, how long ago, and against the customer's own habit."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.histories import EventHistory


@feature(unit="days", family="engagement", table="events", reason="no sign of life for {value:.0f} days")
def touch_recency_days(events: EventHistory) -> ir.Value:
    """Days since the last thing the customer did, e-mails sent by the shop left out."""
    return events.days_since(events.by_customer)


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} touches in the last 30 days")
def touches_30d(events: EventHistory) -> ir.Value:
    """Things the customer did in the last 30 days."""
    return events.count(events.by_customer & events.within(30))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} touches in the last 90 days")
def touches_90d(events: EventHistory) -> ir.Value:
    """Things the customer did in the last 90 days."""
    return events.count(events.by_customer & events.within(90))


@feature(unit="days", family="engagement", table="events", reason="active on {value:.0f} of the last 30 days")
def active_days_30d(events: EventHistory) -> ir.Value:
    """Calendar days of the last 30 days on which the customer did something."""
    return events.distinct(events.day, events.by_customer & events.within(30))


@feature(unit="days", family="engagement", table="events", reason="active on {value:.0f} of the last 90 days")
def active_days_90d(events: EventHistory) -> ir.Value:
    """Calendar days of the last 90 days on which the customer did something."""
    return events.distinct(events.day, events.by_customer & events.within(90))


@feature(unit="days", family="engagement", table="events", reason="last visit {value:.0f} days ago")
def visit_recency_days(events: EventHistory) -> ir.Value:
    """Days since the last visit."""
    return events.days_since(events.is_kind("visit"))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} visits so far")
def visits_total(events: EventHistory) -> ir.Value:
    """Visits so far."""
    return events.count(events.is_kind("visit"))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} visits in the last 7 days")
def visits_7d(events: EventHistory) -> ir.Value:
    """Visits in the last 7 days."""
    return events.count(events.is_kind("visit") & events.within(7))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} visits in the last 30 days")
def visits_30d(events: EventHistory) -> ir.Value:
    """Visits in the last 30 days."""
    return events.count(events.is_kind("visit") & events.within(30))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} visits in the last 90 days")
def visits_90d(events: EventHistory) -> ir.Value:
    """Visits in the last 90 days."""
    return events.count(events.is_kind("visit") & events.within(90))


@feature(
    unit="events",
    family="engagement",
    table="events",
    reason="{value:+.0f} visits in the last 30 days against the 30 before",
)
def visits_change_30d(events: EventHistory) -> ir.Value:
    """Visits in the last 30 days less those in the 30 days before."""
    return visits_30d(events) - events.count(events.is_kind("visit") & events.within(30, before=30))


@feature(
    unit="events",
    family="engagement",
    table="events",
    reason="{value:+.0f} visits in the last 90 days against the 90 before",
)
def visits_change_90d(events: EventHistory) -> ir.Value:
    """Visits in the last 90 days less those in the 90 days before."""
    return visits_90d(events) - events.count(events.is_kind("visit") & events.within(90, before=90))


@feature(
    unit="ratio",
    family="engagement",
    table="events",
    reason="the last 30 days ran at {value:.1f} x the usual pace of visits",
)
def visits_pace_30d(events: EventHistory) -> ir.Value:
    """Visits in the last 30 days against the pace since the first visit; the first month counts as whole."""
    return ratio(visits_30d(events), _usual(events, 30.0))


@feature(
    unit="ratio",
    family="engagement",
    table="events",
    reason="the last 90 days ran at {value:.1f} x the usual pace of visits",
)
def visits_pace_90d(events: EventHistory) -> ir.Value:
    """Visits in the last 90 days against the pace since the first visit; the first 90 days count as whole."""
    return ratio(visits_90d(events), _usual(events, 90.0))


@feature(unit="days", family="engagement", table="events", reason="usually {value:.0f} days between visits")
def visit_gap_days(events: EventHistory) -> ir.Value:
    """Average days between visits, (last - first) / (n - 1); missing with one visit."""
    first = events.age_days.max(where=events.is_kind("visit"))
    return ratio(first - visit_recency_days(events), visits_total(events) - 1.0)


@feature(
    unit="ratio", family="engagement", table="events", reason="not seen for {value:.1f} x the usual gap between visits"
)
def visit_lateness(events: EventHistory) -> ir.Value:
    """Days since the last visit over the average gap between visits."""
    return ratio(visit_recency_days(events), visit_gap_days(events))


@feature(unit="events per order", family="engagement", table="events", reason="{value:.1f} visits per order")
def visits_per_order(events: EventHistory) -> ir.Value:
    """Visits so far per order so far."""
    return ratio(visits_total(events), events.orders)


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} visits since the last order")
def visits_since_order(events: EventHistory) -> ir.Value:
    """Visits after the last order."""
    return events.count(events.is_kind("visit") & events.since_order)


@feature(
    unit="per visit",
    family="engagement",
    table="events",
    columns=("value",),
    reason="{value:.1f} pages per visit in the last 90 days",
)
def visit_value_mean_90d(events: EventHistory) -> ir.Value:
    """Mean value a visit carries (pages, minutes) over the last 90 days."""
    return events.mean(events.value, events.is_kind("visit") & events.within(90))


@feature(unit="days", family="engagement", table="events", reason="last cart {value:.0f} days ago")
def cart_recency_days(events: EventHistory) -> ir.Value:
    """Days since the last cart."""
    return events.days_since(events.is_kind("cart"))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} carts in the last 30 days")
def carts_30d(events: EventHistory) -> ir.Value:
    """Carts in the last 30 days."""
    return events.count(events.is_kind("cart") & events.within(30))


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} carts in the last 90 days")
def carts_90d(events: EventHistory) -> ir.Value:
    """Carts in the last 90 days."""
    return events.count(events.is_kind("cart") & events.within(90))


@feature(
    unit="events", family="engagement", table="events", reason="{value:.0f} carts since the last order, none ordered"
)
def carts_since_order(events: EventHistory) -> ir.Value:
    """Carts without an order: those after the last order."""
    return events.count(events.is_kind("cart") & events.since_order)


@feature(
    unit="ratio", family="engagement", table="events", reason="{value:.0%} of visits in the last 90 days led to a cart"
)
def carts_per_visit_90d(events: EventHistory) -> ir.Value:
    """Carts per visit over the last 90 days."""
    return ratio(carts_90d(events), visits_90d(events))


def _usual(events: EventHistory, days: float) -> ir.Value:
    """Visits that the customer's own pace since the first visit would give in so many days."""
    first = events.age_days.max(where=events.is_kind("visit"))
    return visits_total(events) * days / (first < days).ifelse(days, first)
