"""E-mails: how many were sent, opened and clicked, and whether the customer still wants them."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.histories import SENT, EventHistory


@feature(unit="events", family="engagement", table="events", reason="{value:.0f} e-mails sent in the last 90 days")
def emails_sent_90d(events: EventHistory) -> ir.Value:
    """E-mails sent to the customer in the last 90 days."""
    return events.count(events.is_kind(SENT) & events.within(90))


@feature(unit="events", family="engagement", table="events", reason="opened {value:.0f} e-mails in the last 90 days")
def email_opens_90d(events: EventHistory) -> ir.Value:
    """E-mails opened in the last 90 days."""
    return events.count(events.is_kind("email_open") & events.within(90))


@feature(unit="ratio", family="engagement", table="events", reason="opens {value:.0%} of e-mails")
def email_open_rate(events: EventHistory) -> ir.Value:
    """E-mails opened per e-mail sent, so far."""
    return ratio(events.count(events.is_kind("email_open")), events.count(events.is_kind(SENT)))


@feature(
    unit="ratio", family="engagement", table="events", reason="opened {value:.0%} of the e-mails of the last 90 days"
)
def email_open_rate_90d(events: EventHistory) -> ir.Value:
    """E-mails opened per e-mail sent, over the last 90 days."""
    return ratio(email_opens_90d(events), emails_sent_90d(events))


@feature(
    unit="ratio", family="engagement", table="events", reason="opens {value:+.0%} of e-mails against the usual rate"
)
def email_open_rate_change(events: EventHistory) -> ir.Value:
    """Open rate of the last 90 days less that of all time."""
    return email_open_rate_90d(events) - email_open_rate(events)


@feature(unit="days", family="engagement", table="events", reason="last e-mail opened {value:.0f} days ago")
def email_open_recency_days(events: EventHistory) -> ir.Value:
    """Days since an e-mail was opened."""
    return events.days_since(events.is_kind("email_open"))


@feature(unit="ratio", family="engagement", table="events", reason="clicks in {value:.0%} of opened e-mails")
def email_click_rate(events: EventHistory) -> ir.Value:
    """E-mail clicks per e-mail opened, so far."""
    return ratio(events.count(events.is_kind("email_click")), events.count(events.is_kind("email_open")))


@feature(
    unit="ratio",
    family="engagement",
    table="events",
    reason="clicked in {value:.0%} of the e-mails opened in the last 90 days",
)
def email_click_rate_90d(events: EventHistory) -> ir.Value:
    """E-mail clicks per e-mail opened, over the last 90 days."""
    return ratio(events.count(events.is_kind("email_click") & events.within(90)), email_opens_90d(events))


@feature(unit="events", family="engagement", table="events", reason="unsubscribed {value:.0f} times")
def unsubscribes_total(events: EventHistory) -> ir.Value:
    """Count of times the customer unsubscribed from e-mails."""
    return events.count(events.is_kind("unsubscribe"))
