"""Gamma-Gamma: what an order of a customer is worth (Fader & Hardie 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from tenure_features.errors import UsageError
from tenure_features.float_table import fill_missing
from tenure_features.stored import Stored, positive

from .estimation import Estimate, Prior, _Objective, maximise
from .summary import Floats, Levels

NAMES = ("p", "q", "gamma")

SMALLEST_SPEND = 1e-6
"""Mean spends below this share of the typical one count as it: a price of next to nothing is not a tail of prices."""

SMALLEST_TAIL = 0.02
"""Lower bound of q - 1: the mean spend over all customers exists only for q > 1."""


@dataclass(frozen=True)
class GammaGamma:
    r"""Spend per order ~ Gamma(p, nu) with the customer's own nu ~ Gamma(q, gamma), independent of how often they buy.

    The mean spend m over x orders has the density (Fader & Hardie 2013, "The Gamma-Gamma model of monetary value",
    eq. 1a)

    .. math::
        \frac{\Gamma(px+q)}{\Gamma(px)\Gamma(q)} \frac{\gamma^q m^{px-1} x^{px}}{(\gamma + mx)^{px+q}}

    and the customer's own mean spend is :math:`p(\gamma + mx) / (px + q - 1)` on average (eq. 5): the population mean
    :math:`p\gamma/(q-1)` pulled towards m as orders accumulate. ``p`` and ``q`` have no unit, ``gamma`` is in currency.

    Examples
    --------
    >>> paper = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    >>> paper.expected_spend([0, 1, 10], [0.0, 100.0, 100.0]).round(1).tolist()
    [35.2, 80.3, 97.3]
    """

    p: float
    q: float
    gamma: float

    @classmethod
    def fit(cls, orders: ArrayLike, mean_spend: ArrayLike) -> Estimate[Self]:
        """Fit to customers with their number of orders and positive mean spend, by maximum likelihood.

        Rows with no orders or no positive mean are left out. Spend that hardly varies, within customers or between
        them, leaves p or q without an upper bound: there the likelihood is bent back far outside the range of any
        shop, which no prediction notices. The answer scales with the currency.

        Raises
        ------
        UsageError
            No customer has an order with positive spend.
        """
        x, m = np.broadcast_arrays(np.asarray(orders, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64))
        usable = np.isfinite(x) & np.isfinite(m) & (x > 0) & (m > 0)
        x, m = x[usable], m[usable]
        if not len(x):
            raise UsageError("No customer has spent anything.", fix="Map a revenue column with positive amounts.")
        order = np.lexsort((m, x))  # sums must not depend on the order of customers
        x, m = x[order], m[order]
        scale = float(np.exp(np.average(np.log(m), weights=x)))
        if np.ptp(m) <= 1e-9 * scale:
            return cls._constant(float(m.mean()))
        likelihood = _objective(x, np.maximum(np.log(m) - np.log(scale), np.log(SMALLEST_SPEND)))
        prior = Prior(np.log([3.0, 2.0, 2.0 / 3.0]), weight=Prior.fading(len(x)), half_width=np.array([7.0, 6.0, 9.0]))
        best = maximise(likelihood, prior=prior, customers=len(x))
        model = cls(*_natural(best.theta, scale))
        errors = np.array([model.p, model.q - 1 - SMALLEST_TAIL, model.gamma]) * best.log_standard_errors
        return Estimate(
            model=model,
            log_likelihood=likelihood(best.theta)[0] - len(x) * float(np.log(scale)),
            standard_errors=dict(zip(NAMES, errors.tolist(), strict=True)),
            converged=best.converged,
            message=best.message(NAMES),
            prior_weight=prior.weight,
        )

    @classmethod
    def _constant(cls, amount: float) -> Estimate[Self]:
        """Fit one and the same amount: the likelihood has no maximum, its limit returns the amount."""
        return Estimate(
            model=cls(1e6, 1e6 + 1, amount),
            log_likelihood=np.inf,
            standard_errors=dict.fromkeys(NAMES, np.inf),
            converged=True,
            message="spend does not vary: held at its one amount",
            prior_weight=0.0,
        )

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read parameters that were stored by name."""
        saved = stored.fields(*NAMES)
        p, q = saved["p"].number(1e-6, 1e7), saved["q"].number(1 + SMALLEST_TAIL / 2, 1e7)
        return cls(p, q, positive(saved["gamma"]))

    @property
    def mean_spend(self) -> float:
        """Mean spend per order of a customer about whom nothing is known."""
        return self.p * self.gamma / (self.q - 1)

    def log_likelihood(self, orders: ArrayLike, mean_spend: ArrayLike) -> Floats:
        """Log-density of each positive mean spend."""
        x, m = np.asarray(orders, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
        return _log_density(self.p, self.q, self.gamma, x, m)

    def posterior(self, orders: ArrayLike, mean_spend: ArrayLike) -> tuple[Floats, Floats]:
        """Shape and rate of each customer's own nu, given what was seen.

        Customers without orders or a known mean keep the population's distribution. A mean at or below zero (more
        returned than bought) counts as orders worth nothing.
        """
        x = fill_missing(np.asarray(orders, dtype=np.float64))
        m = np.asarray(mean_spend, dtype=np.float64)
        repeats = np.where(np.isfinite(m), np.maximum(x, 0.0), 0.0)
        return self.q + self.p * repeats, self.gamma + repeats * np.maximum(fill_missing(m), 0.0)

    def expected_spend(self, orders: ArrayLike, mean_spend: ArrayLike) -> Floats:
        """Mean of the customer's next orders, given the mean of those seen."""
        shape, rate = self.posterior(orders, mean_spend)
        return np.asarray(self.p * rate / (shape - 1))

    def sample_spend(
        self, orders: ArrayLike, mean_spend: ArrayLike, *, future_orders: ArrayLike, generator: np.random.Generator
    ) -> Floats:
        """Draw the total spend of given numbers of future orders, shape (n, draws); one nu per customer and draw."""
        count = np.asarray(future_orders, dtype=np.float64)
        shape, rate = (column[:, None] for column in self.posterior(orders, mean_spend))
        own = generator.gamma(shape, 1 / rate, count.shape)
        total = generator.gamma(np.maximum(self.p * count, 1e-300), 1.0, count.shape)
        return np.where(count > 0, total / own, 0.0)


def _natural(theta: Floats, scale: float) -> tuple[float, float, float]:
    p, tail, gamma = np.exp(theta).tolist()
    return p, 1.0 + SMALLEST_TAIL + tail, gamma * scale


def _log_density(p: float, q: float, gamma: float, x: Floats, m: Floats) -> Floats:
    levels = Levels.of(x)
    special = levels.map(lambda x: gammaln(p * x + q) - gammaln(p * x)) - gammaln(q)
    relative = np.log(x) + np.log(m) - np.log(gamma)
    return np.asarray(special + p * x * relative - np.log(m) - (p * x + q) * np.logaddexp(0.0, relative))


def _objective(x: Floats, log_m: Floats) -> _Objective:
    """Log-likelihood of (log p, log(q - 1 - SMALLEST_TAIL), log gamma) with its gradient."""
    levels = Levels.of(x)
    n = np.bincount(levels.index).astype(np.float64)
    log_mx = np.log(x) + log_m

    def log_likelihood(theta: Floats) -> tuple[float, Floats]:
        p, q, gamma = _natural(theta, 1.0)
        px = p * levels.values
        relative = log_mx - np.log(gamma)
        soft = np.logaddexp(0.0, relative)  # log((gamma + m x) / gamma)
        spent = np.exp(relative - soft)  # m x / (gamma + m x)
        value = n @ (gammaln(px + q) - gammaln(px) - gammaln(q)) - log_m.sum() - q * soft.sum()
        value += p * (x @ (relative - soft))
        by_p = n @ (levels.values * (digamma(px + q) - digamma(px))) + x @ (relative - soft)
        by_q = n @ (digamma(px + q) - digamma(q)) - soft.sum()
        by_log_gamma = (p * x + q) @ spent - p * x.sum()
        return float(value), np.array([by_p * p, by_q * (q - 1.0 - SMALLEST_TAIL), by_log_gamma])

    return log_likelihood
