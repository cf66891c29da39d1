"""How far the rhythm misses the level, told by closed windows and read off at the window to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from tenure_training.models.contract import Floats, TrainingFrame

LASTING, PASSING, SEASONAL = 0.10, 0.05, 0.10
"""Standard deviations of what a miss is made of: what stays, what fades over weeks, what comes back every year."""

FADES_DAYS = 45.0
YEAR_DAYS = 365.0
NOISE_OF_BUYERS, NOISE_OF_VALUE = 0.25, 0.40
"""Standard deviation of a window's miss that says nothing about any other window; totals of money are noisier."""

LARGEST = 1.0
"""A window that misses by more than a factor e counts as that."""

_MOMENTS = (np.arange(8) + 0.5) / 8


@dataclass(frozen=True)
class Drift:
    """Misses of the rhythm in ``m`` closed windows; each was predicted by a rhythm fitted at the window's origin alone.

    Attributes
    ----------
    start
        Days from ``as_of`` to each window's origin, shape (m,), negative.
    days
        Length of each window, shape (m,).
    buyers
        Shift of the rhythm's log-odds at which it expects as many buyers as there were, shape (m,).
    value
        Logarithm of the value there was over the value the rhythm expected, shape (m,).
    buyers_variance, value_variance
        Sampling variance of each, shape (m,).

    Notes
    -----
    A miss is taken for the mean, over the days of its window, of a process with covariance
    ``LASTING^2 + PASSING^2 exp(-d / FADES_DAYS) + SEASONAL^2 cos(2 pi d / 365)`` at distance d, plus noise. Its best
    linear prediction for the window to come (kriging; Cressie 1993, section 3.2, with known mean 0) is zero without
    evidence, follows what repeats, hardly follows the latest season, and turns with the year where a year has been
    seen. The constants are of the size of the misses of BTYD models on public and simulated logs; they are judgements.
    """

    start: Floats
    days: Floats
    buyers: Floats
    value: Floats
    buyers_variance: Floats
    value_variance: Floats

    @classmethod
    def of(cls, frame: TrainingFrame, *, rhythm: Floats, log_severity: Floats) -> Self:
        """Collect the misses of a frame's windows.

        Parameters
        ----------
        frame
            Rows, labels and windows.
        rhythm, log_severity
            Log-odds of buying, and log value of those who buy, the rhythm expected of each row, shape (n,).
        """
        expected = np.exp(log_severity) * expit(rhythm)
        start = (frame.rows["as_of"] - frame.as_of).to_numpy() / np.timedelta64(1, "D")
        windows, number = np.unique(np.column_stack([start, frame.window_days]), axis=0, return_inverse=True)
        found = []
        for row, (begins, days) in enumerate(windows):
            index = np.flatnonzero(number.ravel() == row)
            bought, value = (frame.labels[name].to_numpy(dtype=np.float64)[index] for name in ("bought", "value"))
            odds, said = rhythm[index], float(expected[index].sum())
            information = float((expit(odds) * expit(-odds)).sum())
            total = max(float(value.sum()), np.exp(-LARGEST) * said)
            found.append(
                (
                    begins,
                    days,
                    shift_to(odds, float(bought.sum())),
                    float(np.clip(np.log(total / said), -LARGEST, LARGEST)) if said > 0 else 0.0,
                    1 / max(information, 1e-9),
                    float((value**2).sum()) / max(total, 1e-9) ** 2,
                )
            )
        if not found:
            return cls.none()
        return cls(*(np.array(column, dtype=np.float64) for column in zip(*found, strict=True)))

    @classmethod
    def none(cls) -> Self:
        """No window has closed."""
        return cls(*(np.empty(0) for _ in range(6)))

    def of_buyers(self, horizon_days: float) -> float:
        """Predict the shift of log-odds over the window from ``as_of``."""
        return self._kriged(self.buyers, self.buyers_variance + NOISE_OF_BUYERS**2, horizon_days)

    def of_value(self, horizon_days: float) -> float:
        """Predict the logarithm of actual over expected value over the window from ``as_of``."""
        return self._kriged(self.value, self.value_variance + NOISE_OF_VALUE**2, horizon_days)

    def _kriged(self, miss: Floats, noise: Floats, horizon_days: float) -> float:
        if not len(miss):
            return 0.0
        moments = self.start[:, None] + self.days[:, None] * _MOMENTS
        among = covariance(moments, moments) + np.diag(noise)
        ahead = covariance(moments, horizon_days * _MOMENTS[None, :])[:, 0]
        return float(ahead @ np.linalg.solve(among, miss))


def covariance(moments: Floats, others: Floats) -> Floats:
    """Covariance of the means over windows, given as days of shape (m, k) and (l, k); shape (m, l)."""
    apart = moments[:, None, :, None] - others[None, :, None, :]
    fading = PASSING**2 * np.exp(-np.abs(apart) / FADES_DAYS)
    return np.asarray((LASTING**2 + fading + SEASONAL**2 * np.cos(2 * np.pi * apart / YEAR_DAYS)).mean(axis=(2, 3)))


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
