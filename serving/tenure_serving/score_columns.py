"""Columns of a score table: which there are, and how one customer and a million get them alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError
from tenure_training.models.after.next_order import moments_after
from tenure_training.models.bundle import INTERVAL_LEVEL
from tenure_training.models.contract import LEVELS, Floats, Prediction

ColumnKind = Literal["string", "datetime", "long", "double", "strings"]

INTERVALS: Mapping[str, float] = {
    "value_low_50": 0.5,
    "value_high_50": 0.5,
    "value_low_95": 0.95,
    "value_high_95": 0.95,
}
"""Ends of the narrower and the wider interval, and the probability each pair holds."""

VALUE_QUANTILES: tuple[str, ...] = tuple(f"q{percent}" for percent in range(10, 100, 10))

CLV_COLUMNS: tuple[str, ...] = (
    "clv_90d", "clv_180d", "clv_365d", "contribution_to_date", "clv_to_come", "clv_to_come_low", "clv_to_come_high",
    "clv_before_cac", "clv_net",
)  # fmt: skip
"""Customer lifetime value; the definitions of a bundle say what each counts."""

SCHEMA: Mapping[str, ColumnKind] = {
    "customer_id": "string",
    "as_of": "datetime",
    "horizon_days": "long",
    "churn_probability": "double",
    "expected_orders": "double",
    "expected_value": "double",
    "value_low": "double",
    "value_high": "double",
    "value_if_buys": "double",
    "value_if_buys_low": "double",
    "value_if_buys_high": "double",
    **dict.fromkeys(INTERVALS, "double"),
    **dict.fromkeys(VALUE_QUANTILES, "double"),
    **dict.fromkeys(CLV_COLUMNS, "double"),
    "next_order_at": "datetime",
    "next_order_low_at": "datetime",
    "next_order_high_at": "datetime",
    "recency_score": "long",
    "frequency_score": "long",
    "monetary_score": "long",
    "rfm_group": "string",
    "rfm_relationship": "string",
    "value_tier": "string",
    "risk_tier": "string",
    "lifecycle": "string",
    "segment": "string",
    "next_step": "string",
    "warnings": "strings",
    "churn_reasons": "strings",
    "value_reasons": "strings",
    "model_version": "string",
}
"""Columns of the score table in order.

Interval and quantiles are absent where the model gives no distribution, ``contribution_to_date`` and ``clv_before_cac``
where the snapshot does not say what customers have brought, ``clv_net`` where no cost of acquisition is known.
"""

ScoreColumn = NDArray[Any] | list[Any]
"""An array of numbers, moments or texts, or a list of texts or of lists of texts; shape (n,)."""

_FAR = 10.0  # horizons


def frame_of(columns: Mapping[str, ScoreColumn]) -> pd.DataFrame:
    """Put columns together: texts as strings, lists of sentences as they are.

    Examples
    --------
    >>> frame_of({"segment": ["VIP"], "warnings": [["complained"]]}).dtypes.astype(str).tolist()
    ['str', 'object']
    """
    return pd.DataFrame({name: pd.Series(column, dtype=_dtype_of(column)) for name, column in columns.items()})


def _dtype_of(column: ScoreColumn) -> str | None:
    if isinstance(column, list):
        return "object" if column and isinstance(column[0], list) else "str"
    return "str" if column.dtype == object else None


def require_finite_answer(prediction: Prediction) -> None:
    """Refuse an answer that is no number."""
    numbers = [prediction.buy_probability, prediction.expected_orders, prediction.expected_value]
    numbers += [quantiles for quantiles in (prediction.quantiles, prediction.if_buys) if quantiles is not None]
    bad = sum(int((~np.isfinite(column.reshape(len(column), -1))).any(axis=1).sum()) for column in numbers)
    if bad:
        raise DataContractError(
            "The model has no finite answer for some customers.",
            found=f"{bad} missing numbers",
            fix="Take an untouched copy of the model, or train again.",
        )


def prediction_columns(prediction: Prediction, as_of: pd.Timestamp, horizon_days: int) -> dict[str, Any]:
    """Give the columns of a score table that a prediction alone fills."""
    table: dict[str, Any] = {
        "horizon_days": np.full(len(prediction.buy_probability), horizon_days, dtype=np.int64),
        "churn_probability": 1.0 - prediction.buy_probability,
        "expected_orders": prediction.expected_orders,
        "expected_value": prediction.expected_value,
    }
    if prediction.quantiles is not None:
        table["value_low"], table["value_high"] = prediction.interval(INTERVAL_LEVEL) or (np.nan, np.nan)
        for name, level in INTERVALS.items():
            table[name] = (prediction.interval(level) or (np.nan, np.nan))[name.startswith("value_high")]
        for name in VALUE_QUANTILES:
            table[name] = prediction.quantiles[:, LEVELS.index(int(name[1:]) / 100)]
    if prediction.if_buys is not None:
        table["value_if_buys_low"], table["value_if_buys_high"] = prediction.if_buys.T
    days = days_to_next_order(prediction.buy_probability, horizon_days=horizon_days)
    table["next_order_at"] = moments_after(as_of, days)
    return table


def days_to_next_order(buy_probability: Floats, *, horizon_days: int) -> Floats:
    """Median days to the next order under the constant hazard a probability of buying implies.

    Parameters
    ----------
    buy_probability
        Shape (n,): P(at least one order within the horizon).
    horizon_days
        Length of the horizon in days.

    Returns
    -------
    ndarray
        Shape (n,): horizon * ln 2 / -ln(1 - p) days; NaN beyond ten horizons, where it is no more than a guess.

    Examples
    --------
    >>> days_to_next_order(np.array([0.0, 0.5, 0.75, 1.0]), horizon_days=90).tolist()
    [nan, 90.0, 45.0, 0.0]
    """
    p = np.asarray(buy_probability, dtype=np.float64)
    hazard = np.full(len(p), np.inf)
    hazard[p < 1] = -np.log1p(-p[p < 1]) / horizon_days
    days = np.full(len(p), np.nan)
    reachable = hazard * _FAR * horizon_days >= np.log(2)
    days[reachable] = np.log(2) / hazard[reachable]
    return days
