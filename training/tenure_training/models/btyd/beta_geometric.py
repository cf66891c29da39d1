"""What BG/NBD and MBG/NBD share: gamma-mixed Poisson orders, and a beta-mixed chance to leave after an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betainc, digamma, gammaln

from .base import BTYDModel, Standing, Terms
from .quadrature import beta_nodes, split_blocks
from .summary import Floats, RepeatCounts


@dataclass(frozen=True)
class BetaGeometric(BTYDModel):
    r"""Orders at rate lambda ~ Gamma(r, alpha) until the customer leaves, with chance p ~ Beta(a, b) after an order.

    ``chances_at_first`` says how many times the customer could have left with the first order: 0 in BG/NBD, 1 in
    MBG/NBD. With m of them, for a customer with (x, t_x, T):

    .. math::
        P(\text{data, alive}) = \frac{\Gamma(r+x)}{\Gamma(r)} \frac{\alpha^r}{(\alpha+T)^{r+x}}
                                \frac{B(a, b+x+m)}{B(a, b)}, \quad
        \frac{P(\text{gone})}{P(\text{alive})} = \frac{a}{b+x+m-1} \Big(\frac{\alpha+T}{\alpha+t_x}\Big)^{r+x}

    where the odds are 0 without any chance (x + m = 0). Given the data and alive at T, lambda ~ Gamma(r + x, alpha + T)
    and p ~ Beta(a, b + x + m).
    """

    r: float
    alpha: float
    a: float
    b: float

    chances_at_first: ClassVar[int]
    time_parameters: ClassVar[frozenset[str]] = frozenset({"alpha"})

    @classmethod
    def typical(cls, rate: float) -> Self:
        """Half of the customers' rates below .455 of the mean, one in four leaving per order."""
        return cls(0.5, 0.5 / rate, 1.0, 3.0)

    def terms(self, data: RepeatCounts) -> Terms:
        """Likelihood terms: special functions on distinct values only, everything else additive."""
        (r, alpha, a, b), m = (self.r, self.alpha, self.a, self.b), self.chances_at_first
        x, t_x, T = data.levels
        since_T, since_t_x = np.log1p(T.values / alpha)[T.index], np.log1p(t_x.values / alpha)[t_x.index]
        log_alive = x.map(lambda x: log_rising(r, x) + log_rising(b, x + m) - log_rising(a + b, x + m))
        log_alive = log_alive - (r + data.x) * since_T - data.x * np.log(alpha)
        chances = x.map(lambda x: x + m)
        left = np.where(chances > 0, b + chances - 1, 1.0)
        log_odds_gone = np.where(chances > 0, np.log(a) - np.log(left) + (r + data.x) * (since_T - since_t_x), -np.inf)
        return Terms(
            log_alive,
            log_odds_gone,
            np.array([
                x.map(lambda x: digamma(r + x) - digamma(r)) - since_T,
                r / alpha - (r + data.x) / (alpha + data.T),
                x.map(lambda x: digamma(a + b) - digamma(a + b + x + m)),
                x.map(lambda x: digamma(b + x + m) - digamma(b) - digamma(a + b + x + m) + digamma(a + b)),
            ]),
            np.array([
                since_T - since_t_x,
                (r + data.x) * (1 / (alpha + data.T) - 1 / (alpha + data.t_x)),
                np.full(len(data.x), 1 / a),
                -1 / left,
            ]),
        )  # fmt: skip

    def standing(self, data: RepeatCounts) -> Standing:
        """Likelihood terms as in `terms`."""
        (r, alpha, a, b), m = (self.r, self.alpha, self.a, self.b), self.chances_at_first
        x, t_x, T = data.levels
        since_T, since_t_x = np.log1p(T.values / alpha)[T.index], np.log1p(t_x.values / alpha)[t_x.index]
        log_alive = x.map(lambda x: log_rising(r, x) + log_rising(b, x + m) - log_rising(a + b, x + m))
        chances = x.map(lambda x: x + m)
        left = np.where(chances > 0, b + chances - 1, 1.0)
        return Standing(
            log_alive - (r + data.x) * since_T - data.x * np.log(alpha),
            np.where(chances > 0, np.log(a) - np.log(left) + (r + data.x) * (since_T - since_t_x), -np.inf),
        )

    def _orders_while_alive(self, data: RepeatCounts, horizon: float) -> Floats:
        # E[(1 - (1 + p t / (alpha + T)) ** -(r + x)) / p]: equals the 2F1 form of Fader, Hardie & Lee (2005, eq. 10)
        # but has no pole at a = 1 and no cancellation
        shape, stretch = self.r + data.x, horizon / (self.alpha + data.T)
        result = np.empty(len(shape))
        for rows in split_blocks(len(shape)):
            b = self._stay_shape(data.x[rows])
            p, weight = beta_nodes(np.full(len(b), self.a), b, reach=(1 + shape[rows]) * (1 + stretch[rows]))
            silent = -shape[rows, None] * np.log1p(p * stretch[rows, None])
            result[rows] = (weight * -np.expm1(silent) / p).sum(axis=1)
        return result

    def _reach_while_alive(self, data: RepeatCounts, horizon: float, counts: Floats) -> Floats:
        # the k-th order happens if the Poisson process gets that far and none of the k - 1 before it was the last
        b = self._stay_shape(data.x)[:, None]
        staying = log_rising(b, counts - 1) - log_rising(self.a + b, counts - 1)
        share = horizon / (self.alpha + data.T + horizon)
        return np.asarray(betainc(counts, (self.r + data.x)[:, None], share[:, None]) * np.exp(staying))

    def _draw_while_alive(
        self, data: RepeatCounts, horizon: float, draws: int, generator: np.random.Generator
    ) -> Floats:
        size = (len(data.x), draws)
        rate = generator.gamma((self.r + data.x)[:, None], 1 / (self.alpha + data.T)[:, None], size)
        leaving = np.clip(generator.beta(self.a, self._stay_shape(data.x)[:, None], size), 1e-15, 1.0)
        return np.asarray(np.minimum(generator.poisson(rate * horizon), generator.geometric(leaving)), dtype=np.float64)

    def _stay_shape(self, x: Floats) -> Floats:
        return np.asarray(self.b + x + self.chances_at_first)


def log_rising(base: Floats | float, steps: Floats) -> Floats:
    """Log of the rising factorial base (base + 1) ... (base + steps - 1)."""
    return np.asarray(gammaln(base + steps) - gammaln(base))
