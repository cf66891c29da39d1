"""The list of a campaign: whom to contact with what, who is held out, and what the budget does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.targeting import (
    BY_PROFIT,
    Pricing,
    add_up,
    break_even_saves,
    choose_best,
    plain_choices,
    slide_budget,
    spend_of,
)
from tenure_decisions.campaigns.trial import CONTROL
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import TARGET_TERMS
from tenure_features.errors import NothingToDoError


@dataclass(frozen=True, kw_only=True)
class TargetSettings:
    """How a list is drawn up.

    Attributes
    ----------
    campaign
        Its name, for the assignments.
    budget
        Expected money to spend; None for no limit.
    saves
        Assumed share of would-be leavers whom a contact keeps; None where it was measured.
    basis
        What was measured, in words; empty where it is assumed.
    holdout
        Share of the chosen who are left alone by lot, so that the next list rests on a measurement.
    seed
        Of the lot.
    """

    campaign: str
    budget: float | None = None
    saves: float | None = None
    basis: str = ""
    holdout: float = 0.1
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class TargetList:
    """Findings and the list itself.

    Attributes
    ----------
    findings
        Of subject ``target``.
    targets
        The customers to contact, the largest expected profit first: ``customer_id, arm, uplift, gain, value, redeem,
        cost, expected_profit, offer_limit, break_even, basis``.
    assignments
        Of the table contract: those to contact and, as control, those held out.
    """

    findings: Findings
    targets: pd.DataFrame = field(repr=False)
    assignments: pd.DataFrame = field(repr=False)


def draw_up(
    priced: Pricing,
    settings: TargetSettings,
    *,
    as_of: pd.Timestamp,
    horizon_days: int,
    currency: str = "",
    notes: Iterable[str] = (),
) -> TargetList:
    """Choose whom to contact, hold some of them out, and say what it is expected to bring.

    Parameters
    ----------
    priced
        From `tenure_decisions.campaigns.targeting.price`.
    settings
        How.
    as_of, horizon_days
        Of the scores.
    currency
        Of every amount.
    notes
        What the reader must know besides.

    Raises
    ------
    NothingToDoError
        No contact is expected to earn its cost.
    """
    ways = plain_choices(priced, settings.budget)
    choice = ways[BY_PROFIT]
    basis = settings.basis or f"ASSUMED, not measured: a contact keeps {settings.saves or 0:.0%} of would-be leavers"
    if not (choice >= 0).any():
        needed = float(np.min(priced.break_even)) if priced.break_even.size else float("inf")
        raise NothingToDoError(
            "No contact is expected to earn its cost: contact nobody.",
            found=f"{basis}; the easiest customer would need an effect of {needed:.1%}",
            fix="Make contact or offer cheaper, or raise the budget if there is one.",
        )
    chosen = _list_targets(priced, choice, basis)
    out = _draw_holdout(chosen, settings)
    spared = chosen[out].assign(arm=CONTROL)
    costs = ["customer_id", "arm", "offer_cost", "contact_cost"]
    assignments = pd.concat([chosen[~out][costs], spared[costs].assign(offer_cost=0.0, contact_cost=0.0)])
    sums = add_up(priced, choice)
    return TargetList(
        findings=Findings(
            subject="target",
            title="Whom to contact: {contacted} customers",
            lead="Contacting {contacted} customers is expected to bring {profit} after costs of {cost}. {basis}.",
            facts=_facts(priced, choice, settings, basis=basis, spared=int(out.sum()), as_of=as_of, days=horizon_days),
            tables=(
                FindingTable(name="ways", title="Beside plainer ways to choose",
                             frame=pd.DataFrame([{"way": way} | add_up(priced, each) for way, each in ways.items()]),
                             terms=TARGET_TERMS),
                FindingTable(name="offers", title="By offer", frame=_by_offer(priced, choice), terms=TARGET_TERMS),
                FindingTable(name="slide", title="As the budget slides",
                             frame=slide_budget(priced, upto=_reach(settings.budget, sums["cost"], priced)),
                             terms=TARGET_TERMS),
            ),
            notes=tuple(notes),
            currency=currency,
        ),
        targets=chosen[~out].drop(columns=["offer_cost", "contact_cost"]).reset_index(drop=True),
        assignments=assignments.assign(campaign=settings.campaign, assigned_at=as_of)[
            ["customer_id", "campaign", "arm", "assigned_at", *costs[2:]]
        ],
    )  # fmt: skip


def _reach(budget: float | None, cost: float, priced: Pricing) -> float | None:
    """Slide over the whole budget that pays, or a little over the asked one where that is far beyond it."""
    most = spend_of(priced, choose_best(priced, None))
    return min(most, 3 * cost) if budget is not None and cost > 0 else most


def _facts(
    priced: Pricing,
    choice: np.ndarray,
    settings: TargetSettings,
    *,
    basis: str,
    spared: int,
    as_of: pd.Timestamp,
    days: int,
) -> tuple[Fact, ...]:
    sums = add_up(priced, choice)
    money = {"given_away", "cost", "profit"}
    return (
        Fact("campaign", settings.campaign),
        Fact("as_of", as_of, "date"),
        Fact("horizon_days", days, "days"),
        Fact("basis", basis),
        Fact("assumed", settings.saves is not None),
        Fact("customers", len(priced.alone), "customers"),
        Fact("unknown", int((~priced.allowed.any(axis=1)).sum()), "customers", "of whom nothing was measured"),
        Fact("budget", settings.budget, "money"),
        *(Fact(name, int(value) if name == "contacted" else value, "money" if name in money else "customers")
          for name, value in sums.items()),
        Fact("held_out", spared, "customers", "of the chosen, left alone by lot"),
        Fact("break_even", break_even_saves(priced, choice), "share",
             "of the would-be leavers among the chosen, who must be kept for the list to pay"),
    )  # fmt: skip


def _by_offer(priced: Pricing, choice: np.ndarray) -> pd.DataFrame:
    rows = []
    for number, offer in enumerate(priced.offers):
        mine = np.where(choice == number, number, -1)
        rows.append({"arm": offer.arm} | add_up(priced, mine))
    return pd.DataFrame(rows)


def _list_targets(priced: Pricing, choice: np.ndarray, basis: str) -> pd.DataFrame:
    rows = np.flatnonzero(choice >= 0)
    arm = choice[rows]
    table = pd.DataFrame(
        {
            "customer_id": priced.customer_id.iloc[rows].to_numpy(),
            "arm": [priced.offers[number].arm for number in arm],
            "uplift": priced.uplift[rows, arm],
            "gain": priced.gain[rows, arm],
            "value": priced.value[rows],
            "redeem": priced.redeem[rows, arm],
            "cost": priced.cost[rows, arm],
            "expected_profit": priced.profit[rows, arm],
            "offer_limit": priced.limit[rows, arm],
            "break_even": priced.break_even[rows, arm],
            "basis": basis,
            "offer_cost": priced.offer_cost[rows, arm],
            "contact_cost": priced.contact[arm],
        }
    )
    return table.sort_values(["expected_profit", "customer_id"], ascending=[False, True], ignore_index=True)


def _draw_holdout(chosen: pd.DataFrame, settings: TargetSettings) -> np.ndarray:
    """Draw who is held out, by customer whatever the order of the list."""
    order = np.argsort(chosen["customer_id"].astype(str).to_numpy(), kind="stable")
    out = np.zeros(len(chosen), dtype=bool)
    count = round(settings.holdout * len(chosen))
    out[order[np.random.default_rng([settings.seed, 5]).permutation(len(chosen))[:count]]] = True
    return out
