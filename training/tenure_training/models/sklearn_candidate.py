"""Any scikit-learn classifier and regressor as a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_training.models.btyd.btyd_ensemble import SURE_CUSTOMERS, BtydEnsemble
from tenure_training.models.contract import Candidate, Fitted, Floats, Prediction, TrainingFrame
from tenure_training.models.design import design, units_beside
from tenure_training.models.hurdle.linear import median_of
from tenure_training.models.search_space import NOTHING, SearchSpace
from tenure_training.models.training_matrix import training_matrix_of

_SCALE = (0.2, 5.0)


class SklearnCandidate(Candidate):
    """A hurdle model of two estimators: whether customers buy, and what those spend who do.

    Both learn from the model matrix that Tenure's own models use (scale-free features and BTYD expectations over the
    window in question; missing values stand at the median), so windows shorter than the horizon can teach them too. The
    regressor learns the logarithm of the value of buyers relative to what the buying rhythm expects of them. It
    competes in the backtest; it cannot be written into a bundle, which holds no pickle, and so is not champion. A
    subclass whose `fit` gives what can be saved, and that defines `load`, can be: it says ``servable = True``.

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

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedSklearn:
        """Fit clones of both estimators on the closed windows; with too few of them the rhythm speaks alone."""
        units = units_beside(frame.features, frame.catalogue)
        bare = FittedSklearn(
            name=self.name, ensemble=BtydEnsemble.fit(frame.present), units=units, horizon_days=frame.horizon_days
        )
        training = training_matrix_of(frame)
        if not training.enough:
            return bare
        median = pd.Series({name: median_of(training.X[name].to_numpy()) for name in training.X})
        X = training.X.fillna(median)
        buys = self._fit_clone(self.classifier, X, training.bought > 0, training.weight, seed)
        learnt = replace(bare, median=median, buys=buys)
        value = frame.labels["value"].to_numpy(dtype=np.float64)
        rows = (training.bought > 0) & (value > 0)
        if rows.sum() < 2:
            return learnt
        target = np.log(value[rows]) - training.log_severity[rows]
        learnt = replace(learnt, spends=self._fit_clone(self.regressor, X[rows], target, training.weight[rows], seed))
        # puts the total of the training windows right: Duan's smearing (1983), returns included
        expected = np.exp(training.log_severity[rows] + learnt.correction(X[rows]))
        ratio = float(training.weight @ value) / float(training.weight[rows] @ expected)
        return replace(learnt, log_scale=float(np.log(np.clip(ratio, *_SCALE))))

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


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedSklearn(Fitted):
    """Two estimators that have learnt.

    Attributes
    ----------
    name
        Of the candidate.
    ensemble
        The rhythm, fitted at ``as_of``.
    units
        Of the features beside those every model reads, by name: what each was learnt in.
    horizon_days
        Length of the window predictions are for.
    median
        What stands for missing values, by column of the model matrix.
    buys, spends
        The fitted estimators; None where there was too little to learn.
    log_scale
        Logarithm of the factor that puts the total right.
    """

    name: str
    ensemble: BtydEnsemble
    units: Mapping[str, str]
    horizon_days: int
    median: pd.Series[float] | None = None
    buys: Any = None
    spends: Any = None
    log_scale: float = 0.0

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        expected = self.ensemble.expect(snapshot, days=self.horizon_days)
        odds, log_value = expected.log_odds, expected.log_severity
        probability = 1 / (1 + np.exp(-odds))
        if self.buys is not None and self.median is not None and len(snapshot):
            X = design(snapshot, expected, units=self.units).fillna(self.median)
            probability = np.clip(self.buys.predict_proba(X)[:, 1], SURE_CUSTOMERS, 1 - SURE_CUSTOMERS).astype(
                np.float64
            )
            log_value = log_value + self.correction(X)
        orders = probability * np.exp(expected.log_count)
        ranked = probability + SURE_CUSTOMERS * odds  # the rhythm breaks the ties that trees and neighbours make
        return Prediction(
            buy_probability=probability,
            expected_orders=orders,
            expected_value=probability * np.exp(log_value),
            rank_score=ranked,
        )

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

    def correction(self, X: pd.DataFrame) -> Floats:
        """Give what is added to the logarithm of the value the rhythm expects of buyers, shape (n,)."""
        if self.spends is None:
            return np.zeros(len(X))
        return np.asarray(self.spends.predict(X), dtype=np.float64) + self.log_scale


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
