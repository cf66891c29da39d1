"""How customers leave for good: Pareto/NBD with a proper prior on drop-out, and whether the data can tell it at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import digamma, gammaln

from tenure_features.stored import Stored
from tenure_training.models.btyd.base import COARSE_ABOVE
from tenure_training.models.btyd.estimation import Prior, maximise
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.btyd.summary import RepeatCounts
from tenure_training.models.contract import Floats

LEAST_GAIN = 3.0
"""Units of log-likelihood that drop-out must explain: chi-squared with two degrees of freedom at 5 % is twice that."""

_CENTRE_S, _SPREAD_S = 2.0, 1.5
_SPREAD_BETA = 1.5
_CELLS = 40
"""Standard deviations of log-parameters: a factor of four either way."""


@dataclass(frozen=True, kw_only=True)
class Attrition:
    r"""Pareto/NBD at the mode under a prior on drop-out, beside the same model without any drop-out.

    A customer leaves at a rate mu ~ Gamma(s, beta). Maximum likelihood lets both parameters run away where nobody has
    been watched for long: towards no drop-out at all, or towards one rate for everybody. Both have a proper prior here,
    log s ~ N(log 2, 1.5^2) for the spread (the squared coefficient of variation of mu is 1/s) and log(beta/s) on the
    level, around one departure per customer and mean observed time. Time is measured in that unit, so the answer
    depends on neither days nor weeks; thousands of customers outweigh the prior.

    Attributes
    ----------
    model
        In days.
    gain
        Log-likelihood above that of the same customers when none ever leaves (NBD; Ehrenberg 1959): the profile
        likelihood at no drop-out. Below `LEAST_GAIN` the data cannot tell one from the other.
    observed_days
        The longest time any customer has been watched.
    """

    model: ParetoNBD
    gain: float
    observed_days: float

    @classmethod
    def fit(cls, data: RepeatCounts) -> Self:
        """Fit to repeat counts in days; any data gives finite parameters."""
        customers = max(data.customers, 1)
        unit = float(data.n @ data.T) / customers or 1.0
        scaled = data.in_unit(unit)
        rate = float((scaled.n @ scaled.x + 0.5) / (scaled.n @ scaled.T + 1.0))
        usual = ParetoNBD.typical(rate)
        start = ParetoNBD(r=usual.r, alpha=usual.alpha, s=_CENTRE_S, beta=_CENTRE_S)
        region = Prior(np.log(list(start.parameters.values())), weight=Prior.fading(float(scaled.n @ (scaled.x > 0))))

        if len(scaled.x) > COARSE_ABOVE:  # merged rows are off by less than a prior moves anything
            scaled = scaled.merge_into_cells(cells=_CELLS)

        def log_posterior(theta: Floats) -> tuple[float, Floats]:
            terms, (cost, slope) = start.at(np.exp(theta)).terms(scaled), _drop_out_prior(theta)
            return float(scaled.n @ terms.log_likelihood) - cost, (terms.gradient @ scaled.n) * np.exp(theta) - slope

        best = maximise(log_posterior, prior=region, customers=customers)
        model = start.at(np.exp(best.theta))
        likelihood = float(scaled.n @ model.log_likelihood(scaled.x, scaled.t_x, scaled.T))
        staying = Prior(region.centre[:2], weight=region.weight)
        nobody = maximise(lambda theta: _log_nbd(theta, scaled), prior=staying, customers=customers)
        return cls(
            model=model.in_unit(1 / unit),
            gain=likelihood - _log_nbd(nobody.theta, scaled)[0],
            observed_days=float(data.T.max(initial=0.0)),
        )

    @property
    def identified(self) -> bool:
        """Whether the data tell drop-out apart from none."""
        return self.gain >= LEAST_GAIN

    @property
    def longest_days(self) -> float:
        """How far ahead the data support a number: without end where drop-out is identified, else as far as back."""
        return np.inf if self.identified else self.observed_days

    @property
    def reason(self) -> str:
        """Say why numbers are left out; empty where none are."""
        if self.identified:
            return ""
        return (
            f"Whether customers leave for good cannot be told from {self.observed_days:.0f} days of orders (a shop "
            f"that nobody ever leaves would look the same; log-likelihood {self.gain:+.1f}), so value further ahead "
            "than that is left out."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        return {"model": self.model.parameters, "gain": self.gain, "observed_days": self.observed_days}

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("model", "gain", "observed_days")
        return cls(
            model=ParetoNBD.from_stored(saved["model"]),
            gain=saved["gain"].number(-1e12, 1e12),
            observed_days=saved["observed_days"].number(0.0, 1e6),
        )


def _drop_out_prior(theta: Floats) -> tuple[float, Floats]:
    """Give minus the log-prior of log s and log(beta / s), up to a constant, and its gradient by log-parameter."""
    spread = (theta[2] - np.log(_CENTRE_S)) / _SPREAD_S**2
    level = (theta[3] - theta[2]) / _SPREAD_BETA**2
    cost = 0.5 * (spread * (theta[2] - np.log(_CENTRE_S)) + level * (theta[3] - theta[2]))
    return float(cost), np.array([0.0, 0.0, spread - level, level])


def _log_nbd(theta: Floats, data: RepeatCounts) -> tuple[float, Floats]:
    """Log-likelihood of (log r, log alpha) when nobody leaves, in the terms of `ParetoNBD`, with its gradient."""
    r, alpha = np.exp(theta)
    watched = np.log1p(data.T / alpha)
    value = gammaln(r + data.x) - gammaln(r) - data.x * np.log(alpha) - (r + data.x) * watched
    by_r = digamma(r + data.x) - digamma(r) - watched
    by_alpha = (r * data.T / alpha - data.x) / (alpha + data.T)
    return float(data.n @ value), np.array([data.n @ by_r * r, data.n @ by_alpha * alpha])
