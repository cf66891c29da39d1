"""Pareto/NBD: a customer buys at a constant rate until an unseen moment (Schmittlein, Morrison & Colombo 1987)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betaln, digamma, exprel, gammaln

from .base import BTYDModel, Standing, Terms
from .candidate import BTYDCandidate
from .quadrature import log_concave_nodes, split_blocks
from .summary import Floats, RepeatCounts

_LEGENDRE = np.polynomial.legendre.leggauss(64)

_AT_ONCE = 10_000
"""Rows times horizons looked at in one go: more are out of the processor's cache."""


@dataclass(frozen=True)
class ParetoNBD(BTYDModel):
    r"""Orders at rate lambda ~ Gamma(r, alpha) over a lifetime ~ Exponential(mu), mu ~ Gamma(s, beta).

    .. math::
        P(\text{data, alive}) = \frac{\Gamma(r+x)}{\Gamma(r)} \frac{\alpha^r}{(\alpha+T)^{r+x}}
            \Big(\frac{\beta}{\beta+T}\Big)^s, \quad
        P(\text{data, gone}) = \frac{\Gamma(r+x)}{\Gamma(r)} \int_{t_x}^T
            \frac{\alpha^r}{(\alpha+y)^{r+x}} \frac{s \beta^s}{(\beta+y)^{s+1}} dy

    The integral is the difference of two hypergeometric functions in Schmittlein, Morrison & Colombo (1987) and in
    Fader & Hardie (2005, "A note on deriving the Pareto/NBD model"), who also give the conditional expectation
    (eq. 41). Their difference cancels where t_x is near T; the integral has one sign and does not.

    Examples
    --------
    >>> paper = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    >>> paper.probability_alive([0, 2], [0, 30.43], [38.86, 38.86]).round(3).tolist()
    [0.295, 0.869]
    """

    r: float
    alpha: float
    s: float
    beta: float

    time_parameters: ClassVar[frozenset[str]] = frozenset({"alpha", "beta"})

    @classmethod
    def typical(cls, rate: float) -> Self:
        """Half of the customers' rates below .455 of the mean, half gone after the mean observed time."""
        return cls(0.5, 0.5 / rate, 1.0, 1.0)

    def terms(self, data: RepeatCounts) -> Terms:
        """Likelihood terms; the odds of being gone are an integral over the moment of leaving."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        x, _, T = data.levels
        buying, staying = T.map(lambda T: np.log1p(T / alpha)), T.map(lambda T: np.log1p(T / beta))
        log_alive = x.map(lambda x: gammaln(r + x) - gammaln(r)) - (r + data.x) * buying - s * staying
        gone = [
            self._leaving_integral(data.x[rows], data.t_x[rows], data.T[rows]) for rows in split_blocks(len(data.x))
        ]
        log_gone, buying_y, staying_y, per_alpha, per_beta = np.concatenate([np.zeros((5, 0)), *gone], axis=1)
        return Terms(
            log_alive - data.x * np.log(alpha),
            log_gone + np.log(s / beta) + (r + data.x) * buying + s * staying,
            np.array([
                x.map(lambda x: digamma(r + x) - digamma(r)) - buying,
                r / alpha - (r + data.x) / (alpha + data.T),
                -staying,
                s / beta - s / (beta + data.T),
            ]),
            np.array([
                buying - buying_y,
                (r + data.x) * (1 / (alpha + data.T) - per_alpha),
                1 / s + staying - staying_y,
                s / (beta + data.T) - (s + 1) * per_beta,
            ]),
        )  # fmt: skip

    def standing(self, data: RepeatCounts) -> Standing:
        """Likelihood terms as in `terms`."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        x, _, T = data.levels
        buying, staying = T.map(lambda T: np.log1p(T / alpha)), T.map(lambda T: np.log1p(T / beta))
        log_alive = x.map(lambda x: gammaln(r + x) - gammaln(r)) - (r + data.x) * buying - s * staying
        gone = [
            self._leaving_shares(data.x[rows], data.t_x[rows], data.T[rows])[0] for rows in split_blocks(len(data.x))
        ]
        log_gone = np.concatenate([np.zeros(0), *gone])
        return Standing(
            log_alive - data.x * np.log(alpha), log_gone + np.log(s / beta) + (r + data.x) * buying + s * staying
        )

    def _leaving_integral(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log of the integral over the moment y of leaving, and means over y given that it lies in (t_x, T]; (5, n)."""
        log_gone, y, share, total = self._leaving_shares(x, t_x, T)
        columns = (np.log1p(y / self.alpha), np.log1p(y / self.beta), 1 / (self.alpha + y), 1 / (self.beta + y))
        means = [(share * column).sum(axis=1) for column in columns]
        # where nobody can have left, the means are never used
        return np.array(
            [log_gone, *(np.divide(mean, total, out=np.zeros_like(mean), where=total > 0) for mean in means)]
        )

    def _leaving_shares(self, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Log of the integral over the moment y of leaving, (n,); nodes and their shares, (n, k); sums of these."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        shift = min(alpha, beta)

        def decay(y: Floats) -> tuple[Floats, Floats]:
            height = (r + x) * np.log1p(y / alpha) + (s + 1) * np.log1p(y / beta) - np.log1p(y / shift)
            slope = (shift + y) * ((r + x) / (alpha + y) + (s + 1) / (beta + y)) - 1
            return height, slope

        y, log_weight = log_concave_nodes(t_x, T, shift=shift, decay=decay)
        buying, staying = np.log1p(y / alpha), np.log1p(y / beta)
        log_share = log_weight - (r + x)[:, None] * buying - (s + 1) * staying
        top = log_share.max(axis=1)
        share = np.exp(log_share - np.where(np.isfinite(top), top, 0.0)[:, None])
        total = share.sum(axis=1)
        with np.errstate(divide="ignore"):
            return top + np.log(total), y, share, total

    def _orders_by(self, data: RepeatCounts, days: Sequence[float]) -> Iterable[Floats]:
        for rows in split_blocks(len(days), size=max(1, _AT_ONCE // max(len(data.x), 1))):
            yield from self._orders_while_alive(data, np.array(days[rows])[:, None])

    def _orders_while_alive(self, data: RepeatCounts, horizon: float | Floats) -> Floats:
        # (1 - w ** (s - 1)) / (s - 1) written so that s = 1 is no exception
        left = self.beta + data.T
        log_stretch = np.log1p(horizon / left)
        lifetime = left * log_stretch * exprel(-(self.s - 1) * log_stretch)
        return np.asarray((self.r + data.x) / (self.alpha + data.T) * lifetime)

    def _reach_while_alive(self, data: RepeatCounts, horizon: float, counts: Floats) -> Floats:
        # density of the k-th order's time, times the chance to be there still; w = log(1 + y / (alpha + T))
        shape, left = (self.r + data.x)[:, None], self.beta + data.T
        nodes, weights = _LEGENDRE
        length = np.log1p(horizon / (self.alpha + data.T))[:, None]
        w = length * (nodes + 1) / 2
        stays = -self.s * np.log1p(((self.alpha + data.T) / left)[:, None] * np.expm1(w))
        common, log_share = np.log(weights * length / 2) + stays - shape * w, np.log(-np.expm1(-w))
        reach = [np.exp(common + (k - 1) * log_share - betaln(k, shape)).sum(axis=1) for k in counts]
        return np.asarray(np.array(reach).T.reshape(len(data.x), len(counts)))

    def _draw_while_alive(
        self, data: RepeatCounts, horizon: float, draws: int, generator: np.random.Generator
    ) -> Floats:
        size = (len(data.x), draws)
        rate = generator.gamma((self.r + data.x)[:, None], 1 / (self.alpha + data.T)[:, None], size)
        leaving = generator.gamma(self.s, 1 / (self.beta + data.T)[:, None], size)
        lifetime = generator.standard_exponential(size) / np.maximum(leaving, 1e-300)
        return np.asarray(generator.poisson(rate * np.minimum(lifetime, horizon)), dtype=np.float64)


class ParetoNBDCandidate(BTYDCandidate):
    """Pareto/NBD with Gamma-Gamma."""

    name: ClassVar[str] = "paretonbd"
    model: ClassVar[type[BTYDModel]] = ParetoNBD
