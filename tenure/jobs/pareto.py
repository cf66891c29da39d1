"""Where value sits: revenue and profit side by side, so far and expected, as far as scores and the shop tell."""

from __future__ import annotations

import pandas as pd

from tenure.jobs.purchases import purchases_so_far
from tenure_decisions.customers.findings import pareto_findings
from tenure_decisions.findings import Findings
from tenure_features import Shop
from tenure_training.models.after.economics import Economics

_NO_COSTS = "Revenue is not set beside profit, since no costs are known: map cost, or say margin under [economics]."


def find_pareto(
    scores: pd.DataFrame, *, economics: Economics | None, shop: Shop | None = None, days: int, currency: str = ""
) -> Findings:
    """Say what the best customers bring, by expected value and by revenue and profit side by side.

    Parameters
    ----------
    scores
        A score table.
    economics
        What its model knows of costs; None for nothing.
    shop
        Opened at the moment of the scores: tells revenue so far.
    days
        Of the horizon.
    currency
        Of every amount.
    """
    costs_known = economics is not None and economics.costs_known
    sides = {"expected_revenue": scores["expected_value"]}
    if shop is not None:
        past = purchases_so_far(shop).set_index("customer_id")["revenue_so_far"]
        sides["realised_revenue"] = scores["customer_id"].astype("str").map(past).fillna(0.0)
    if costs_known:
        profit = {"realised_profit": "contribution_to_date", "expected_profit": "clv_to_come"}
        sides |= {side: scores[name] for side, name in profit.items() if name in scores and scores[name].notna().all()}
    return pareto_findings(
        scores["expected_value"],
        days=days,
        sides=sides if len(sides) > 1 else None,
        notes=() if costs_known else (_NO_COSTS,),
        currency=currency,
    )
