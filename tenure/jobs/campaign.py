"""What contacting customers costs: as the configuration names it, for the backtest and for the break-even."""

from __future__ import annotations

import pandas as pd

from tenure.config import EconomicsConfig
from tenure_decisions.economics.break_even import ContactCosts, break_even_findings
from tenure_decisions.findings import Findings
from tenure_serving.report.summary import with_money
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics


def costs_of(config: EconomicsConfig) -> dict[str, float | None]:
    """Costs of a campaign as far as the configuration names them."""
    return {"contact_cost": config.contact_cost, "offer_cost": config.offer_cost, "acceptance": config.acceptance}


def contact_findings(
    scores: pd.DataFrame, config: EconomicsConfig, *, economics: Economics | None = None, currency: str = ""
) -> Findings:
    """Say from which share of would-be leavers on contacting a segment pays.

    Parameters
    ----------
    scores
        A score table.
    config
        ``[economics]``.
    economics
        What is known of the margin and the cost to serve; None: what the configuration says.
    currency
        Of every amount.
    """
    people = with_money(scores)
    margin, service = (
        None if cost is None else Credibility(mean=cost) for cost in (config.margin, config.service_cost_per_order)
    )
    priced = economics or Economics(margin=margin, service_cost_per_order=service)
    costs = ContactCosts.of(
        people[~people["lost"]],
        contact=config.contact_cost,
        offer=config.offer_cost,
        contribution=contribution_share(people, priced),
    )
    return break_even_findings(people, costs, currency=currency)


def contribution_share(people: pd.DataFrame, economics: Economics) -> float | None:
    """Share of revenue left after the cost of goods and of serving its orders; None where nothing is known."""
    if not economics.costs_known:
        return None
    margin, cost = economics.margin, economics.service_cost_per_order
    value = float(people["expected_value"].clip(lower=0).sum())
    orders = float(people["expected_orders"].sum()) if "expected_orders" in people else 0.0
    service = 0.0 if cost is None or not value > 0 else cost.mean * orders / value
    return max((1.0 if margin is None else margin.mean) - service, 0.0)
