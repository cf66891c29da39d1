"""Who leaves, as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from tenure_training.estimators.linear_and_trees import LinearAndTrees
from tenure_training.estimators.snapshot_estimator import SnapshotEstimator
from tenure_training.models.contract import Floats


class ChurnClassifier(ClassifierMixin, SnapshotEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Log-odds from a logistic ridge regression and boosted trees, averaged.

    ``X`` is a snapshot frame (``customer_id``, ``as_of``, one column per feature; NaN is missing) or plain numbers,
    ``y`` two classes: of ``churned``, True where no order followed in ``[as_of, as_of + horizon)``, the second column
    of `predict_proba` is the probability of churn. Ids are never learnt from. Split such rows by `RollingOrigin`, not
    at random: a customer's rows at several ``as_of`` share their future.

    It is a part of the candidates that `tenure.train` compares, without their calibration on later windows.

    Attributes
    ----------
    classes_
        The two classes, shape (2,).
    n_features_in_, feature_names_in_
        Of the features, ids left out.
    odds_
        The fitted parts.
    matrix_
        How a snapshot becomes their columns.

    Examples
    --------
    >>> import pandas as pd
    >>> silence = pd.DataFrame({"recency_days": [3.0, 5.0, 8.0, 200.0, 300.0, 400.0]})
    >>> model = ChurnClassifier(linear_penalty=1.0).fit(silence, [False, False, False, True, True, True])
    >>> model.predict(pd.DataFrame({"recency_days": [4.0, 350.0]})).tolist()
    [False, True]
    """

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # sklearn.utils.Tags, which has no types
        """Say that there are two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    classes_: NDArray[Any]
    odds_: LinearAndTrees

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Learn from ``n`` rows.

        Parameters
        ----------
        X
            Snapshot frame or numbers, shape (n, k).
        y
            Shape (n,), two classes.
        sample_weight
            Shape (n,), not negative; equal by default.

        Raises
        ------
        ValueError
            There are not two classes.
        UsageError
            With ``horizon_days``, ``as_of`` or a feature of orders is missing.
        """
        matrix, _, targets = self._learnt_from(X, y)
        check_classification_targets(targets)
        self.classes_ = np.unique(targets)
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(targets)}."
            )
        if len(self.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present.")
        self.odds_ = LinearAndTrees.fit(
            matrix,
            (targets == self.classes_[1]).astype(np.float64),
            weight=self._weights(sample_weight, matrix),
            link="logit",
            penalty=self.linear_penalty,
            seed=self._seed,
            settings=self._tree_settings,
        )
        return self

    def decision_function(self, X: object) -> Floats:
        """Return the log-odds of the second class, shape (n,)."""
        matrix, _ = self._read(X)
        return self.odds_.score(matrix)

    def predict_proba(self, X: object) -> Floats:
        """Return the probability of each class, shape (n, 2)."""
        probability = expit(self.decision_function(X))
        return np.column_stack([1 - probability, probability])

    def predict(self, X: object) -> Any:  # noqa: ANN401  # an array of whatever the classes are
        """Return the more probable class of every row, shape (n,)."""
        log_odds = self.decision_function(X)
        return self.classes_[(log_odds > 0).astype(np.intp)]
