"""When the next order comes: the customer's own gaps, continued from the silence so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from tenure_features.float_table import Table, read_floats
from tenure_features.stored import Stored
from tenure_training.models.contract import Floats

UNLIKELY = 0.1
"""Below this probability of an order within the horizon no date is given: it would be a guess about an exception."""

_DATE_COLUMNS = ("next_order_low_at", "next_order_at", "next_order_high_at")
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
FEWEST_GAPS = 3
_SECONDS_PER_DAY = 86_400.0
_SHAPES = (0.3, 20.0)
_GAPS_OF_SHAPE = 4.0
_SMALLEST = 1e-280


@dataclass(frozen=True)
class NextOrder:
    r"""Gaps of a customer ~ Gamma(k, rate), the customer's own rate ~ Gamma(1 + k, m), given the silence so far.

    After g gaps that sum to s the rate is Gamma(A, B) with A = 1 + k (1 + g), B = m + s (the population counts as one
    gap of its usual length m), so a gap is longer than x with probability

    .. math:: S(x) = I_{B / (B + x)}(A, k)

    (the regularised incomplete beta function; Lomax for k = 1), and a customer silent for r days waits longer than t
    with probability S(r + t) / S(r). The shape k is the customer's own regularity, 1 / CV^2 of the gaps, drawn towards
    the shop's as if that had been seen in four gaps. Whether there will be an order is not for this model to say: it
    gives the time *given* an order within the horizon, so that P(T <= t) = p G(t) / G(horizon) with
    G = 1 - S(r + t) / S(r) meets the calibrated probability p exactly at the horizon.

    Attributes
    ----------
    usual_gap_days
        Median over repeat customers of the mean gap; the horizon where nobody has repeated.
    squared_cv
        Median squared coefficient of variation of gaps over customers with at least three gaps; 1 where there are none.

    Examples
    --------
    >>> regular = pd.DataFrame({
    ...     "recency_days": [5.0, 5.0], "orders_total": [20.0, 1.0], "span_days": [570.0, 0.0], "adbt_cv": [0.1, np.nan]
    ... })
    >>> NextOrder(30.0, 1.0).quantiles(regular, horizon_days=60)[:, 1].round().tolist()
    [23.0, 11.0]
    """

    usual_gap_days: float
    squared_cv: float

    @classmethod
    def fit(cls, present: pd.DataFrame, *, horizon_days: float) -> Self:
        """Take the shop's usual gap and regularity from the snapshot at ``as_of``."""
        gaps, span, cv = _gaps(present)
        repeat, seen = gaps > 0, (gaps >= FEWEST_GAPS) & np.isfinite(cv)
        usual = float(np.median(span[repeat] / gaps[repeat])) if repeat.any() else float(horizon_days)
        spread = float(np.median(cv[seen] ** 2)) if seen.any() else 1.0
        return cls(max(usual, 1.0), float(np.clip(spread, 1 / _SHAPES[1], 1 / _SHAPES[0])))

    def quantiles(self, snapshot: Table, *, horizon_days: float) -> Floats:
        """Days from ``as_of`` to the next order, given one within the horizon, at 10, 50 and 90 %.

        Parameters
        ----------
        snapshot
            ``recency_days``, ``orders_total``, ``span_days`` and, where known, ``adbt_cv`` of ``n`` customers.
        horizon_days
            Length of the horizon.

        Returns
        -------
        ndarray
            Shape (n, 3), within [0, horizon], non-decreasing along the row. A row depends on itself alone.
        """
        shape, A, B = self._posterior(snapshot)
        silence = _column(snapshot, "recency_days", 0.0)
        still = np.maximum(betainc(A, shape, B / (B + silence)), _SMALLEST)
        within = 1 - betainc(A, shape, B / (B + silence + horizon_days)) / still
        quantiles = []
        for level in (LOW, MIDDLE, HIGH):  # the share of the orders within the horizon that has come by then
            z = betaincinv(A, shape, np.clip((1 - level * within) * still, _SMALLEST, 1.0))
            quantiles.append(B * (1 - z) / np.maximum(z, _SMALLEST) - silence)
        days = np.clip(np.column_stack(quantiles), 0.0, horizon_days)
        # where even the horizon is all but sure to pass in silence, the tail is flat: any moment of it is as good
        flat = within < 1e-9
        days[flat] = np.array([LOW, MIDDLE, HIGH]) * horizon_days
        return np.asarray(np.maximum.accumulate(days, axis=1))

    def _posterior(self, snapshot: Table) -> tuple[Floats, Floats, Floats]:
        gaps, span, cv = _gaps(snapshot)
        own = np.maximum(gaps - 1, 0.0)
        spread = (own * np.nan_to_num(cv) ** 2 + _GAPS_OF_SHAPE * self.squared_cv) / (own + _GAPS_OF_SHAPE)
        shape = np.clip(1 / np.maximum(spread, 1e-6), *_SHAPES)
        return shape, 1 + shape * (1 + gaps), self.usual_gap_days + span

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("usual_gap_days", "squared_cv")
        return cls(saved["usual_gap_days"].number(1.0, 1e6), saved["squared_cv"].number(1 / _SHAPES[1], 1 / _SHAPES[0]))


def predict_dates(
    model: NextOrder, snapshot: Table, buy_probability: Floats, *, as_of: pd.Timestamp, horizon_days: float
) -> dict[str, NDArray[np.datetime64]]:
    """Give the moment of the next order, and the 80 % interval around it, as columns of a score table.

    Parameters
    ----------
    model
        The fitted model.
    snapshot
        Rows of one ``as_of``.
    buy_probability
        Calibrated P(at least one order within the horizon), shape (n,).
    as_of
        That moment.
    horizon_days
        Length of the horizon.

    Returns
    -------
    dict
        ``next_order_low_at``, ``next_order_at``, ``next_order_high_at``, shape (n,) each, to the second: missing where
        an order is `UNLIKELY`.
    """
    days = model.quantiles(snapshot, horizon_days=horizon_days)
    days[buy_probability < UNLIKELY] = np.nan
    return dict(zip(_DATE_COLUMNS, moments_after(as_of, days).T, strict=True))


def moments_after(as_of: pd.Timestamp, days: Floats) -> NDArray[np.datetime64]:
    """Give the moments so many days after another one, to the second; no moment where the days are NaN.

    Examples
    --------
    >>> moments_after(pd.Timestamp("2024-06-01"), np.array([1.5, np.nan])).tolist()
    [datetime.datetime(2024, 6, 2, 12, 0), None]
    """
    finite = np.isfinite(days)
    seconds = np.rint(np.where(finite, days, 0.0) * _SECONDS_PER_DAY).astype("timedelta64[s]")
    moments = np.datetime64(as_of, "us") + seconds
    moments[~finite] = np.datetime64("NaT", "us")
    return moments


def _gaps(snapshot: Table) -> tuple[Floats, Floats, Floats]:
    gaps = np.maximum(_column(snapshot, "orders_total", 1.0) - 1, 0.0)
    return gaps, np.where(gaps > 0, _column(snapshot, "span_days", 0.0), 0.0), _column(snapshot, "adbt_cv", np.nan)


def _column(snapshot: Table, name: str, missing: float) -> Floats:
    if name not in snapshot:
        return np.full(len(snapshot), missing)
    values = read_floats(snapshot, name)
    return np.asarray(np.where(np.isnan(values), missing, values))
