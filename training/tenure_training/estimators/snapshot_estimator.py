"""What the estimators share: their parameters, and how a snapshot frame becomes numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, check_random_state, validate_data

from tenure_features.errors import UsageError
from tenure_training.estimators.snapshot_matrix import SnapshotMatrix, moments_of, without_ids
from tenure_training.models.boosted.boosting import TREE_SPACE
from tenure_training.models.contract import Floats
from tenure_training.models.search_space import Settings


class SnapshotEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Learns from snapshot frames or from plain numbers.

    Parameters
    ----------
    horizon_days
        Length of the window that ``y`` tells of. With it, the BTYD models are fitted to the snapshot of each ``as_of``,
        what they expect over the window joins the columns, and amounts, counts and durations enter on a logarithmic
        scale, as in Tenure's own candidates; the frame must have ``as_of`` and the features of orders. None: columns
        are learnt from as they are.
    linear_penalty
        Ridge penalty of the log-odds, on standardised columns: the inverse of scikit-learn's C.
    rounds, max_depth, eta, subsample, colsample_bytree, min_child_weight, reg_lambda
        Of the trees, in XGBoost's names; ``rounds`` is their number.
    random_state
        Seed of the samples of rows and columns that the trees draw.
    """

    def __init__(
        self,
        *,
        horizon_days: int | None = None,
        linear_penalty: float = 100.0,
        rounds: int = 100,
        max_depth: int = 3,
        eta: float = 0.05,
        subsample: float = 0.8,
        colsample_bytree: float = 0.5,
        min_child_weight: float = 20.0,
        reg_lambda: float = 5.0,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.horizon_days = horizon_days
        self.linear_penalty = linear_penalty
        self.rounds = rounds
        self.max_depth = max_depth
        self.eta = eta
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.min_child_weight = min_child_weight
        self.reg_lambda = reg_lambda
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # sklearn.utils.Tags, which has no types
        """Say that missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _learnt_from(self, X: object, y: object) -> tuple[pd.DataFrame, Floats, Any]:
        """Check the training rows; return their matrix, what the rhythm expects of buyers, and ``y``."""
        values, y = validate_data(
            self, without_ids(X), y, dtype=np.float64, ensure_all_finite="allow-nan", y_numeric=False
        )
        features, as_of = self._to_frame(values), moments_of(X)
        if self.horizon_days is None:
            self.matrix_ = SnapshotMatrix()
        elif as_of is None:
            raise UsageError(
                "With horizon_days, the buying rhythm is fitted to the snapshot of each as_of.",
                found="no column as_of",
                fix="Keep as_of in the frame, or leave horizon_days out to learn from the columns alone.",
            )
        else:
            self.matrix_ = SnapshotMatrix.of(features, as_of, horizon_days=self.horizon_days)
        return (*self.matrix_.learnt_from(features, as_of), y)

    def _read(self, X: object) -> tuple[pd.DataFrame, Floats]:
        """Check rows to predict; return their matrix and what the rhythm expects of buyers."""
        check_is_fitted(self)
        values = validate_data(self, without_ids(X), dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return self.matrix_.of_rows(self._to_frame(values))

    def _to_frame(self, values: Floats) -> pd.DataFrame:
        names = getattr(self, "feature_names_in_", [f"x{number}" for number in range(self.n_features_in_)])
        return pd.DataFrame(values, columns=list(names))

    def _weights(self, sample_weight: object, X: pd.DataFrame) -> Floats:
        weight: Floats = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return weight

    @property
    def _tree_settings(self) -> Settings:
        return {name: getattr(self, name) for name in TREE_SPACE}

    @property
    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
