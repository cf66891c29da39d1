"""What moves the odds of churn most, over all customers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from tenure_features.families.feature import FeatureDescription
from tenure_training.models.contract import Contributions
from tenure_training.models.design import RHYTHM_PART_NAME

RHYTHM_MEANING = "Buying rhythm: what order days, recency and age let expect"


def rank_drivers(contributions: Contributions | None, catalogue: Iterable[FeatureDescription]) -> pd.DataFrame:
    """Rank the terms by how far they move the odds of churn, on average over customers."""
    if contributions is None:
        return pd.DataFrame({"feature": [], "meaning": [], "mean_abs_log_odds": []})
    meanings = {feature.name: feature.meaning for feature in catalogue} | {RHYTHM_PART_NAME: RHYTHM_MEANING}
    size = np.abs(contributions.churn).mean(axis=0)
    table = pd.DataFrame(
        {
            "feature": contributions.features,
            "meaning": [meanings.get(name, name) for name in contributions.features],
            "mean_abs_log_odds": size,
        }
    )
    return table.sort_values("mean_abs_log_odds", ascending=False, kind="stable").reset_index(drop=True)
