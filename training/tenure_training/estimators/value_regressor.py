"""What customers will bring, as a scikit-learn regressor."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import RegressorMixin

from tenure_training.estimators.linear_and_trees import LinearAndTrees
from tenure_training.estimators.snapshot_estimator import SnapshotEstimator
from tenure_training.models.contract import Floats
from tenure_training.models.hurdle.severity import OUTLIER, PENALTY

_SCALE = (0.2, 5.0)


class ValueRegressor(RegressorMixin, SnapshotEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A hurdle model: P(a positive value) times the value of those who have one.

    Most customers bring nothing in a window and a few bring a lot, so whether and how much are learnt apart: the odds
    as in `ChurnClassifier`, the logarithm of a positive value by a ridge regression and trees, averaged. One factor
    then puts the total of the training rows right (Duan's smearing, 1983), values of zero and net returns included.

    ``X`` is a snapshot frame or plain numbers, ``y`` the net revenue in ``[as_of, as_of + horizon)``.

    Attributes
    ----------
    n_features_in_, feature_names_in_
        Of the features, ids left out.
    odds_, severity_
        The fitted parts; None where all values, or none, are positive.
    log_scale_
        Logarithm of the factor on positive values.
    matrix_
        How a snapshot becomes their columns.

    Examples
    --------
    >>> import pandas as pd
    >>> spent = pd.DataFrame({"value_mean": [10.0, 11.0, 12.0, 90.0, 100.0, 110.0]})
    >>> model = ValueRegressor(min_child_weight=1).fit(spent, [20.0, 22.0, 24.0, 180.0, 200.0, 220.0])
    >>> low, high = model.predict(pd.DataFrame({"value_mean": [11.0, 100.0]}))
    >>> bool(low < 60 < 120 < high)
    True
    """

    odds_: LinearAndTrees | None
    severity_: LinearAndTrees | None

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Learn from ``n`` rows.

        Parameters
        ----------
        X
            Snapshot frame or numbers, shape (n, k).
        y
            Shape (n,): money; zero and negative values are welcome.
        sample_weight
            Shape (n,), not negative; equal by default.

        Raises
        ------
        UsageError
            With ``horizon_days``, ``as_of`` or a feature of orders is missing.
        """
        matrix, log_severity, targets = self._learnt_from(X, y)
        value = np.asarray(targets, dtype=np.float64)
        weight, positive, seed = self._weights(sample_weight, matrix), value > 0, self._seed
        self.odds_ = self.severity_ = None
        self.log_scale_ = 0.0
        self.constant_ = None if positive.any() else float(np.average(value, weights=weight))
        if not positive.any():
            return self
        if not positive.all():
            self.odds_ = self._part(matrix, positive.astype(np.float64), weight, "logit", seed)
        cut = OUTLIER * float(np.quantile(value[positive], 0.995))
        target = np.log(np.minimum(value[positive], cut)) - log_severity[positive]
        self.severity_ = self._part(matrix[positive], target, weight[positive], "identity", seed + 1)
        total = float(weight @ np.minimum(value, cut)) / float(
            weight @ self._expect_value(self.severity_, matrix, log_severity)
        )
        self.log_scale_ = float(np.log(np.clip(total, *_SCALE)))
        return self

    def predict(self, X: object) -> Floats:
        """Return the expected value of every row, shape (n,)."""
        matrix, log_severity = self._read(X)
        if self.severity_ is None:
            return np.full(len(matrix), self.constant_)
        return self._expect_value(self.severity_, matrix, log_severity)

    def _expect_value(self, severity: LinearAndTrees, matrix: pd.DataFrame, log_severity: Floats) -> Floats:
        value = np.asarray(np.exp(log_severity + severity.score(matrix) + self.log_scale_))
        return value if self.odds_ is None else np.asarray(expit(self.odds_.score(matrix)) * value)

    def _part(self, X: pd.DataFrame, y: Floats, weight: Floats, link: Any, seed: int) -> LinearAndTrees:  # noqa: ANN401
        penalty = self.linear_penalty if link == "logit" else PENALTY
        return LinearAndTrees.fit(
            X, y, weight=weight, link=link, penalty=penalty, seed=seed, settings=self._tree_settings
        )
