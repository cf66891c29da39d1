"""What a standing test has shown so far, by an interval that holds at every look."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tenure_decisions.campaigns.allocation import compare_weighted
from tenure_decisions.campaigns.checks import check_trial
from tenure_decisions.campaigns.effects import Effect, half_width, measure_outcome, past_of
from tenure_decisions.campaigns.standing_rules import StandingRules
from tenure_decisions.campaigns.trial import CONTROL, CampaignTrial, open_trial
from tenure_decisions.campaigns.verdict import ArmEvidence, declare_broken, judge
from tenure_features.errors import NothingToDoError

_WITH_CHANGING_SHARES = frozenset({"sample ratio", "in several arms", "contacts in control", "customers known"})
"""Checks that mean something where shares followed results: the others compare arms that were filled at other times."""
FEWEST_MEASURED = 20
"""Customers per arm whose windows have closed, below which nothing is said of it."""


@dataclass(frozen=True, kw_only=True)
class StandingResult:
    """What a tactic did, as far as is known.

    Attributes
    ----------
    tactic, outcome, sentence
        The verdict, see `tenure_decisions.campaigns.verdict.judge`.
    difference, low, high
        Against control, with the interval that holds at every look.
    control, error
        Mean of control, and the standard error of the difference.
    customers
        In both arms, whose window has closed.
    measured_at
        When.
    """

    tactic: str
    outcome: str
    sentence: str
    difference: float
    low: float
    high: float
    control: float
    error: float
    customers: int
    measured_at: pd.Timestamp


def measure_standing(
    mine: pd.DataFrame,
    every: pd.DataFrame,
    orders: pd.DataFrame,
    campaign: str,
    tactics: Sequence[str],
    *,
    shares: Mapping[str, float],
    weighted: bool,
    rules: StandingRules,
    as_of: pd.Timestamp,
) -> tuple[tuple[StandingResult, ...], int]:
    """Measure every tactic of a test, and count the customers whose window is open.

    Parameters
    ----------
    mine, every
        Assignments of the test, and of everything.
    orders
        As in `tenure_decisions.campaigns.trial.open_trial`.
    campaign, tactics
        Its name, and its arms beside control.
    shares
        Planned, on average.
    weighted
        Whether shares followed results: then customers are weighted by how likely their arm was.
    rules
        Of the test.
    as_of
        Until when orders are read.
    """
    before = mine[mine["assigned_at"] < as_of]
    arms = set(before["arm"])
    if CONTROL not in arms or len(arms) < 2:
        return (), len(mine)
    try:
        trial = open_trial(every, orders, campaign=campaign, horizon_days=rules.horizon_days, as_of=as_of)
    except NothingToDoError:
        return (), len(mine)
    checks = check_trial(trial, shares={arm: share for arm, share in shares.items() if arm in arms})
    reasons = [
        f"{check.name} ({check.reading})"
        for check in checks
        if check.stops and (not weighted or check.name in _WITH_CHANGING_SHARES)
    ]
    counts = trial.customers["arm"].value_counts()
    measured = [name for name in tactics if min(counts.get(name, 0), counts.get(CONTROL, 0)) >= FEWEST_MEASURED]
    results = [_measure(trial, name, reasons, weighted=weighted, rules=rules) for name in measured]
    return tuple(results), trial.still_open + len(mine) - len(before)


def _measure(
    trial: CampaignTrial, tactic: str, reasons: list[str], *, weighted: bool, rules: StandingRules
) -> StandingResult:
    counts = trial.customers["arm"].value_counts()
    customers = int(counts.get(tactic, 0) + counts.get(CONTROL, 0))
    effect = compare_standing(trial, rules.metric, tactic, weighted=weighted, level=rules.level)
    size = len(trial.customers) if weighted else customers
    half = half_width(effect, size, arms=len(trial.arms), level=rules.level, planned=rules.planned)
    low, high = effect.difference - half, effect.difference + half
    evidence = ArmEvidence(
        arm=tactic, metric=rules.metric, difference=effect.difference, low=low, high=high, p_value=math.nan,
        control=effect.control, error=effect.error, customers=customers,
    )  # fmt: skip
    conditions = f"{rules.level:.0%} interval that holds at every look, {rules.horizon_days} days after assignment"
    verdict = (
        declare_broken(tactic, reasons)
        if reasons
        else judge(evidence, worth=rules.worth, level=rules.level, conditions=conditions)
    )
    return StandingResult(
        tactic=tactic, outcome=verdict.outcome, sentence=verdict.sentence, difference=effect.difference, low=low,
        high=high, control=effect.control, error=effect.error, customers=customers, measured_at=trial.as_of,
    )  # fmt: skip


def compare_standing(trial: CampaignTrial, metric: str, tactic: str, *, weighted: bool, level: float) -> Effect:
    """Compare a tactic with control by any metric, weighted where shares followed results."""
    if not weighted:
        return measure_outcome(trial, metric).compare(tactic, level=level)
    return compare_weighted(trial.customers, metric, past_of(trial.customers, metric), arm=tactic, control=CONTROL)
