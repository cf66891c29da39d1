"""What the winners bring together, without the luck that made them winners (the winner's curse)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tenure_decisions.campaigns.effects import Floats

BELIEVED_DEVIATION = 0.1
"""Standard deviation of a shop's mean lift, and median of that between its campaigns, before any result of its own."""
_SPREADS = np.geomspace(0.02, 50, 121) * BELIEVED_DEVIATION
_TAIL = 8.0
"""Standard errors beyond which the spread of a shop's campaigns is not looked for."""


@dataclass(frozen=True, kw_only=True)
class ShrunkLifts:
    """True lifts as they are believed after a shop's results.

    Attributes
    ----------
    means, covariance
        Of the lifts, in the order of the results.
    mean, spread
        Of the campaigns of the shop, those to come included: what the next design may expect.
    """

    means: Floats
    covariance: np.ndarray
    mean: float
    spread: float

    def total(self, weights: Floats, *, level: float = 0.95) -> tuple[float, float, float]:
        """Return a weighted sum of the lifts with its interval."""
        from scipy.stats import norm

        middle, reach = float(weights @ self.means), float(norm.ppf((1 + level) / 2))
        half = reach * math.sqrt(float(weights @ self.covariance @ weights))
        return middle, middle - half, middle + half


@dataclass(frozen=True, kw_only=True)
class LiftPrior:
    """What is believed of the lift of an arm before it is tried: normal, from so many arms measured before."""

    mean: float
    deviation: float
    arms: int

    def chance_to_see(self, detectable: float, *, level: float, power: float) -> float:
        """Return the probability that a test shows an effect: its power over the lifts that are believed (assurance).

        Parameters
        ----------
        detectable
            The lift that the test shows with ``power``.
        level
            Of the test.

        Notes
        -----
        O'Hagan, Stevens and Campbell (2005), Assurance in clinical trial design.

        Examples
        --------
        >>> round(LiftPrior(mean=0.0, deviation=0.05, arms=9).chance_to_see(0.1, level=0.95, power=0.8), 3)
        0.255
        """
        from scipy.stats import norm

        reach = float(norm.ppf((1 + level) / 2))
        error = detectable / (reach + float(norm.ppf(power)))
        total = math.hypot(error, self.deviation)
        return float(norm.sf((reach * error - self.mean) / total) + norm.cdf((-reach * error - self.mean) / total))


def shrink_lifts(lifts: Floats, errors: Floats) -> ShrunkLifts:
    """Draw measured lifts to what the shop's campaigns bring, each by as much as it is noise.

    Who wins does so by luck as well: the sum of the winners as measured is too large. A lift that is believed given all
    results, winners and losers alike, does not depend on who was chosen by them.

    Parameters
    ----------
    lifts, errors
        Of all arms ever measured, as shares of control, and their standard errors, above 0.

    Returns
    -------
    ShrunkLifts
        Posterior of a normal model: lifts are normal around the mean of the shop, which is normal around 0 with a
        deviation of `BELIEVED_DEVIATION`; their spread is half-Cauchy of that scale, summed over a grid (Gelman 2006,
        Prior distributions for variance parameters in hierarchical models). With few results the priors count, with
        many they do not (empirical Bayes: Efron 2011, Tweedie's formula and selection bias).

    Examples
    --------
    >>> shrink_lifts(np.array([0.3]), np.array([0.1])).means.round(2).tolist()
    [0.22]
    """
    variances = errors**2
    wide = float(max(_TAIL * np.sqrt(variances).max(), np.abs(lifts).max(initial=0.0)))
    spreads = _SPREADS[max(wide, _SPREADS[0]) >= _SPREADS]
    ways = [_given_spread(lifts, variances, float(spread)) for spread in spreads]
    scores = np.array([way[0] for way in ways]) - np.log1p((spreads / BELIEVED_DEVIATION) ** 2) + np.log(spreads)
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    each = np.array([way[1] for way in ways])
    means = weights @ each
    within = np.tensordot(weights, np.array([way[2] for way in ways]), axes=1)
    between = (each - means).T @ ((each - means) * weights[:, None])
    centres = np.array([way[3] for way in ways])
    mean = float(weights @ centres)
    ahead = weights @ (np.array([way[4] for way in ways]) + spreads**2 + (centres - mean) ** 2)
    return ShrunkLifts(means=means, covariance=within + between, mean=mean, spread=math.sqrt(float(ahead)))


def _given_spread(lifts: Floats, variances: Floats, spread: float) -> tuple[float, Floats, np.ndarray, float, float]:
    """Return the log likelihood of a spread, and by it means and covariance of the lifts, centre and its variance."""
    total = variances + spread**2
    precision = float((1 / total).sum()) + BELIEVED_DEVIATION**-2
    centre = float((lifts / total).sum()) / precision
    fit = -0.5 * float(np.log(total).sum() + math.log(precision) + (lifts**2 / total).sum() - precision * centre**2)
    own = spread**2 / total
    means = own * lifts + (1 - own) * centre
    covariance = np.diag(own * variances) + np.outer(1 - own, 1 - own) / precision
    return fit, means, covariance, centre, 1 / precision
