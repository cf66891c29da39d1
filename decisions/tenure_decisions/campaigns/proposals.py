"""Which tactic to try next on a group of customers: the one whose test is expected to be worth most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tenure_decisions.campaigns.information import (
    EffectBelief,
    EffectResult,
    transfer_belief,
    update_belief,
    value_of_information,
)
from tenure_decisions.campaigns.standing_results import StandingResult

DECIDED = frozenset({"win", "loss", "no difference worth having"})


@dataclass(frozen=True, kw_only=True)
class Tactic:
    """Something that may be tried.

    Attributes
    ----------
    name
        The arm.
    contact_cost, offer_cost
        Of a customer contacted, and of one who takes the offer.
    lift, deviation
        What is believed of its lift before any test, and how unsure that is.
    """

    name: str
    contact_cost: float = 0.0
    offer_cost: float = 0.0
    lift: float = 0.0
    deviation: float = 0.1


def believe_lift(tactic: Tactic, group: str, results: Sequence[tuple[str, StandingResult]]) -> EffectBelief:
    """Say what is believed of the lift of a tactic on a group, after what was measured on it and on others.

    Parameters
    ----------
    tactic
        With what is believed before any test; its deviation also says how far groups differ.
    group
        Which one.
    results
        Of closed tests, with the group of each; broken tests and other tactics count for nothing.
    """
    lifts = [
        (where, EffectResult(difference=result.difference / result.control, error=result.error / result.control))
        for where, result in results
        if result.tactic == tactic.name and result.outcome != "broken test" and result.error > 0 and result.control > 0
    ]
    others = [lift for where, lift in lifts if where != group]
    prior = EffectBelief(mean=tactic.lift, deviation=tactic.deviation)
    if others:
        prior = transfer_belief(prior, others, between=tactic.deviation)
    return update_belief(prior, [lift for where, lift in lifts if where == group])


def propose_tactics(
    group: str,
    tactics: Sequence[Tactic],
    results: Sequence[tuple[str, StandingResult]],
    *,
    value: float,
    variation: float,
    customers: int,
    planned: int,
    control_share: float,
) -> pd.DataFrame:
    """Rank tactics by what a test of each is worth.

    Parameters
    ----------
    group, tactics, results
        As in `believe_lift`.
    value
        What a customer of the group is expected to bring within the window; a lift of the metric is taken to lift it as
        much.
    variation
        Deviation of the metric over its mean.
    customers
        In the group, to whom the better choice would be applied once.
    planned, control_share
        Customers of a test, and the share of them in control.

    Returns
    -------
    pd.DataFrame
        The best first: ``group, tactic, outcome`` of the last test there, ``believed_lift`` and its interval of 80 %,
        ``gain`` per customer after costs, ``seen_gain`` as the last test alone had it, ``information`` and
        ``test_cost`` in money, ``worth_trying``, and the ``customers`` of the group.
    """
    from scipy.stats import norm

    control, treated = planned * control_share, planned * (1 - control_share)
    error = variation * math.sqrt(1 / control + 1 / treated)
    reach = float(norm.ppf(0.9))
    rows = []
    for tactic in tactics:
        belief = believe_lift(tactic, group, results)
        cost = tactic.contact_cost + tactic.offer_cost
        gain = EffectBelief(mean=belief.mean * value - cost, deviation=belief.deviation * value)
        usable = value > 0 and math.isfinite(error)
        information = customers * value_of_information(gain, error=error * value) if usable else math.nan
        last = [result for place, result in results if place == group and result.tactic == tactic.name]
        seen = last[-1].difference / last[-1].control if last and last[-1].control > 0 else math.nan
        outcome = last[-1].outcome if last else "not tried"
        test_cost = treated * max(-gain.mean, 0.0)
        rows.append(
            {
                "group": group,
                "tactic": tactic.name,
                "outcome": outcome,
                "believed_lift": belief.mean,
                "believed_lift_low": belief.mean - reach * belief.deviation,
                "believed_lift_high": belief.mean + reach * belief.deviation,
                "gain": gain.mean,
                "seen_gain": seen * value - cost,
                "information": information,
                "test_cost": test_cost,
                "customers": customers,
                "worth_trying": bool(information > test_cost and outcome not in DECIDED),
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values(["worth_trying", "information"], ascending=False, kind="stable", ignore_index=True)
