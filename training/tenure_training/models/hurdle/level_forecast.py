"""How far the rhythm misses the level, told by closed windows and read off at the window to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.optimize import LinearConstraint, brentq, minimize
from scipy.special import expit

from tenure_training.models.contract import Floats, TrainingFrame
from tenure_training.models.season import multiply_orders

LASTING, PASSING, SEASONAL = 0.30, 0.05, 0.30
"""Standard deviations of what a miss is made of: what stays, what fades over weeks, what comes back every year."""

FADES_DAYS = 45.0
_YEAR_DAYS = 365.0
SEASON = 0.4
"""How far within the year a season reaches: a month off it, .4 of what comes back is shared."""

NOISE = 0.40
"""Standard deviation of the luck of a window as long as the horizon, in log-odds of buyers and in the logarithm of the
total value; windows share it where they overlap."""

DRIFT_DOUBT = 0.5
"""How firmly the BTYD models are held to equal shares in the number of buyers, in units of log-likelihood per squared
distance."""

SMALLEST = 1e-6
"""Variance that every miss has of its own: two windows that are one could not be told apart otherwise."""

LARGEST = 1.0
"""A window that misses by more than a factor e counts as that."""

_MOMENTS = (np.arange(8) + 0.5) / 8


@dataclass(frozen=True, kw_only=True)
class LevelForecast:
    """Misses of the rhythm in ``m`` closed windows; each was predicted by a rhythm fitted at the window's origin alone.

    Attributes
    ----------
    start
        Days from ``as_of`` to each window's origin, shape (m,), negative.
    days
        Length of each window, shape (m,).
    buyers
        By BTYD model: the shift of its log-odds at which it expects as many buyers as there were, shape (m,) each.
    value
        Logarithm of the value there was over the value the rhythm expected, shape (m,).
    buyers_variance, value_variance
        Sampling variance of each, shape (m,).

    Notes
    -----
    The models of the rhythm differ in when customers may leave, and so in how many they expect back: by a quarter on
    CDNOW, by nothing where nobody leaves. Which of them has the level right is a trait of the shop, and closed windows
    tell it: `shares` are the weights w >= 0, summing to one, that minimise the squared misses of the weighted mean of
    log-odds over their variance, plus ``DOUBT * |w - equal|^2``, all halved. They set the number of buyers alone.

    A miss is taken for the mean, over the days of its window, of a process with covariance
    ``LASTING^2 + PASSING^2 exp(-d / FADES_DAYS) + SEASONAL^2 exp(-2 sin^2(pi d / 365) / SEASON^2)`` at distance d (the
    last is the periodic kernel of MacKay 1998), plus luck, which is white noise in time: two windows share that of the
    days they share, so a dozen overlapping ones are no dozen witnesses. The best
    linear prediction for the window to come (kriging; Cressie 1993, section 3.2, with known mean 0) is zero without
    evidence, follows what repeats, hardly follows the latest season, and turns with the year where a year has been
    seen. The constants are of the size of the misses of BTYD models on public and simulated logs; they are judgements.
    """

    start: Floats
    days: Floats
    buyers: Mapping[str, Floats]
    value: Floats
    buyers_variance: Floats
    value_variance: Floats

    @classmethod
    def of(cls, frame: TrainingFrame, *, odds: Mapping[str, Floats], log_severity: Floats) -> Self:
        """Collect the misses of a frame's windows.

        Parameters
        ----------
        frame
            Rows, labels and windows.
        odds
            Log-odds of buying each BTYD model expected of each row, shape (n,) each.
        log_severity
            Log value of those who buy the rhythm expected of each row, shape (n,).
        """
        if frame.rows.empty:
            return cls.none()
        rhythm = np.mean(list(odds.values()), axis=0)
        expected = np.exp(log_severity) * expit(rhythm)
        start = (frame.rows["as_of"] - frame.as_of).to_numpy() / np.timedelta64(1, "D")
        windows, number = np.unique(np.column_stack([start, frame.window_days]), axis=0, return_inverse=True)
        misses, buyers = [], {name: np.empty(len(windows)) for name in odds}
        for row in range(len(windows)):
            index = np.flatnonzero(number.ravel() == row)
            bought, value = (frame.labels[name].to_numpy(dtype=np.float64)[index] for name in ("bought", "value"))
            season = frame.season.factor(frame.rows["as_of"].iloc[index[0]], days=int(windows[row, 1]))
            for name, logit in odds.items():
                buyers[name][row] = shift_to(multiply_orders(logit[index], season), float(bought.sum()))
            expected_buyers, information = (
                float(expected[index].sum()) * season,
                float((expit(rhythm) * expit(-rhythm))[index].sum()),
            )
            total = max(float(value.sum()), np.exp(-LARGEST) * expected_buyers)
            misses.append(
                (
                    float(np.clip(np.log(total / expected_buyers), -LARGEST, LARGEST)) if expected_buyers > 0 else 0.0,
                    1 / max(information, 1e-9),
                    float((value**2).sum()) / max(total, 1e-9) ** 2,
                )
            )
        miss, buyers_variance, value_variance = np.array(misses, dtype=np.float64).T
        return cls(
            start=windows[:, 0],
            days=windows[:, 1],
            buyers=buyers,
            value=miss,
            buyers_variance=buyers_variance,
            value_variance=value_variance,
        )

    @classmethod
    def none(cls) -> Self:
        """No window has closed."""
        nothing = np.empty(0)
        return cls(
            start=nothing, days=nothing, buyers={}, value=nothing, buyers_variance=nothing, value_variance=nothing
        )

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """Weights of the BTYD models in the number of buyers; empty where no window has closed: then all are equal."""
        if not len(self.start):
            return {}
        misses, weight = np.column_stack(list(self.buyers.values())), 1 / (self.buyers_variance + NOISE**2)
        equal = np.full(len(self.buyers), 1 / len(self.buyers))

        def loss(share: Floats) -> tuple[float, Floats]:
            miss, away = misses @ share, share - equal
            value = float(weight @ miss**2 + DRIFT_DOUBT * away @ away) / 2
            return value, misses.T @ (weight * miss) + DRIFT_DOUBT * away

        together = LinearConstraint(np.ones((1, len(equal))), 1.0, 1.0)
        bounds = [(0.0, 1.0)] * len(equal)
        best = minimize(loss, equal, jac=True, method="SLSQP", bounds=bounds, constraints=together)
        share = np.clip(np.round(best.x, 6), 0.0, 1.0)
        return dict(zip(self.buyers, (share / share.sum()).tolist(), strict=True))

    def correct(self, odds: Mapping[str, Floats], horizon_days: float) -> Floats:
        """Give the log-odds that say how many will buy over the window from ``as_of``, shape (n,).

        Parameters
        ----------
        odds
            Log-odds each BTYD model expects, shape (n,) each.
        horizon_days
            Length of the window.
        """
        if not self.shares:
            return np.asarray(np.mean(list(odds.values()), axis=0))
        return np.asarray(sum(share * odds[name] for name, share in self.shares.items()) + self.of_buyers(horizon_days))

    def of_buyers(self, horizon_days: float) -> float:
        """Predict the shift of log-odds, the models weighted by their shares, over the window from ``as_of``."""
        miss = sum((share * self.buyers[name] for name, share in self.shares.items()), np.zeros(len(self.start)))
        return self._krige(miss, self.buyers_variance, horizon_days)

    def of_value(self, horizon_days: float) -> float:
        """Predict the logarithm of actual over expected value over the window from ``as_of``."""
        return self._krige(self.value, self.value_variance, horizon_days)

    def _krige(self, miss: Floats, variance: Floats, horizon_days: float) -> float:
        if not len(miss):
            return 0.0
        moments = self.start[:, None] + self.days[:, None] * _MOMENTS
        luck = NOISE**2 * horizon_days * overlap_of_windows(self.start, self.days)
        among = covariance(moments, moments) + luck + np.diag(np.maximum(variance, SMALLEST))
        ahead = covariance(moments, horizon_days * _MOMENTS[None, :])[:, 0]
        return float(ahead @ np.linalg.solve(among, miss))


def covariance(moments: Floats, others: Floats) -> Floats:
    """Covariance of the means over windows, given as days of shape (m, k) and (l, k); shape (m, l)."""
    apart = moments[:, None, :, None] - others[None, :, None, :]
    fading = PASSING**2 * np.exp(-np.abs(apart) / FADES_DAYS)
    yearly = SEASONAL**2 * np.exp(-2 * np.sin(np.pi * apart / _YEAR_DAYS) ** 2 / SEASON**2)
    return np.asarray((LASTING**2 + fading + yearly).mean(axis=(2, 3)))


def overlap_of_windows(start: Floats, days: Floats) -> Floats:
    """Covariance of the means over windows of white noise with one unit of variance a day; shape (m, m).

    Examples
    --------
    >>> overlap_of_windows(np.array([-60.0, -30.0]), np.array([60.0, 30.0])).round(4).tolist()
    [[0.0167, 0.0167], [0.0167, 0.0333]]
    """
    end = start + days
    shared = np.minimum(end[:, None], end[None, :]) - np.maximum(start[:, None], start[None, :])
    return np.asarray(np.maximum(shared, 0.0) / (days[:, None] * days[None, :]))


def shift_to(odds: Floats, total: float, *, within: float = LARGEST) -> float:
    """Find the shift, within so many units, at which log-odds of shape (n,) expect a total number of buyers.

    Examples
    --------
    >>> round(shift_to(np.zeros(4), 3.0), 3)
    1.0
    >>> round(shift_to(np.array([-1.0, 2.0]), float(expit(-0.5) + expit(2.5))), 3)
    0.5
    """

    def gap(shift: float) -> float:
        return float(expit(odds + shift).sum()) - total

    if gap(-within) >= 0 or gap(within) <= 0:
        return -within if gap(-within) >= 0 else within
    return float(brentq(gap, -within, within))
