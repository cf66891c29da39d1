"""When contact pays: the share of would-be leavers who must stay because of it, whatever one hopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions import glossary
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_features.errors import UsageError

USUAL_CONTACT, USUAL_OFFER = 0.005, 0.05
"""Costs over the mean value of a customer who buys, where none are named (Verbraken et al. 2013: 1 and 10 of 200)."""


@dataclass(frozen=True, kw_only=True)
class ContactCosts:
    """What it takes to contact customers, and what a unit of their money leaves.

    Attributes
    ----------
    contact, offer
        Money per customer contacted, and per customer who takes the offer.
    contribution
        Share of value that is left after the cost of goods and service.
    named
        Whether both costs are the shop's own.
    """

    contact: float
    offer: float
    contribution: float = 1.0
    named: bool = True

    @classmethod
    def of(
        cls, people: pd.DataFrame, *, contact: float | None, offer: float | None, contribution: float | None = None
    ) -> ContactCosts:
        """Fill in what is not named by published ratios to the mean value of customers who buy.

        Parameters
        ----------
        people
            Has ``value_if_buys``, money over the horizon.
        contact, offer, contribution
            As far as they are named; revenue is counted as it is where no contribution is known.
        """
        share = 1.0 if contribution is None else contribution
        mean = share * float(people["value_if_buys"].mean()) if len(people) else 0.0
        return cls(
            contact=USUAL_CONTACT * mean if contact is None else contact,
            offer=USUAL_OFFER * mean if offer is None else offer,
            contribution=share,
            named=contact is not None and offer is not None,
        )


def break_even(people: pd.DataFrame, costs: ContactCosts, *, by: str) -> pd.DataFrame:
    """Compute for every group the share of would-be leavers who must stay for contact to pay.

    Everybody of a group is contacted. Who would have stayed takes the offer, too. Of the others, a share s stays and
    brings what the risk of leaving would have taken, less the offer:
    ``s x sum of c x (value - offer) = customers x contact + offer x sum of (1 - c)``, c the churn probability.

    Parameters
    ----------
    people
        One row per customer: ``churn_probability``, ``money_at_risk`` (churn probability x value by their past,
        over the horizon) and the column of groups.
    costs
        What contact costs.
    by
        Name of the column.

    Returns
    -------
    DataFrame
        One row per group, easiest first: the group, ``customers``, ``would_leave`` (expected number), ``money_at_risk``
        (sum), ``cost`` (of contact, and of offers taken by who would have stayed) and ``break_even`` (share; missing
        where not even all of them would be enough).

    Examples
    --------
    >>> people = pd.DataFrame({"segment": "A", "churn_probability": [0.5, 0.5], "money_at_risk": [55.0, 55.0]})
    >>> break_even(people, ContactCosts(contact=5, offer=10), by="segment")["break_even"].tolist()
    [0.2]
    """
    missing = [name for name in ("churn_probability", "money_at_risk", by) if name not in people]
    if missing:
        raise UsageError("Break-even needs scores.", found=f"no {', '.join(missing)}")
    grouped = people.groupby(by, as_index=False).agg(
        customers=("churn_probability", "size"),
        would_leave=("churn_probability", "sum"),
        money_at_risk=("money_at_risk", "sum"),
    )
    stay = grouped["customers"] - grouped["would_leave"]
    gain = costs.contribution * grouped["money_at_risk"] - costs.offer * grouped["would_leave"]
    cost = costs.contact * grouped["customers"] + costs.offer * stay
    share = (cost / gain.where(gain > 0)).where(lambda needed: needed <= 1)
    table = grouped.assign(cost=cost, break_even=share)
    return table.sort_values(["break_even", by], ignore_index=True)


def break_even_findings(
    people: pd.DataFrame, costs: ContactCosts, *, by: str = "segment", currency: str = ""
) -> Findings:
    """Say what share of would-be leavers must stay for contact to pay; customers already gone are a table of their own.

    Parameters
    ----------
    people
        As `break_even` takes it, with ``lost`` (bool): already gone.
    costs, by, currency
        What contact costs, the column of groups, and of every amount.
    """
    here, gone = people[~people["lost"]], people[people["lost"]]
    whole = break_even(here.assign(everybody="all"), costs, by="everybody")
    needed = float(whole["break_even"].iloc[0]) if len(whole) else float("nan")
    table = break_even(here, costs, by=by)
    title = "Contact cannot pay at these costs, however many stay"
    if table["break_even"].notna().any():
        title = "Contacting {first} pays from {first_share} of the would-be leavers on who stay for it"
    return Findings(
        subject="campaign",
        title=title,
        lead="A contact costs {contact_cost}, an offer {offer_cost} ({source}), and {contribution} of revenue is left. "
        "Contacting everybody who is not gone pays if {everybody} of those who would have left stay because of it. How "
        "many do, only a test with a control group tells; nothing is assumed here. {gone} customers already gone are "
        "left out and counted apart.",
        facts=_facts(costs, table, needed=needed, gone=len(gone), by=by),
        tables=(
            FindingTable(
                name="break_even",
                title="Share of would-be leavers who must stay for contact to pay",
                frame=table,
                terms=glossary.BREAK_EVEN_TERMS,
            ),
            FindingTable(
                name="win_back",
                title="Already gone: share who must come back for contact to pay",
                frame=break_even(gone, costs, by=by),
                terms=glossary.BREAK_EVEN_TERMS,
            ),
        ),
        currency=currency,
    )


def _facts(costs: ContactCosts, table: pd.DataFrame, *, needed: float, gone: int, by: str) -> tuple[Fact, ...]:
    """List the costs, where they come from, and the shares of everybody and of the easiest group."""
    pays = table.dropna(subset="break_even")
    return (
        Fact("contact_cost", costs.contact, "money"),
        Fact("offer_cost", costs.offer, "money"),
        Fact("contribution", costs.contribution, "share"),
        _share("everybody", needed),
        Fact("first", str(pays[by].iloc[0]) if len(pays) else "-"),
        _share("first_share", float(pays["break_even"].iloc[0]) if len(pays) else float("nan")),
        Fact("gone", gone, "customers"),
        Fact(
            "source",
            "from the configuration"
            if costs.named
            else "assumed: published ratios to the mean value of a customer; say yours under [economics]",
        ),
    )


def _share(name: str, share: float) -> Fact:
    """Say a share that may be out of reach."""
    return Fact(name, share, "share") if np.isfinite(share) else Fact(name, "more than all")
