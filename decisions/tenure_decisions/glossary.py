"""Glossary: the unit and the definition of every number of the decision tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """What a column means; where ``<name>_low`` and ``<name>_high`` exist, they are its interval."""

    unit: str
    meaning: str


CHANNEL_TERMS: Mapping[str, Term] = {
    "rule": Term("-", "how credit is given: the first touch, or the last one before the first order; for customers and "
                 "for money alike"),
    "channel": Term("-", "acquisition channel; 'unattributed' where none is known, 'all' the whole shop"),
    "new_customers": Term("customers", "first order within the window"),
    "spend": Term("money", "media money within the window"),
    "other_costs": Term("money", "other costs of acquisition within the window, overhead included"),
    "paid_cac": Term("money per customer", "spend / new customers of the channel; of 'all': spend / new customers of "
                     "the channels that have spend"),
    "blended_cac": Term("money per customer", "all spend / all new customers, paid or not"),
    "loaded_cac": Term("money per customer", "(spend + other costs) / new customers"),
    "cac": Term("money per customer", "the cost every ratio uses: loaded where other costs are given, else paid; of "
                "'all' per new customer, paid or not"),
    "marginal_cac": Term("money per customer", "what one more customer costs at the spend of the last 13 weeks: 1 / "
                         "slope of the response curve"),
    "payback": Term("months of 30 days", "first month of age at whose end the mean cumulative value of a customer "
                    "reaches cac; 'not yet' within the months observed is a value of its own"),
    "retention": Term("share", "of customers first seen 180 days ago or earlier: an order in days 90 to 180 of age"),
    "repeat": Term("share", "of customers first seen 90 days ago or earlier: a second order within 90 days"),
    "engagement": Term("events per customer", "what customers did (visits, carts, opens, clicks) in the last 30 days"),
    "churn": Term("probability", "mean predicted probability of no order within the horizon of the scores"),
    "payback_status": Term("-", "'paid back', 'not yet', or why neither can be said"),
    "payback_month": Term("months of 30 days", "the month of payback as a number, and its interval"),
    "observed_months": Term("months of 30 days", "age until which payback could be seen"),
}  # fmt: skip

CLV_TERMS: Mapping[str, Term] = {
    "rule": CHANNEL_TERMS["rule"],
    "channel": CHANNEL_TERMS["channel"],
    "days": Term("days", "age since the first order"),
    "mature": Term("customers", "those who have reached the age"),
    "observed": Term("money per customer", "mean value until the age, over mature customers only, before cac"),
    "observed_cac": Term("money per customer", "cac of the days on which those mature customers came"),
    "observed_net": Term("money per customer", "observed - observed_cac"),
    "predicted": Term("money per customer", "mean value until the age over all new customers: what each has brought, "
                      "and the rest as expected, before cac"),
    "predicted_net": Term("money per customer", "predicted - cac"),
    "ltv_cac": Term("ratio", "predicted / cac: value before the cost of acquisition over that cost, the classic ratio "
                    "of the 3:1 rule"),
}  # fmt: skip

COHORT_TERMS: Mapping[str, Term] = {
    "cohort": Term("-", "when the first order was, or the value of the column"),
    "age": Term("periods", "since each customer's own first order, which is in period 0"),
    "customers": Term("customers", "in the cohort"),
    "cohorts": Term("cohorts", "averaged at the age: those that are mature"),
    "observed": Term("customers", "of them lived through the whole period; every rate of the row is over these"),
    "mature": Term("yes or no", "the period has closed for the whole cohort; others never enter the summary"),
    "active": Term("customers", "observed customers with an order of positive revenue in the period"),
    "orders": Term("orders", "of positive revenue in the period, of the observed customers"),
    "revenue": Term("money", "net revenue in the period, of the observed customers"),
    "value": Term("money", "value in the period, of the observed customers, before the cost of acquisition"),
    "retention": Term("share", "observed customers with an order of positive revenue in the period"),
    "orders_per_customer": Term("orders per customer", "orders of positive revenue in the period"),
    "revenue_per_customer": Term("money per customer", "net revenue in the period"),
    "value_per_customer": Term("money per customer", "value in the period, before the cost of acquisition"),
    "cumulative_value": Term("money per customer", "value until the end of the period"),
    "predicted": Term("money per customer", "cumulative value expected at an age the cohort has not reached"),
}

GROWTH_TERMS: Mapping[str, Term] = {
    "channel": CHANNEL_TERMS["channel"],
    "month": Term("-", "calendar month of the first order"),
    "complete": Term("yes or no", "the whole month lies in the window"),
    "spend": Term("money", "media money of the month"),
    "lever": Term("-", "what is changed by one point, everything else as it is"),
    "change": Term("-", "by how much"),
    "customers": Term("customers", "C: first order in the window, or in the month"),
    "clv_before_cac": Term(
        "money per customer", "predicted value until the age stated, before the cost of acquisition"
    ),
    "cac": Term("money per customer", "cost of acquisition over new customers, the same ones"),
    "clv_net": Term("money per customer", "clv_before_cac - cac"),
    "g_before": Term("customers", "C x clv_before_cac / cac"),
    "g_net": Term("customers", "C x clv_net / cac"),
    "gain_per_customer": Term("money per customer", "change of clv_net by one point of the lever"),
    "gain": Term("money", "the same over all new customers"),
    "g_before_gain": Term("customers", "change of g_before by one point of the lever"),
    "g_net_gain": Term("customers", "change of g_net by one point of the lever"),
}

BUDGET_TERMS: Mapping[str, Term] = {
    "channel": CHANNEL_TERMS["channel"],
    "least": Term("money per week", "lower bound of the proposal"),
    "most": Term("money per week", "upper bound of the proposal"),
    "direction": Term("-", "more, less or hold"),
    "reason": Term("-", "what the reading rests on"),
    "spend": Term("money per week", "a point of the response curve"),
    "customers": Term("customers per week", "new customers expected at the spend"),
    "seen": Term("yes or no", "spend up to the most that was ever spent in a week"),
    "spend_now": Term("money per week", "mean of the last 13 weeks"),
    "spend_then": Term("money per week", "proposed"),
    "value": Term("money per customer", "predicted value of a new customer, before the cost of acquisition"),
    "average_return": Term("ratio", "value of the customers of a week / spend of the week, customers who would come "
                           "anyway included"),
    "marginal_return": Term("ratio", "value that the next unit of money brings, at the spend now"),
    "marginal_then": Term("ratio", "the same at the spend proposed"),
    "customers_now": Term("customers per week", "expected at the spend now, season averaged out"),
    "customers_then": Term("customers per week", "expected at the spend proposed"),
    "reading": Term("-", "estimate, or direction only: under a year of weekly spend, or spend that never varied"),
    "extrapolated": Term("yes or no", "the proposal lies beyond any weekly spend seen"),
    "gain": Term("money per week", "value of the split proposed less that of the present one, less further spend"),
    "chance": Term("probability", "that the proposal brings more than the present split"),
    "marginal_total": Term("ratio", "what the last unit of money returns; below 1 it costs more than it brings"),
    "best_total": Term("money per week", "total at which the last unit just pays for itself, within the bounds"),
}  # fmt: skip
