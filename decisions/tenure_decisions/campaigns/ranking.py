"""How well a ranking finds those whom a contact moves: Qini, AUUC, deciles, calibration and the value of policies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.learners import Randomised
from tenure_decisions.inputs import Floats, Ints
from tenure_decisions.resampling import Resampler, interval

TENTHS = 10
"""Tenths of the customers, of the table by decile and of the shares contacted."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Customers drawn by lot, and resamples of them, by which rankings are compared.

    Intervals are percentiles of a bootstrap over customers. Predictions are held: the interval is of how well these
    rankings do, not of what another fit would rank.

    Attributes
    ----------
    data
        The customers.
    scores
        Their doubly robust scores, shape (n,), see `tenure_decisions.campaigns.learners.score_doubly_robust`.
    level
        Of every interval.
    resampler
        Draws customers again.
    """

    data: Randomised
    scores: Floats
    level: float
    resampler: Resampler

    @cached_property
    def _weights(self) -> Floats:
        """How often each customer is drawn, shape (1 + resamples, n); first everybody once."""
        drawn = self.resampler.weights[:, self.resampler.group]
        return np.vstack([np.ones(drawn.shape[1]), drawn])

    def rank(self, ranking: Floats) -> Ranked:
        """Judge a ranking, the customers to contact first with the highest value."""
        order = np.argsort(-ranking, kind="stable")
        sorted_values = ranking[order]
        # customers of equal rank come in no order: curves go straight from one border to the next
        borders = np.flatnonzero(np.append(sorted_values[1:] != sorted_values[:-1], True))
        return Ranked(judge=self, order=order, borders=borders)

    def mean_of(self, values: Floats) -> Floats:
        """Return the mean of values per customer in each resample, shape (1 + resamples,)."""
        return np.asarray(self._weights @ values / self._weights.sum(axis=1))

    def ends(self, draws: Floats) -> tuple[float, float, float]:
        """Return an estimate with its interval, from draws of which the first is of everybody once."""
        return (float(draws[0]), *interval(draws[1:], self.level))


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A ranking, judged.

    Attributes
    ----------
    judge
        The customers.
    order
        Their positions, best first.
    borders
        Places in ``order`` after which the rank changes.
    """

    judge: Judge
    order: Ints
    borders: Ints

    def _sums(self, values: Floats, turn: int) -> Floats:
        weights = self.judge._weights[turn, self.order]
        return np.concatenate([[0.0], np.cumsum(weights * values[self.order])[self.borders]])

    def _curve(self, turn: int) -> tuple[Floats, Floats, Floats]:
        """Return the share contacted, the Qini curve and the uplift curve at the borders, from 0 on."""
        data = self.judge.data
        w, y = data.treated.astype(np.float64), data.outcome
        treated, control = self._sums(w, turn), self._sums(1 - w, turn)
        bought, bought_alone = self._sums(w * y, turn), self._sums((1 - w) * y, turn)
        share = (treated + control) / max(treated[-1] + control[-1], 1.0)
        rate = np.divide(bought_alone, control, out=np.zeros_like(control), where=control > 0)
        reached = np.divide(bought, treated, out=np.zeros_like(treated), where=treated > 0)
        both = (treated > 0) & (control > 0)
        return share, (bought - rate * treated) / max(treated[-1], 1.0), np.where(both, reached - rate, 0.0) * share

    @cached_property
    def _areas(self) -> Floats:
        """Qini coefficient and AUUC in each resample, shape (1 + resamples, 2)."""
        rows = []
        for turn in range(len(self.judge._weights)):
            share, qini, uplift = self._curve(turn)
            rows.append((_area(share, qini) - qini[-1] / 2, _area(share, uplift)))
        return np.array(rows)

    @property
    def qini(self) -> tuple[float, float, float]:
        r"""Qini coefficient with its interval: the area between the Qini curve and the straight line of a random order.

        The curve at a share contacted is :math:`(Y_1 - Y_0 N_1 / N_0) / N` over the customers up to there, ``N`` all
        customers of the arm (Radcliffe 2007); it is in the outcome's unit per customer. 0 is random.
        """
        return self.judge.ends(self._areas[:, 0])

    @property
    def auuc(self) -> tuple[float, float, float]:
        """Area under the uplift curve with its interval: difference of means up to a share, times the share.

        (Gutierrez and Gérardy 2017). A random order has half the average effect.
        """
        return self.judge.ends(self._areas[:, 1])

    def qini_over(self, other: Ranked) -> tuple[float, float, float]:
        """Return how much larger the Qini coefficient is than that of another ranking of the same customers."""
        return self.judge.ends(self._areas[:, 0] - other._areas[:, 0])

    def curve(self, points: int = 50) -> pd.DataFrame:
        """Return ``share`` contacted and ``gain`` (the Qini curve) with its interval, at evenly spaced shares."""
        at = np.linspace(0, 1, points + 1)
        gains = []
        for turn in range(len(self.judge._weights)):
            share, qini, _ = self._curve(turn)
            gains.append(np.interp(at, share, qini))
        rows = [self.judge.ends(column) for column in np.array(gains).T]
        return pd.DataFrame(rows, columns=["gain", "gain_low", "gain_high"]).assign(share=at)

    def values(self, worth: Floats) -> pd.DataFrame:
        """Value policies that contact the best tenth, two tenths and so on.

        Parameters
        ----------
        worth
            Doubly robust scores of what a contact brings after its costs, shape (n,).

        Returns
        -------
        DataFrame
            ``contacted`` (share) and ``value`` with its interval: money per customer, contacted or not, over contacting
            nobody (Dudík, Langford and Li 2011).
        """
        n, rows = len(self.order), []
        for tenth in range(1, TENTHS + 1):
            inside = np.zeros(n)
            inside[self.order[: round(n * tenth / TENTHS)]] = 1.0
            rows.append((tenth / TENTHS, *self.judge.ends(self.judge.mean_of(inside * worth))))
        return pd.DataFrame(rows, columns=["contacted", "value", "value_low", "value_high"])


def _area(x: Floats, y: Floats) -> float:
    return float(np.trapezoid(y, x))


def by_decile(judge: Judge, predicted: Floats) -> pd.DataFrame:
    """Compare predicted with measured uplift by tenths of the prediction, the highest first.

    Returns
    -------
    DataFrame
        ``decile``, ``customers``, ``predicted`` (mean), ``measured`` (mean doubly robust score) with its interval.
    """
    order = np.argsort(-predicted, kind="stable")
    rows = []
    for number, part in enumerate(np.array_split(order, TENTHS), start=1):
        inside = np.zeros(len(predicted))
        inside[part] = 1.0
        draws = judge.mean_of(inside * judge.scores) / judge.mean_of(inside)
        rows.append((number, len(part), float(predicted[part].mean()), *judge.ends(draws)))
    return pd.DataFrame(rows, columns=["decile", "customers", "predicted", "measured", "measured_low", "measured_high"])


def calibration(judge: Judge, predicted: Floats) -> tuple[float, float, float]:
    """Return the slope of measured on predicted uplift with its interval: 1 is calibrated, 0 is no telling apart.

    The best linear predictor of the effect (Chernozhukov, Demirer, Duflo and Fernández-Val 2018, eq. 3.2).
    """
    x = predicted - predicted.mean()
    square, cross, mean, score = (judge.mean_of(v) for v in (x * x, x * judge.scores, x, judge.scores))
    spread = square - mean**2
    draws = np.divide(cross - mean * score, spread, out=np.full(len(spread), np.nan), where=spread > 1e-18)
    return judge.ends(draws)
