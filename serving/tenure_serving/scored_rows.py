"""What a snapshot must be to be scored."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError


def require_rows(snapshot: pd.DataFrame, features: tuple[str, ...]) -> None:
    """Refuse a snapshot with several moments, a customer twice, or a feature that is no finite number."""
    moments = snapshot["as_of"].unique()
    if len(moments) > 1:
        listed = ", ".join(str(moment) for moment in sorted(moments)[:3])
        raise DataContractError("A score table has one as_of.", found=listed, fix="Score each moment by itself.")
    twice = snapshot["customer_id"][snapshot["customer_id"].duplicated()]
    if len(twice):
        raise DataContractError("A snapshot has one row per customer.", found=f"{twice.iloc[0]} more than once")
    for name in features:
        if not pd.api.types.is_numeric_dtype(snapshot[name]):
            raise DataContractError(f"The feature '{name}' must be a number.", found=str(snapshot[name].dtype))
        if np.isinf(snapshot[name].to_numpy(dtype=np.float64, na_value=np.nan)).any():
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
