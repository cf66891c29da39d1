"""What a customer's own figure counts beside the shop's: credibility, estimated by moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from tenure_features.stored import Stored
from tenure_training.models.contract import Floats

MOST_HALFWAY = 1e15


@dataclass(frozen=True, kw_only=True)
class Credibility:
    r"""A rate of each customer (margin per revenue, cost to serve per order), drawn to the shop's by what is known.

    Bühlmann & Straub (1970): a customer's rate has variance a around the shop's, and what is seen of it over an
    exposure w has variance s^2 / w around the customer's own. The best linear estimate of the own rate is

    .. math:: \frac{\text{total} + K m}{w + K}, \qquad K = s^2 / a

    the empirical Bayes estimate of a normal hierarchy. Nobody's exposure is the shop's mean m; an exposure of K counts
    half.

    Attributes
    ----------
    mean
        The shop's rate.
    halfway
        K, in the unit of the exposure; None where customers do not differ by more than chance, or nothing tells: then
        every customer's rate is the shop's.

    Examples
    --------
    >>> Credibility(mean=0.4, halfway=100.0).rates(np.array([0.0, 20.0, 900.0]), np.array([0.0, 100.0, 900.0])).tolist()
    [0.4, 0.3, 0.94]
    """

    mean: float
    halfway: float | None = None

    @classmethod
    def fit(cls, sums: Mapping[str, float], *, mean: float) -> Self:
        """Estimate both variances from sums over the shop.

        Parameters
        ----------
        sums
            ``customers`` (I) and ``observations`` (N, each of positive exposure), ``total`` and ``exposure`` over all
            of them, ``squares`` (sum of total^2 / exposure over observations), ``own_squares`` (the same over
            customers) and ``squared_exposure`` (sum of exposure^2 over customers).
        mean
            The rate everybody is drawn to.
        """
        spare = sums["observations"] - sums["customers"]
        exposure = sums["exposure"]
        if not (spare > 0 and exposure > 0 and sums["customers"] > 1):
            return cls(mean=mean)
        within = max(sums["squares"] - sums["own_squares"], 0.0) / spare
        among = sums["own_squares"] - sums["total"] ** 2 / exposure - (sums["customers"] - 1) * within
        between = among / max(exposure - sums["squared_exposure"] / exposure, np.finfo(float).tiny)
        if not between > 0:
            return cls(mean=mean)
        halfway = within / between
        return cls(mean=mean, halfway=float(halfway) if halfway < MOST_HALFWAY else None)

    def rates(self, total: Floats, exposure: Floats) -> Floats:
        """Estimate each customer's rate from what has been seen, shape (n,); the shop's where nothing has."""
        if self.halfway is None:
            return np.full(len(total), self.mean)
        seen = np.isfinite(total) & (exposure > 0)
        weight = np.where(seen, exposure, 0.0) + self.halfway
        own = np.where(seen, total, 0.0) + self.halfway * self.mean
        return np.asarray(np.divide(own, weight, out=np.full(len(total), self.mean), where=weight > 0))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        return {"mean": self.mean, "halfway": self.halfway}

    @classmethod
    def from_stored(cls, stored: Stored, *, low: float, high: float) -> Self:
        """Read what `to_dict` wrote; the mean lies within the bounds."""
        saved = stored.fields("mean", "halfway")
        halfway = None if saved["halfway"].missing else saved["halfway"].number(0.0, MOST_HALFWAY)
        return cls(mean=saved["mean"].number(low, high), halfway=halfway)
