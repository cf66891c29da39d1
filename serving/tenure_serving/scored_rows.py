"""What a snapshot must be to be scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import FloatTable


def require_rows(snapshot: pd.DataFrame, features: tuple[str, ...]) -> None:
    """Refuse a snapshot with several moments, a customer twice, or a feature that is no number."""
    moments = snapshot["as_of"].unique()
    if len(moments) > 1:
        listed = ", ".join(str(moment) for moment in sorted(moments)[:3])
        raise DataContractError("A score table has one as_of.", found=listed, fix="Score each moment by itself.")
    if snapshot["customer_id"].duplicated().any():
        require_distinct(snapshot["customer_id"].tolist())
    dtypes = snapshot.dtypes.to_dict()
    for name in features:
        if not pd.api.types.is_numeric_dtype(dtypes[name]):
            raise DataContractError(f"The feature '{name}' must be a number.", found=str(dtypes[name]))


def require_distinct(customer_ids: Sequence[str]) -> None:
    """Refuse a customer who is there twice."""
    if len(set(customer_ids)) < len(customer_ids):
        twice = next(name for name, count in Counter(customer_ids).items() if count > 1)
        raise DataContractError("A snapshot has one row per customer.", found=f"{twice} more than once")


def require_finite(numbers: FloatTable) -> None:
    """Refuse infinite values."""
    infinite = np.isinf(numbers.block).any(axis=1)
    if infinite.any():
        name = numbers.columns[int(infinite.argmax())]
        raise DataContractError(f"The feature '{name}' is infinite.", fix="A missing value is NaN.")


def require_earlier_scores(previous: pd.DataFrame, snapshot: pd.DataFrame) -> None:
    """Refuse previous scores that are not of an earlier moment."""
    moment = pd.Timestamp(snapshot["as_of"].iloc[0])
    if "as_of" not in previous or previous.empty or not (previous["as_of"] < moment).all():
        raise UsageError(
            "The previous scores must be of an earlier moment.",
            found=f"as of {previous['as_of'].max()}" if len(previous) and "as_of" in previous else "no as_of",
            fix=f"Give scores made before {moment}.",
        )
