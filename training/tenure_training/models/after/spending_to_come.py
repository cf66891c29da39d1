"""How uncertain a customer's spending over years is: its distribution under Pareto/NBD, matched by its moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit as inverse_logit
from scipy.special import exprel, gammaincinv, logit

from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.contract import Floats

_LEAST_TAIL = 0.5
"""Of the shape of the customer's own spend less 2: below, its variance would be infinite."""

_SURE = 1e-9


@dataclass(frozen=True, kw_only=True)
class SpendingToCome:
    """Whether a customer spends at all within some days, and how far the sum varies if so; arrays of shape (n,).

    Attributes
    ----------
    probability
        P(at least one order within the days).
    squared_variation
        Squared coefficient of variation of the sum, given at least one order.
    """

    probability: Floats
    squared_variation: Floats

    def quantiles(self, mean: Floats, levels: tuple[float, ...]) -> Floats:
        """Give quantiles of a sum of known mean, shape (n, len(levels)); 0 up to the probability of nothing.

        Given an order the sum is taken as a gamma variable of the same two moments. A negative mean (what customers
        bring does not cover what they cost) turns the distribution round.
        """
        if_bought = np.divide(mean, self.probability, out=np.zeros_like(mean), where=self.probability > _SURE)
        shape = 1.0 / self.squared_variation
        nothing = 1.0 - self.probability
        columns = []
        for level in levels:
            at = np.where(mean < 0, 1.0 - level, level)
            inside = np.divide(at - nothing, self.probability, out=np.zeros_like(at), where=self.probability > _SURE)
            relative = gammaincinv(shape, np.clip(inside, 0.0, 1.0 - _SURE)) / shape
            columns.append(np.where(inside > 0, if_bought * relative, 0.0))
        return np.stack(columns, axis=1)

    def interval(self, mean: Floats, level: float) -> tuple[Floats, Floats]:
        """Bounds of the middle of some probability, shape (n,) each; from zero where nothing at all is that likely."""
        low, one_sided, high = self.quantiles(mean, (0.5 - level / 2, level, 0.5 + level / 2)).T
        return low, np.where(low == 0.0, np.maximum(one_sided, low), high)


def spending_to_come(
    model: ParetoNBD,
    spend: GammaGamma,
    history: tuple[Floats, Floats, Floats],
    *,
    mean_spend: Floats,
    days: float,
    buy_probability: Floats,
    horizon_days: float,
) -> SpendingToCome:
    r"""Find the spread of spending within some days.

    With the own rate lambda and the time until leaving tau, N orders within t days have E[N | alive] = E[lambda]
    E[min(tau, t)] and E[N^2 | alive] = E[lambda^2] E[min(tau, t)^2] + E[N | alive]; tau is Lomax given T. Under
    Gamma-Gamma with own 1/nu the sum S of N orders has E[S^2] = (p^2 E[N^2] + p E[N]) E[1/nu^2].

    Parameters
    ----------
    model, spend
        Fitted, in days.
    history
        x, t_x, T of ``n`` customers, in days.
    mean_spend
        Mean net revenue per order day so far, shape (n,).
    days
        How far ahead.
    buy_probability, horizon_days
        P(at least one order) over the horizon by the model that was chosen: the odds of the longer window move with it.
    """
    x, t_x, T = history
    alive, (buying, within) = model.outlook(x, t_x, T, days=[days, horizon_days])
    left = model.beta + T
    log_stretch = np.log1p(days / left)
    first = left * _power_sum(log_stretch, 1 - model.s)
    second = 2 * left**2 * (_power_sum(log_stretch, 2 - model.s) - _power_sum(log_stretch, 1 - model.s))
    rate = (model.r + x) / (model.alpha + T)
    orders = rate * first
    squared = rate * (model.r + x + 1) / (model.alpha + T) * second + orders
    shape, _ = spend.posterior(x + 1, mean_spend)
    wild = (shape - 1) / np.maximum(shape - 2, _LEAST_TAIL)
    given_alive = np.clip(buying / np.maximum(alive, _SURE), _SURE, 1.0)
    # moments given at least one order: those given alive, over the chance of one
    variation = (squared + orders / spend.p) * given_alive / orders**2 * wild - 1.0
    moved = inverse_logit(_log_odds(buying) + _log_odds(buy_probability) - _log_odds(within))
    return SpendingToCome(
        probability=np.asarray(np.maximum(moved, buy_probability)),
        squared_variation=np.clip(variation, 1e-4, 1e4),
    )


def _power_sum(log_w: Floats, power: float) -> Floats:
    """(w^c - 1) / c, with c = 0 no exception."""
    return np.asarray(log_w * exprel(power * log_w))


def _log_odds(probability: Floats) -> Floats:
    return np.asarray(logit(np.clip(probability, _SURE, 1 - _SURE)))
