"""The verdict on an arm: win, loss, no difference worth having, or not enough data; or that the test is broken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["win", "loss", "no difference worth having", "not enough data", "broken test"]
TEST_POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class ArmVerdict:
    """What may be said of an arm.

    Attributes
    ----------
    arm, outcome
        Which arm, and one of five words.
    sentence
        The verdict with its conditions.
    """

    arm: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ArmEvidence:
    """What a verdict rests on.

    Attributes
    ----------
    arm, metric
        The arm, and the metric the test was made for.
    difference, low, high
        With the interval that counts: the one that holds at every look where the test is looked at more than once.
    p_value
        Adjusted for the number of arms; NaN where the interval is adjusted itself.
    control
        Mean of control.
    error, customers
        Standard error of the difference, and customers in both arms.
    """

    arm: str
    metric: str
    difference: float
    low: float
    high: float
    p_value: float
    control: float
    error: float
    customers: int


def judge(evidence: ArmEvidence, *, worth: float, level: float, conditions: str) -> ArmVerdict:
    """Judge an arm.

    Parameters
    ----------
    evidence
        What was estimated.
    worth
        Smallest lift that is worth having, as a share of control.
    level
        Of the interval.
    conditions
        Under which the verdict holds, such as the horizon.

    Examples
    --------
    >>> evidence = ArmEvidence(arm="email", metric="retention", difference=0.04, low=0.02, high=0.06, p_value=0.001,
    ...                     control=0.2, error=0.01, customers=4000)
    >>> judge(evidence, worth=0.05, level=0.95, conditions="90 days").sentence
    'email wins: retention 20.0% in control and +4.0 points (2.0 to 6.0) with email (90 days).'
    """
    outcome = decide_outcome(evidence, worth=worth, level=level)
    size = f"{_size(evidence)} ({conditions})"
    sentences = {
        "win": f"{evidence.arm} wins: {size}",
        "loss": f"{evidence.arm} loses: {size}",
        "no difference worth having": f"{evidence.arm} makes no difference of {worth:.0%} or more: {size}",
        "not enough data": f"Not enough data on {evidence.arm}: {size}{_say_needed(evidence, worth, level)}",
    }
    return ArmVerdict(arm=evidence.arm, outcome=outcome, sentence=f"{sentences[outcome]}.")


def decide_outcome(evidence: ArmEvidence, *, worth: float, level: float) -> Outcome:
    """Say which of the four words an interval allows."""
    sure = math.isnan(evidence.p_value) or evidence.p_value < 1 - level
    least = worth * abs(evidence.control)
    if sure and evidence.low > 0:
        return "win"
    if sure and evidence.high < 0:
        return "loss"
    if -least < evidence.low and evidence.high < least:
        return "no difference worth having"
    return "not enough data"


def declare_broken(arm: str, reasons: list[str]) -> ArmVerdict:
    """Refuse to name an effect."""
    return ArmVerdict(
        arm=arm, outcome="broken test", sentence=f"Broken test, no effect of {arm} is stated: {'; '.join(reasons)}."
    )


def customers_needed(error: float, customers: int, effect: float, *, level: float, power: float = TEST_POWER) -> float:
    """Return how many customers see an effect, from the standard error that so many have; see any text on power."""
    from scipy.stats import norm

    if not (error > 0 and effect > 0):
        return math.nan
    reach = float(norm.ppf((1 + level) / 2) + norm.ppf(power))
    return customers * (reach * error / effect) ** 2


def _say_needed(evidence: ArmEvidence, worth: float, level: float) -> str:
    needed = customers_needed(evidence.error, evidence.customers, worth * abs(evidence.control), level=level)
    if math.isnan(needed) or needed <= evidence.customers:
        return ""
    return (
        f". To see a lift of {worth:.0%}, about {math.ceil(needed):,} customers are needed; there are "
        f"{evidence.customers:,}"
    )


def _size(evidence: ArmEvidence) -> str:
    sure = math.isfinite(evidence.low)
    none = "no interval: customers of an arm are too few or all alike"
    if evidence.metric == "retention":
        points = [100 * value for value in (evidence.difference, evidence.low, evidence.high)]
        reach = f"{points[1]:.1f} to {points[2]:.1f}" if sure else none
        return f"retention {evidence.control:.1%} in control and {points[0]:+.1f} points ({reach}) with {evidence.arm}"
    name = evidence.metric.replace("clv", "CLV")
    reach = f"{evidence.low:,.2f} to {evidence.high:,.2f}" if sure else none
    return (
        f"{name} per customer {evidence.control:,.2f} in control and {evidence.difference:+,.2f} "
        f"({reach}) with {evidence.arm}"
    )
