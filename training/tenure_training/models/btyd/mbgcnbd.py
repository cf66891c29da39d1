"""MBG/CNBD-k: MBG/NBD for customers who buy more regularly than at random (Platzer & Reutterer 2016)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import betainc, digamma, gammaln

from tenure_features.errors import UsageError
from tenure_features.stored import Stored

from .base import _LARGEST, _SMALLEST, BTYDModel, Terms
from .beta_geometric import log_rising
from .candidate import BTYDCandidate, _read_column
from .estimation import Estimate
from .quadrature import beta_nodes, split_blocks
from .summary import Floats, RepeatCounts, check_history

LARGEST_K = 6

SHORTEST_SHARE = 1e-3
"""Resolution of t_x relative to T where the density of t_x itself is needed; its logarithm has no value at 0."""


@dataclass(frozen=True, kw_only=True)
class MBGCNBD(BTYDModel):
    r"""MBG/NBD with gaps that are the sum of k exponential phases: k = 1 is MBG/NBD itself, larger k more regular.

    Phases pass at rate lambda ~ Gamma(r, alpha); every k-th completes an order, after which (and after the first
    order) the customer leaves with chance p ~ Beta(a, b). With S the chance weight of fewer than k phases since t_x:

    .. math::
        P(\text{data, alive}) \propto \frac{\Gamma(r+kx)}{\Gamma(r)} \frac{\alpha^r}{(\alpha+T)^{r+kx}}
            \frac{B(a, b+x+1)}{B(a, b)} S, \quad
        \frac{P(\text{gone})}{P(\text{alive})} = \frac{a}{b+x} \Big(\frac{\alpha+T}{\alpha+t_x}\Big)^{r+kx} \frac{1}{S},
        \quad S = \sum_{j<k} \frac{(r+kx)_j}{j!} \Big(\frac{T-t_x}{\alpha+T}\Big)^j

    Source: Platzer & Reutterer (2016), "Ticking away the moments: timing regularity helps to better predict customer
    activity", Marketing Science 35(5); Reutterer, Platzer & Schröder (2021), "Leveraging purchase regularity for
    predicting customer behavior the easy way", IJRM 38(1). Their likelihood is of all gaps; ours is of (x, t_x, T)
    (the gaps between first and last order integrated out), so that values for different k can be compared, and are
    on the scale of the other models. The expectation, which they approximate, is exact here.

    Examples
    --------
    A customer who used to come every ten days and has been silent for twenty:

    >>> for k in (1, 3):
    ...     model = MBGCNBD(k=k, r=2.0, alpha=20.0 / k, a=0.8, b=3.0)
    ...     print(k, model.probability_alive(9, 90, 110).round(2))
    1 [0.7]
    3 [0.55]
    """

    r: float
    alpha: float
    a: float
    b: float
    k: int = 2

    time_parameters: ClassVar[frozenset[str]] = frozenset({"alpha"})
    structure: ClassVar[frozenset[str]] = frozenset({"k"})

    def __post_init__(self) -> None:
        """Refuse parameters outside the model."""
        super().__post_init__()
        if self.k < 1 or int(self.k) != self.k:
            raise UsageError("k is a whole number of phases, 1 or more.", found=str(self.k))

    @classmethod
    def typical(cls, rate: float) -> Self:
        """As in BG/NBD."""
        return cls(r=0.5, alpha=0.5 / rate, a=1.0, b=3.0)

    @classmethod
    def fit(cls, data: RepeatCounts, *, k: int | None = None) -> Estimate[Self]:
        """Fit by maximum likelihood, at a given k or at the best of 1, 2, ... until the likelihood falls."""
        if k is not None:
            return cls._fit_at(data, k=k)
        fits = [cls._fit_at(data, k=1)]
        for regularity in range(2, LARGEST_K + 1):
            fits.append(cls._fit_at(data, k=regularity))
            if fits[-1].log_likelihood <= fits[-2].log_likelihood:
                break
        return max(fits, key=lambda fit: fit.log_likelihood)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read parameters that were stored by name, k among them."""
        saved = stored.fields("r", "alpha", "a", "b", "k")
        r, alpha, a, b = (saved[name].number(_SMALLEST, _LARGEST) for name in cls.names())
        return cls(r=r, alpha=alpha, a=a, b=b, k=saved["k"].whole(1, LARGEST_K))

    def terms(self, data: RepeatCounts) -> Terms:
        """Likelihood terms, without the density of t_x (see `log_likelihood`)."""
        r, alpha, a, b, k = self.r, self.alpha, self.a, self.b, self.k
        x, t_x, T = data.levels
        shape = r + k * data.x
        since_T, since_t_x = (levels.map(lambda time: np.log1p(time / alpha)) for levels in (T, t_x))
        phases = self._phases(data)
        total = phases.sum(axis=0)
        order = np.arange(k)[:, None]
        by_shape = [digamma(shape + j) - digamma(shape) for j in range(k)]
        d_silent = np.array(
            [(phases * by_shape).sum(axis=0) / total, -(order * phases).sum(axis=0) / total / (alpha + data.T)]
        )
        log_alive = x.map(lambda x: log_rising(r, k * x) + log_rising(b, x + 1) - log_rising(a + b, x + 1))
        log_alive = log_alive - shape * since_T - k * data.x * np.log(alpha) + np.log(total)
        nothing = np.zeros(len(data.x))
        return Terms(
            log_alive,
            np.log(a / (b + data.x)) + shape * (since_T - since_t_x) - np.log(total),
            np.array([
                x.map(lambda x: digamma(r + k * x) - digamma(r)) - since_T + d_silent[0],
                r / alpha - shape / (alpha + data.T) + d_silent[1],
                x.map(lambda x: digamma(a + b) - digamma(a + b + x + 1)),
                x.map(lambda x: digamma(b + x + 1) - digamma(b) - digamma(a + b + x + 1) + digamma(a + b)),
            ]),
            np.array([
                since_T - since_t_x - d_silent[0],
                shape * (1 / (alpha + data.T) - 1 / (alpha + data.t_x)) - d_silent[1],
                nothing + 1 / a,
                -1 / (b + data.x),
            ]),
        )  # fmt: skip

    def _phases(self, data: RepeatCounts) -> Floats:
        """Weight of j = 0 ... k - 1 phases having passed since the last order; shape (k, n)."""
        shape, silent = self.r + self.k * data.x, (data.T - data.t_x) / (self.alpha + data.T)
        weights = [np.ones(len(data.x))]
        for j in range(1, self.k):
            weights.append(weights[-1] * (shape + j - 1) / j * silent)
        return np.array(weights)

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer, comparable between values of k.

        The density of t_x as a sum of kx phases, less that of x phases, has no parameter in it but k.
        """
        x_, t_x_, T_ = check_history(x, t_x, T)
        seen = np.maximum(t_x_, SHORTEST_SHARE * T_)
        repeating, phases = (x_ > 0) & (seen > 0), self.k * np.maximum(x_, 1.0)
        timing = (phases - phases / self.k) * np.log(np.where(repeating, seen, 1.0))
        timing -= gammaln(phases) - gammaln(phases / self.k)
        return super().log_likelihood(x_, t_x_, T_) + np.where(repeating, timing, 0.0)

    def _orders_while_alive(self, data: RepeatCounts, horizon: float) -> Floats:
        stretch = horizon / (self.alpha + data.T)
        weights = self._phases(data)
        weights = weights / weights.sum(axis=0)
        result = np.empty(len(data.x))
        for rows in split_blocks(len(data.x)):
            shape = self.r + self.k * data.x[rows]
            a = np.full(len(shape), self.a)
            p, weight = beta_nodes(a, self.b + data.x[rows] + 1, reach=(self.k + shape) * (1 + stretch[rows]))
            leaves = self._leaves(p, weights[:, rows, None], shape[:, None], stretch[rows, None])
            result[rows] = (weight * np.maximum(leaves, 0.0) / p).sum(axis=1)
        return result

    def _leaves(self, p: Floats, weights: Floats, shape: Floats, stretch: Floats) -> Floats:
        """P(gone by the end of the horizon) of a customer alive at T who leaves with chance p after an order.

        With q = 1 - p that is 1 - E[q ** floor(phases / k)]. The floor is a discrete Fourier sum over the k-th roots of
        one, and phases have a negative binomial generating function; written so that small p does not cancel.
        """
        order = np.arange(self.k)
        log_step = np.log1p(-np.minimum(p, 1 - 1e-16)) / self.k
        grown = [np.expm1(-i * log_step) for i in order]
        log_share, spread = np.log1p(sum(grown) / self.k), np.log1p(-np.expm1(log_step) * stretch)
        leaves = -sum(weights[j] * np.expm1(log_share + j * log_step - (shape + j) * spread) for j in order)
        for root in np.exp(2j * np.pi * order[1:] / self.k):
            share = sum(grown[i] * root**-i for i in order) / self.k
            passing = np.exp(log_step) * root
            silent = np.log(1 + (1 - passing) * stretch)
            leaves -= (share * sum(weights[j] * passing**j * np.exp(-(shape + j) * silent) for j in order)).real
        return np.asarray(leaves)

    def _reach_while_alive(self, data: RepeatCounts, horizon: float, counts: Floats) -> Floats:
        weights = self._phases(data)
        weights = weights / weights.sum(axis=0)
        share = (horizon / (self.alpha + data.T + horizon))[:, None]
        shape, b = (self.r + self.k * data.x)[:, None], (self.b + data.x + 1)[:, None]
        passed = sum(weights[j, :, None] * betainc(self.k * counts - j, shape + j, share) for j in range(self.k))
        return np.asarray(passed * np.exp(log_rising(b, counts - 1) - log_rising(self.a + b, counts - 1)))

    def _draw_while_alive(
        self, data: RepeatCounts, horizon: float, draws: int, generator: np.random.Generator
    ) -> Floats:
        size = (len(data.x), draws)
        cumulated = self._phases(data).cumsum(axis=0)
        begun = (generator.random(size)[None] * cumulated[-1][:, None] > cumulated[:-1, :, None]).sum(axis=0)
        rate = generator.gamma((self.r + self.k * data.x)[:, None] + begun) / (self.alpha + data.T)[:, None]
        orders = (begun + generator.poisson(rate * horizon)) // self.k
        leaving = np.clip(generator.beta(self.a, (self.b + data.x + 1)[:, None], size), 1e-15, 1.0)
        return np.asarray(np.minimum(orders, generator.geometric(leaving)), dtype=np.float64)


def regularity(gaps: ArrayLike, variation: ArrayLike) -> int:
    r"""Estimate k from customers' numbers of gaps and coefficients of variation, whatever their rates.

    Given their sum, x gaps of k phases are divided like a Dirichlet vector, in which the rate has cancelled: the idea
    of Wheat & Morrison (1990), "Estimating purchase regularity with two interpurchase times", JMR 27(1), for x = 2.
    The squared sample coefficient of variation then has mean x / (kx + 1). k solves the mean of these, weighted by
    x - 1, and is rounded. 1 where fewer than ten customers have two gaps.

    Examples
    --------
    >>> regularity([5] * 20, [0.5] * 20), regularity([5] * 20, [1.0] * 20)
    (4, 1)
    """
    x, cv = np.asarray(gaps, dtype=np.float64), np.asarray(variation, dtype=np.float64)
    usable = (x >= 2) & np.isfinite(cv)
    x, cv = x[usable], cv[usable]
    if len(x) < 10:
        return 1
    weight = (x - 1) / (x - 1).sum()

    def surplus(k: float) -> float:
        return float(weight @ (x / (k * x + 1) - cv**2))

    if surplus(1.0) <= 0:
        return 1
    if surplus(LARGEST_K) >= 0:
        return LARGEST_K
    return round(brentq(surplus, 1.0, LARGEST_K))


class MBGCNBDCandidate(BTYDCandidate):
    """MBG/CNBD-k with Gamma-Gamma.

    k comes from the spread of gaps (``adbt_cv``) of customers who never ordered twice a day, where the snapshot has
    it; else from the likelihood of (x, t_x, T).
    """

    name: ClassVar[str] = "mbgcnbd"
    model: ClassVar[type[BTYDModel]] = MBGCNBD

    def _fit_orders(self, present: pd.DataFrame) -> Estimate[BTYDModel]:
        k = None
        if {"adbt_cv", "orders_total"} <= set(present):
            days, orders = _read_column(present, "order_days"), _read_column(present, "orders_total")
            k = regularity(np.where(days == orders, orders - 1, 0.0), _read_column(present, "adbt_cv"))
        fit = MBGCNBD.fit(RepeatCounts.of_snapshot(present), k=k)
        return replace(fit, message=f"{fit.message}; k = {fit.model.k}")
