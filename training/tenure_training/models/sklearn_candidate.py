"""Any scikit-learn classifier and regressor as a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_training.models.btyd.btyd_ensemble import SURE_CUSTOMERS, Rhythm
from tenure_training.models.contract import Candidate, Floats, Prediction, TrainingFrame
from tenure_training.models.design import design, units_beside
from tenure_training.models.hurdle.linear import median_of
from tenure_training.models.search_space import NOTHING, SearchSpace
from tenure_training.models.training_matrix import Lessons, lessons_of

_SCALE = (0.2, 5.0)


class SklearnCandidate(Candidate):
    """A hurdle model of two estimators: whether customers buy, and what those spend who do.

    Both learn from the model matrix that Tenure's own models use (scale-free features and BTYD expectations over the
    window in question; missing values stand at the median), so windows shorter than the horizon can teach them too. The
    regressor learns the logarithm of the value of buyers relative to what the buying rhythm expects of them. It
    competes in the backtest; it cannot be written into a bundle, which holds no pickle, and so is not champion. A
    subclass that defines `save` and `load` can be.

    Attributes
    ----------
    classifier
        Has ``fit`` and ``predict_proba``. It is cloned for every fit.
    regressor
        Has ``fit`` and ``predict``. It is cloned for every fit.
    """

    classifier: ClassVar[Any]
    regressor: ClassVar[Any]
    servable = False

    rhythm: Rhythm
    units: Mapping[str, str]
    median: pd.Series[float]
    log_scale: float
    horizon_days: int
    _buys: Any = None
    _spends: Any = None

    def __init_subclass__(cls, **options: object) -> None:
        """Let a subclass that can write itself be served."""
        super().__init_subclass__(**options)
        if {"save", "load"} <= vars(cls).keys():
            cls.servable = True

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        """Fit clones of both estimators on the closed windows; with too few of them the rhythm speaks alone."""
        self.horizon_days, self.rhythm = frame.horizon_days, Rhythm.fit(frame.present)
        self.units, self._buys, self._spends, self.log_scale = (
            units_beside(frame.features, frame.catalogue),
            None,
            None,
            0.0,
        )
        lessons = lessons_of(frame)
        if not lessons.enough:
            return self
        self.median = pd.Series({name: median_of(lessons.X[name].to_numpy()) for name in lessons.X})
        X = lessons.X.fillna(self.median)
        self._buys = self._fit_clone(self.classifier, X, lessons.bought > 0, lessons.weight, seed)
        value = frame.labels["value"].to_numpy(dtype=np.float64)
        rows = (lessons.bought > 0) & (value > 0)
        if rows.sum() >= 2:
            target = np.log(value[rows]) - lessons.log_severity[rows]
            self._spends = self._fit_clone(self.regressor, X[rows], target, lessons.weight[rows], seed)
            self.log_scale = self._total(lessons, X, value, rows)
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        expected = self.rhythm.expect(snapshot, days=self.horizon_days)
        odds, log_value = expected.log_odds, expected.log_severity
        probability = 1 / (1 + np.exp(-odds))
        if self._buys is not None and len(snapshot):
            X = design(snapshot, expected, units=self.units).fillna(self.median)
            probability = np.clip(self._buys.predict_proba(X)[:, 1], SURE_CUSTOMERS, 1 - SURE_CUSTOMERS).astype(
                np.float64
            )
            log_value = log_value + self._correction(X)
        orders = probability * np.exp(expected.log_count)
        ranked = probability + SURE_CUSTOMERS * odds  # the rhythm breaks the ties that trees and neighbours make
        return Prediction(probability, orders, probability * np.exp(log_value), rank_score=ranked)

    def save(self, folder: Path) -> NoReturn:  # noqa: ARG002  # the contract's argument
        """Refuse: an arbitrary estimator can only be pickled.

        Raises
        ------
        UsageError
            Always.
        """
        raise UsageError(
            f"{self.name!r} cannot be written into a bundle: scikit-learn estimators can only be pickled.",
            fix="Define save and load in its class, as JSON or UBJ files, or let another candidate be champion.",
        )

    @classmethod
    def load(cls, folder: Path) -> NoReturn:  # noqa: ARG003  # the contract's argument
        """Refuse, as `save` does.

        Raises
        ------
        UsageError
            Always.
        """
        raise UsageError(f"{cls.name!r} was never written into a bundle.", fix="Define save and load in its class.")

    def _fit_clone(self, estimator: Any, X: pd.DataFrame, y: Any, weight: Floats, seed: int) -> Any:  # noqa: ANN401
        from sklearn.base import clone
        from sklearn.utils.validation import has_fit_parameter

        fresh = clone(estimator)
        parameters = fresh.get_params()
        states = {name: seed for name in parameters if name.split("__")[-1] == "random_state"}
        tuned = {name: value for name, value in self.settings.items() if name in parameters}
        fresh.set_params(**states, **tuned)
        if has_fit_parameter(fresh, "sample_weight"):
            return fresh.fit(X, y, sample_weight=weight)
        return fresh.fit(X, y)

    def _correction(self, X: pd.DataFrame) -> Floats:
        if self._spends is None:
            return np.zeros(len(X))
        return np.asarray(self._spends.predict(X), dtype=np.float64) + self.log_scale

    def _total(self, lessons: Lessons, X: pd.DataFrame, value: Floats, rows: Any) -> float:  # noqa: ANN401  # a mask
        """Put the total of the training windows right: Duan's smearing (1983), returns included."""
        expected = np.exp(lessons.log_severity[rows] + self._correction(X[rows]))
        ratio = float(lessons.weight @ value) / float(lessons.weight[rows] @ expected)
        return float(np.log(np.clip(ratio, *_SCALE)))


def sklearn_candidate(
    name: str, classifier: object, regressor: object, *, search_space: SearchSpace = NOTHING
) -> type[SklearnCandidate]:
    """Make a candidate of a classifier and a regressor.

    Parameters
    ----------
    name
        Of the candidate.
    classifier
        A scikit-learn classifier or pipeline with ``predict_proba``.
    regressor
        A scikit-learn regressor or pipeline.
    search_space
        What of them may be tuned, by the names of their parameters; a name that both have is set in both.

    Raises
    ------
    UsageError
        The classifier gives no probabilities, or one of them is no estimator.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    >>> forest = sklearn_candidate("forest", RandomForestClassifier(), RandomForestRegressor())
    >>> forest.name, forest.servable
    ('forest', False)
    """
    for estimator, needed in ((classifier, "predict_proba"), (regressor, "predict")):
        missing = [method for method in ("fit", "get_params", needed) if not hasattr(estimator, method)]
        if missing:
            raise UsageError(
                f"{estimator!r} cannot be part of the candidate {name!r}.",
                found=f"it has no {', '.join(missing)}",
                fix="Give an estimator such as LogisticRegression() and a regressor such as Ridge().",
            )
    body: Mapping[str, object] = {
        "__doc__": f"{classifier!r} and {regressor!r}.",
        "__module__": __name__,
        "name": name,
        "classifier": classifier,
        "regressor": regressor,
        "search_space": search_space,
    }
    return type(name, (SklearnCandidate,), dict(body))
