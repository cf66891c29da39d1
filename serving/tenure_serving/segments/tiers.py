"""Value tiers by share of value, and risk tiers by calibrated churn probability or by expected loss."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, Self, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import read_floats
from tenure_features.stored import Stored
from tenure_serving.segments.hysteresis import hold_level, raise_borders

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ValueBasis = Literal["if_buys", "expected"]
ValueBy = Literal["revenue", "contribution"]
RiskBasis = Literal["probability", "expected_loss"]

Predictions = pd.DataFrame | Mapping[str, Floats]
"""Columns of a score table by name."""

TIERS = ("low", "medium", "high")
_FARTHEST = sys.float_info.max
"""Where the limits lie if nobody has any value: JSON has no infinity."""


def money_at_risk(predictions: Predictions) -> Floats:
    """Money the risk of leaving takes: value if they buy - expected value (= churn probability x value by their past).

    Parameters
    ----------
    predictions
        ``value_if_buys`` (see `tenure_serving.segments.value_if_buys.ValueIfBuys`) and ``expected_value``, n rows; a
        negative expected value counts as zero.

    Returns
    -------
    ndarray
        Shape (n,), money over the horizon, >= 0.

    Examples
    --------
    >>> money_at_risk(pd.DataFrame({"value_if_buys": [100.0, 40.0], "expected_value": [50.0, 10.0]})).tolist()
    [50.0, 30.0]
    """
    expected = np.maximum(prediction(predictions, "expected_value"), 0.0)
    return np.maximum(prediction(predictions, "value_if_buys") - expected, 0.0)


@dataclass(frozen=True, kw_only=True)
class ValueTiers:
    """Value tiers by share of value (Pareto, as in ABC analysis).

    ``high`` is the smallest group of best customers that brings ``high_share`` of all value, ``medium`` the next
    ones up to ``medium_share``, ``low`` the rest and everybody without value. Equal values share a tier.

    Attributes
    ----------
    medium_from, high_from
        Stored limits in money: a value at or above them reaches the tier.
    high_share, medium_share
        Shares the limits were fitted for; defaults: the first 50 % and the first 80 % of value.
    basis
        What the values are: ``if_buys`` (default), value if the customer buys, which keeps value and risk apart;
        ``expected``, expected value as it is.
    by
        ``revenue`` or ``contribution``.

    Examples
    --------
    >>> ValueTiers.fit(np.array([60.0, 25.0, 10.0, 5.0])).assign(pd.Series([60.0, 25.0, 10.0, 5.0])).tolist()
    ['high', 'medium', 'low', 'low']
    """

    medium_from: float
    high_from: float
    high_share: float = 0.5
    medium_share: float = 0.8
    basis: ValueBasis = "if_buys"
    by: ValueBy = "revenue"

    @classmethod
    def fit(
        cls,
        values: Floats,
        *,
        high_share: float = 0.5,
        medium_share: float = 0.8,
        basis: ValueBasis = "if_buys",
        by: ValueBy = "revenue",
    ) -> Self:
        """Fit the limits to values of customers; `UsageError` unless 0 < high_share < medium_share <= 1."""
        medium_from, high_from = _pareto(values, medium_share=medium_share, high_share=high_share)
        return cls(
            medium_from=medium_from,
            high_from=high_from,
            high_share=high_share,
            medium_share=medium_share,
            basis=basis,
            by=by,
        )

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read the limits that were stored by name."""
        saved = stored.fields(*(field.name for field in fields(cls)))
        medium_from = saved["medium_from"].number(-_FARTHEST, _FARTHEST)
        high_from = saved["high_from"].number(medium_from, _FARTHEST)
        high_share, medium_share = (saved[name].number(0.0, 1.0) for name in ("high_share", "medium_share"))
        basis = cast("ValueBasis", saved["basis"].one_of(get_args(ValueBasis)))
        return cls(
            medium_from=medium_from,
            high_from=high_from,
            high_share=high_share,
            medium_share=medium_share,
            basis=basis,
            by=cast("ValueBy", saved["by"].one_of(get_args(ValueBy))),
        )

    def assign(self, values: pd.Series, *, previous: pd.Series | None = None, margin: float = 0.0) -> pd.Series:
        """Return ``low``, ``medium`` or ``high`` for every value, on the same index.

        With the ``previous`` tiers (missing for newcomers), a customer changes the tier only where the value lies
        beyond the border by more than ``margin`` times the border.
        """
        before = None if previous is None else previous.reindex(values.index)
        tiers = self.place(values.to_numpy(dtype=np.float64), previous=before, margin=margin)
        return pd.Series(tiers, index=values.index, dtype="str")

    def place(self, values: Floats, *, previous: pd.Series | None = None, margin: float = 0.0) -> NDArray[np.object_]:
        """Name the tiers as `assign` does, earlier ones in the order of the values; shape (n,)."""
        borders = round(self.medium_from, 6), round(self.high_from, 6)
        return _tiers(np.round(values, 6), borders, previous, margin)


@dataclass(frozen=True)
class RiskTiers:
    """Risk tiers by calibrated churn probability, or by expected loss.

    Where 70 % of customers leave anyway, "above one half" says nothing. So the default limits are relative to the
    shop: ``high`` means odds of leaving at least twice the shop's, ``low`` less than half of them. With a mean
    probability of .70 these are .82 and .54; with .30 they are .46 and .18. Give ``cuts`` for limits of your own.

    Attributes
    ----------
    medium_from, high_from
        Stored limits: probabilities, or money over the horizon for ``expected_loss``.
    base
        Mean churn probability of the customers the tiers were fitted on.
    basis
        ``probability`` or ``expected_loss`` (`money_at_risk`; limits by share of all money at risk, 50 and 80 % unless
        told otherwise).

    Examples
    --------
    >>> people = pd.DataFrame({"churn_probability": [0.4, 0.7, 0.75, 0.95]})
    >>> tiers = RiskTiers.fit(people)
    >>> round(tiers.medium_from, 2), round(tiers.high_from, 2), tiers.assign(people).tolist()
    (0.54, 0.82, ['low', 'medium', 'medium', 'high'])
    """

    medium_from: float
    high_from: float
    base: float
    basis: RiskBasis = "probability"

    @classmethod
    def fit(
        cls,
        predictions: pd.DataFrame,
        *,
        cuts: tuple[float, float] | None = None,
        odds_ratio: float = 2.0,
        loss_shares: tuple[float, float] = (0.5, 0.8),
        basis: RiskBasis = "probability",
    ) -> Self:
        """Fit the limits.

        Parameters
        ----------
        predictions
            ``churn_probability``; for ``expected_loss`` also what `money_at_risk` reads.
        cuts
            Fixed limits (medium from, high from) in the units of the basis, instead of fitted ones.
        odds_ratio
            For ``probability``: how far from the shop's odds the limits lie, > 1.
        loss_shares
            For ``expected_loss``: shares of all money at risk that the high tier, and the high and medium tiers
            together, hold.
        basis
            See the class.

        Raises
        ------
        UsageError
            The limits are not ascending, or ``odds_ratio`` is not above 1.
        """
        base = float(np.mean(np.sort(prediction(predictions, "churn_probability"))))
        if cuts is not None:
            medium_from, high_from = cuts
        elif basis == "expected_loss":
            medium_from, high_from = _pareto(
                money_at_risk(predictions), medium_share=loss_shares[1], high_share=loss_shares[0]
            )
        else:
            if odds_ratio <= 1:
                raise UsageError("The odds ratio of the risk tiers must be above 1.", found=f"{odds_ratio:g}")
            medium_from, high_from = scaled_odds(base, 1 / odds_ratio), scaled_odds(base, odds_ratio)
        if not medium_from <= high_from:
            raise UsageError("The limits of the risk tiers must ascend.", found=f"{medium_from:g}, {high_from:g}")
        return cls(medium_from, high_from, base, basis)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read the limits that were stored by name."""
        saved = stored.fields(*(field.name for field in fields(cls)))
        medium_from = saved["medium_from"].number(-_FARTHEST, _FARTHEST)
        high_from = saved["high_from"].number(medium_from, _FARTHEST)
        basis = cast("RiskBasis", saved["basis"].one_of(get_args(RiskBasis)))
        return cls(medium_from, high_from, saved["base"].number(0.0, 1.0), basis)

    def assign(self, predictions: pd.DataFrame, *, previous: pd.Series | None = None, margin: float = 0.0) -> pd.Series:
        """Return ``low``, ``medium`` or ``high`` for every row, on the same index.

        With the ``previous`` tiers (missing for newcomers), a customer changes the tier only beyond the border by more
        than ``margin`` times the border: of money for ``expected_loss``, of the odds for ``probability``.
        """
        before = None if previous is None else previous.reindex(predictions.index)
        return pd.Series(self.place(predictions, previous=before, margin=margin), index=predictions.index, dtype="str")

    def place(
        self, predictions: Predictions, *, previous: pd.Series | None = None, margin: float = 0.0
    ) -> NDArray[np.object_]:
        """Name the tiers as `assign` does, earlier ones in the order of the predictions; shape (n,)."""
        if self.basis == "expected_loss":
            values = np.round(money_at_risk(predictions), 6)
            borders = round(self.medium_from, 6), round(self.high_from, 6)
        else:
            values = odds(np.round(prediction(predictions, "churn_probability"), 6))
            borders = float(odds(round(self.medium_from, 6))), float(odds(round(self.high_from, 6)))
        return _tiers(values, borders, previous, margin)


def prediction(predictions: Predictions, name: str) -> Floats:
    """Return one column of predictions, checked: present, finite, and a probability where it is one.

    Raises
    ------
    DataContractError
        The column is missing, or a value is missing, infinite or outside [0, 1].
    """
    if name not in predictions:
        raise DataContractError(f"The predictions have no column '{name}'.", found=", ".join(map(str, predictions)))
    values = read_floats(predictions, name)
    bad = ~np.isfinite(values)
    if name == "churn_probability":
        bad |= (values < 0) | (values > 1)
    if bad.any():
        raise DataContractError(
            f"{int(bad.sum())} predictions of '{name}' cannot be used.", found=f"{values[bad][0]:g}"
        )
    return values


def _pareto(values: Floats, *, medium_share: float, high_share: float) -> tuple[float, float]:
    """Return the values from which the best customers bring the two shares of the total."""
    if not 0 < high_share < medium_share <= 1:
        raise UsageError(
            "Shares of value must satisfy 0 < high < medium <= 1.",
            found=f"high {high_share:g}, medium {medium_share:g}",
        )
    rounded = np.round(values, 6)
    levels, counts = np.unique(rounded[rounded > 0], return_counts=True)
    if levels.size == 0:
        return _FARTHEST, _FARTHEST
    amounts = (levels * counts)[::-1]
    before = (np.cumsum(amounts) - amounts) / amounts.sum()
    # a level is in while the better levels have not yet brought the share (1e-9: sums of floats)
    reached = {share: float(levels[::-1][before < share - 1e-9][-1]) for share in (medium_share, high_share)}
    return reached[medium_share], reached[high_share]


def _tiers(
    values: Floats, borders: tuple[float, float], previous: pd.Series | None, margin: float
) -> NDArray[np.object_]:
    def level(moved: float) -> Integers:
        low, high = raise_borders(borders, moved)
        return np.where(values >= high, 2, np.where(values >= low, 1, 0)).astype(np.int64)

    levels = hold_level(level, previous=_levels(previous), margin=margin)
    return np.asarray(TIERS, dtype=object)[levels]


def _levels(previous: pd.Series | None) -> Integers | None:
    if previous is None:
        return None
    levels = previous.map({tier: level for level, tier in enumerate(TIERS)})
    return np.asarray(levels.fillna(-1), dtype=np.int64)


def odds(probability: Floats | float) -> Floats:
    """Return p / (1 - p); 1e12 stands in for certainty."""
    p = np.asarray(probability, dtype=np.float64)
    return np.asarray(p / np.maximum(1 - p, 1e-12))


def scaled_odds(probability: float, ratio: float) -> float:
    """Return the probability whose odds are ``ratio`` times those of the given one (bounded to .001 and .999 first)."""
    probability = min(max(probability, 1e-3), 1 - 1e-3)
    return ratio * probability / (1 - probability + ratio * probability)
