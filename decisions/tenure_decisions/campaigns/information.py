"""What a further test is worth before it is run: beliefs about an effect, and the expected value of information."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EffectBelief:
    """What is believed of an effect, as a normal distribution.

    Attributes
    ----------
    mean, deviation
        In the unit of the effect; the deviation lies above 0.
    """

    mean: float
    deviation: float


@dataclass(frozen=True, kw_only=True)
class EffectResult:
    """An effect that a test measured, and its standard error."""

    difference: float
    error: float


def update_belief(belief: EffectBelief, results: Sequence[EffectResult]) -> EffectBelief:
    """Learn from results on the same customers, by the conjugate normal model.

    Examples
    --------
    >>> update_belief(EffectBelief(mean=0.0, deviation=1.0), [EffectResult(difference=1.0, error=1.0)])
    EffectBelief(mean=0.5, deviation=0.7071067811865476)
    """
    precision = belief.deviation**-2 + sum(result.error**-2 for result in results)
    weighted = belief.mean * belief.deviation**-2 + sum(result.difference * result.error**-2 for result in results)
    return EffectBelief(mean=weighted / precision, deviation=precision**-0.5)


def transfer_belief(belief: EffectBelief, results: Sequence[EffectResult], *, between: float) -> EffectBelief:
    """Learn from results of the same tactic on other groups of customers, whose effects differ by ``between``.

    The effect of a group is normal around the one of the tactic, with standard deviation ``between``: however many
    other groups were tested, what is believed of this one stays that wide.

    Parameters
    ----------
    belief
        Of the tactic.
    results
        One per other group.
    between
        Standard deviation of the effects of groups, in the unit of the effect.

    Examples
    --------
    >>> many = [EffectResult(difference=0.1, error=0.01)] * 400
    >>> wide = transfer_belief(EffectBelief(mean=0.0, deviation=1.0), many, between=0.05)
    >>> round(wide.mean, 3), round(wide.deviation, 3)
    (0.1, 0.05)
    """
    common = update_belief(
        belief,
        [EffectResult(difference=result.difference, error=math.hypot(result.error, between)) for result in results],
    )
    return EffectBelief(mean=common.mean, deviation=math.hypot(common.deviation, between))


def value_of_information(belief: EffectBelief, *, error: float) -> float:
    """Return by how much a test raises what a customer is expected to bring, when its result decides.

    Without the test the better of doing it (the mean of the belief) and leaving it (0) is taken; after it the better of
    both by the posterior, whose mean is normal with the deviation ``deviation^2 / sqrt(deviation^2 + error^2)``.

    Parameters
    ----------
    belief
        Of the gain per customer, all costs taken off.
    error
        Standard error that the test will have, in the same unit.

    Notes
    -----
    Raiffa and Schlaifer (1961), Applied Statistical Decision Theory, the expected value of sample information of a
    normal mean with linear loss.

    Examples
    --------
    >>> round(value_of_information(EffectBelief(mean=0.0, deviation=1.0), error=0.0), 4)
    0.3989
    >>> value_of_information(EffectBelief(mean=5.0, deviation=0.1), error=0.1) < 1e-9
    True
    """
    from scipy.stats import norm

    spread = belief.deviation**2 / math.hypot(belief.deviation, error)
    distance = abs(belief.mean) / spread
    return float(spread * (norm.pdf(distance) - distance * norm.sf(distance)))
