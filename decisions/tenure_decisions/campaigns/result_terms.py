"""What the columns of the results of campaigns mean."""

from __future__ import annotations

from collections.abc import Mapping

from tenure_decisions.glossary import CAMPAIGN_TERMS, Term

RESULT_TERMS: Mapping[str, Term] = {
    "group": Term("-", "customers alike before the assignment; everybody: the campaign as a whole"),
    "campaign": Term("-", "whose customers were drawn by lot"),
    "arm": CAMPAIGN_TERMS["arm"],
    "metric": CAMPAIGN_TERMS["metric"],
    "horizon_days": Term("days", "window of a customer, from the assignment on"),
    "customers": Term("customers", "assigned to the arm whose window has closed"),
    "difference": CAMPAIGN_TERMS["difference"],
    "outcome": CAMPAIGN_TERMS["outcome"],
    "evidence": Term("-", "in the group itself: the interval of the group leaves zero out; in the campaign as a whole: "
                     "the campaign won or lost, and the group goes the same way; else not enough data"),
    "known_at": Term("date", "orders were read until then: before that moment nobody could know it"),
    "lift": Term("share", "difference, and the ends of its interval, over the mean of control"),
    "money_metric": Term("-", "profit where costs are known, else margin, else revenue"),
    "money_seen": Term("money", "difference per customer times the customers of the arm, as measured"),
    "money_believed": Term("money", "the same by the lift that is believed given all results of the shop"),
}  # fmt: skip
