"""What a retention campaign along the champion's ranking would have earned: the profit curve, and whom to contact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure.config import EconomicsConfig
from tenure_training.backtest import Backtest
from tenure_training.metrics import Case
from tenure_training.models.baselines.rules import StatusQuo


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """A retention campaign on the backtest's windows, each customer worth what the status quo expects of them.

    Attributes
    ----------
    contact_cost, offer_cost
        In the currency, mean over the windows.
    acceptance
        Mean share of would-be churners who take the offer and stay.
    empc
        Expected maximum profit per customer, mean over the windows.
    share_to_contact
        Share of customers, riskiest first, whose contact earns the most, mean over the windows.
    everybody
        Profit per customer of contacting everybody, at the mean acceptance.
    curve
        ``share`` contacted and ``profit`` per customer at the mean acceptance, mean over the windows.
    """

    contact_cost: float
    offer_cost: float
    acceptance: float
    empc: float
    share_to_contact: float
    everybody: float
    curve: pd.DataFrame = field(repr=False)


def costs_of(config: EconomicsConfig) -> dict[str, float | None]:
    """Costs of a campaign as far as the configuration names them."""
    return {"contact_cost": config.contact_cost, "offer_cost": config.offer_cost, "acceptance": config.acceptance}


def campaign_of(result: Backtest | None, champion: str) -> CampaignResult | None:
    """Run the campaign along a candidate's ranking on every window; None where there was no backtest."""
    if result is None or champion not in result.predictions or StatusQuo.name not in result.predictions:
        return None
    campaigns, profits, shares, curves = [], [], [], []
    for number, (prediction, did) in enumerate(zip(result.predictions[champion], result.outcomes, strict=True)):
        case, worth, campaign = Case(prediction, did), result.worth(number), result.campaign(number)
        campaigns.append(campaign)
        profits.append(campaign.empc(case.by_churn, case.churned, clv=worth))
        shares.append(campaign.share_to_contact(case.by_churn, case.churned, clv=worth))
        curves.append(campaign.curve(case.by_churn, case.churned, clv=worth))
    profit = np.mean([curve["profit"] for curve in curves], axis=0)
    curve = pd.DataFrame({"share": curves[0]["share"], "profit": profit})
    return CampaignResult(
        contact_cost=float(np.mean([single.contact_cost for single in campaigns])),
        offer_cost=float(np.mean([single.offer_cost for single in campaigns])),
        acceptance=campaigns[0].acceptance,
        empc=float(np.mean(profits)),
        share_to_contact=float(np.mean(shares)),
        everybody=float(profit[-1]),
        curve=curve,
    )
