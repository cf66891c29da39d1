"""Glossary: the unit and the definition of every number of the decision tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """What a column means; where ``<name>_low`` and ``<name>_high`` exist, they are its interval."""

    unit: str
    meaning: str


CHANNELS: Mapping[str, Term] = {
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
}  # fmt: skip

CLV: Mapping[str, Term] = {
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
