"""Experience: answers to surveys, complaints and tickets."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.histories import EventHistory, FeedbackHistory


@feature(unit="points", family="experience", table="feedback", reason="last NPS answer {value:.0f}")
def nps_last(feedback: FeedbackHistory) -> ir.Value:
    """Last answer to "would you recommend us" (0 to 10)."""
    return feedback.last(feedback.score, "nps")


@feature(unit="points", family="experience", table="feedback", reason="NPS answers average {value:.1f}")
def nps_mean(feedback: FeedbackHistory) -> ir.Value:
    """Mean of the NPS answers so far."""
    return feedback.mean(feedback.score, feedback.is_kind("nps"))


@feature(unit="points", family="experience", table="feedback", reason="NPS answer {value:+.0f} against the one before")
def nps_change(feedback: FeedbackHistory) -> ir.Value:
    """Last NPS answer less the one before."""
    return feedback.last(feedback.change, "nps")


@feature(unit="flag", family="experience", table="feedback", reason="detractor in the last NPS answer: {value:.0f}")
def nps_detractor(feedback: FeedbackHistory) -> ir.Value:
    """1 where the last NPS answer is 6 or less, else 0; missing without one."""
    return (nps_last(feedback) <= 6.0).cast("float64")


@feature(unit="days", family="experience", table="feedback", reason="last NPS answer {value:.0f} days ago")
def nps_recency_days(feedback: FeedbackHistory) -> ir.Value:
    """Days since the last NPS answer."""
    return feedback.days_since(feedback.is_kind("nps"))


@feature(unit="points", family="experience", table="feedback", reason="last effort answer {value:.0f}")
def ces_last(feedback: FeedbackHistory) -> ir.Value:
    """Last answer to "how easy was it" (CES, 1 to 7)."""
    return feedback.last(feedback.score, "ces")


@feature(unit="points", family="experience", table="feedback", reason="effort answers average {value:.1f}")
def ces_mean(feedback: FeedbackHistory) -> ir.Value:
    """Mean of the CES answers so far."""
    return feedback.mean(feedback.score, feedback.is_kind("ces"))


@feature(unit="points", family="experience", table="feedback", reason="last satisfaction answer {value:.0f}")
def csat_last(feedback: FeedbackHistory) -> ir.Value:
    """Last satisfaction answer (CSAT, 1 to 5)."""
    return feedback.last(feedback.score, "csat")


@feature(unit="points", family="experience", table="feedback", reason="satisfaction answers average {value:.1f}")
def csat_mean(feedback: FeedbackHistory) -> ir.Value:
    """Mean of the CSAT answers so far."""
    return feedback.mean(feedback.score, feedback.is_kind("csat"))


@feature(
    unit="points",
    family="experience",
    table="feedback",
    reason="satisfaction answer {value:+.0f} against the one before",
)
def csat_change(feedback: FeedbackHistory) -> ir.Value:
    """Last CSAT answer less the one before."""
    return feedback.last(feedback.change, "csat")


@feature(unit="points", family="experience", table="feedback", reason="last review {value:.0f} stars")
def review_last(feedback: FeedbackHistory) -> ir.Value:
    """Last review (1 to 5)."""
    return feedback.last(feedback.score, "review")


@feature(unit="points", family="experience", table="feedback", reason="reviews average {value:.1f} stars")
def review_mean(feedback: FeedbackHistory) -> ir.Value:
    """Mean of the reviews so far."""
    return feedback.mean(feedback.score, feedback.is_kind("review"))


@feature(unit="answers", family="experience", table="feedback", reason="answered {value:.0f} surveys")
def answers_total(feedback: FeedbackHistory) -> ir.Value:
    """Survey answers and reviews so far."""
    return feedback.count(feedback.answered)


@feature(
    unit="answers", family="experience", table="feedback", reason="answered {value:.0f} surveys in the last 180 days"
)
def answers_180d(feedback: FeedbackHistory) -> ir.Value:
    """Survey answers and reviews of the last 180 days."""
    return feedback.count(feedback.answered & feedback.within(180))


@feature(unit="days", family="experience", table="feedback", reason="last survey answered {value:.0f} days ago")
def answer_recency_days(feedback: FeedbackHistory) -> ir.Value:
    """Days since the last survey answer or review."""
    return feedback.days_since(feedback.answered)


@feature(unit="complaints", family="experience", table="events", reason="{value:.0f} complaints so far")
def complaints_total(events: EventHistory) -> ir.Value:
    """Complaints so far."""
    return events.count(events.is_kind("complaint"))


@feature(unit="complaints", family="experience", table="events", reason="{value:.0f} complaints in the last 90 days")
def complaints_90d(events: EventHistory) -> ir.Value:
    """Complaints in the last 90 days."""
    return events.count(events.is_kind("complaint") & events.within(90))


@feature(unit="complaints per order", family="experience", table="events", reason="{value:.2f} complaints per order")
def complaint_rate(events: EventHistory) -> ir.Value:
    """Complaints so far per order so far."""
    return ratio(complaints_total(events), events.orders)


@feature(unit="days", family="experience", table="events", reason="complained {value:.0f} days ago")
def complaint_recency_days(events: EventHistory) -> ir.Value:
    """Days since the last complaint."""
    return events.days_since(events.is_kind("complaint"))


@feature(unit="complaints", family="experience", table="events", reason="{value:.0f} complaints since the last order")
def complaints_since_order(events: EventHistory) -> ir.Value:
    """Complaints after the last order."""
    return events.count(events.is_kind("complaint") & events.since_order)


@feature(unit="tickets", family="experience", table="events", reason="{value:.0f} tickets so far")
def tickets_total(events: EventHistory) -> ir.Value:
    """Tickets so far."""
    return events.count(events.is_kind("ticket"))


@feature(unit="tickets", family="experience", table="events", reason="{value:.0f} tickets in the last 90 days")
def tickets_90d(events: EventHistory) -> ir.Value:
    """Tickets in the last 90 days."""
    return events.count(events.is_kind("ticket") & events.within(90))


@feature(unit="tickets per order", family="experience", table="events", reason="{value:.2f} tickets per order")
def ticket_rate(events: EventHistory) -> ir.Value:
    """Tickets so far per order so far."""
    return ratio(tickets_total(events), events.orders)


@feature(unit="days", family="experience", table="events", reason="last ticket {value:.0f} days ago")
def ticket_recency_days(events: EventHistory) -> ir.Value:
    """Days since the last ticket."""
    return events.days_since(events.is_kind("ticket"))
