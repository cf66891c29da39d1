"""Learners of uplift: from a randomised contact, what it does to a customer of these features.

Each is a few lines over scikit-learn: with assignment by lot the propensity is known, and what is left of the published
formulas are the regressions themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tenure_decisions.inputs import Bools, Floats

FEWEST_OF_ARM = 50
"""Customers of an arm below which nothing is learned of it."""
_INNER_FOLDS = 2
"""Within a training fold, outcome models judge customers they were not fitted to, for the doubly robust scores."""


class UpliftModel(Protocol):
    """A fitted learner."""

    def __call__(self, X: Floats) -> Floats:
        """Return the uplift of rows of features, shape (n,), in the unit of the outcome."""
        ...


@dataclass(frozen=True, kw_only=True)
class Randomised:
    """Customers who were drawn into an arm or into control; arrays are aligned.

    Attributes
    ----------
    X
        Features known before the assignment, shape (n, p); NaN where one is missing.
    treated
        Whether they were drawn into the arm, shape (n,).
    outcome
        What they did in the window, shape (n,).
    propensity
        Planned probability of the arm, between 0 and 1.
    """

    X: Floats
    treated: Bools
    outcome: Floats
    propensity: float

    def take(self, rows: Any) -> Randomised:  # noqa: ANN401  # positions or flags
        """Return some of the customers."""
        return Randomised(
            X=self.X[rows], treated=self.treated[rows], outcome=self.outcome[rows], propensity=self.propensity
        )


@dataclass(frozen=True, kw_only=True)
class OutcomeModels:
    """What a customer does when left alone, and when contacted."""

    control: Any
    treated: Any

    def predict(self, X: Floats) -> tuple[Floats, Floats]:
        """Return both expectations, shape (n,) each."""
        return np.asarray(self.control.predict(X)), np.asarray(self.treated.predict(X))


Fit = Callable[[Randomised, OutcomeModels, int], UpliftModel]
"""From customers, outcome models fitted to the same, and a seed."""


def fit_outcomes(data: Randomised, *, seed: int, make: Callable[[int], Any] | None = None) -> OutcomeModels:
    """Fit one regression of the outcome to each arm."""
    build = make or _make_trees
    sides = (~data.treated, data.treated)
    control, treated = (build(seed).fit(data.X[side], data.outcome[side]) for side in sides)
    return OutcomeModels(control=control, treated=treated)


def score_doubly_robust(data: Randomised, control: Floats, treated: Floats) -> Floats:
    r"""Return the doubly robust score of each customer, whose mean over any group is the group's uplift.

    .. math:: \phi = m_1 - m_0 + \frac{w (y - m_1)}{e} - \frac{(1 - w)(y - m_0)}{1 - e}

    (Robins, Rotnitzky and Zhao 1994; Kennedy 2023, eq. 4). With a known propensity it is unbiased whatever the outcome
    models say, which only take noise away; they must not have been fitted to the customers scored.

    Parameters
    ----------
    data
        The customers.
    control, treated
        What outcome models expect of them in each arm, shape (n,).

    Examples
    --------
    >>> data = Randomised(X=np.zeros((2, 1)), treated=np.array([True, False]), outcome=np.array([1.0, 0.0]),
    ...                   propensity=0.5)
    >>> score_doubly_robust(data, np.array([0.2, 0.2]), np.array([0.5, 0.5])).round(2).tolist()
    [1.3, 0.7]
    """
    e = data.propensity
    seen = np.where(data.treated, (data.outcome - treated) / e, -(data.outcome - control) / (1 - e))
    return treated - control + seen


def fit_two_models(data: Randomised, _: OutcomeModels, seed: int) -> UpliftModel:
    """Fit a ridge regression to each arm and take the difference: the baseline."""
    return _difference(fit_outcomes(data, seed=seed, make=_make_ridge))


def fit_t_learner(_: Randomised, outcomes: OutcomeModels, seed: int) -> UpliftModel:  # noqa: ARG001
    """Take the difference of boosted trees fitted to each arm (Künzel et al. 2019, T-learner)."""
    return _difference(outcomes)


def fit_x_learner(data: Randomised, outcomes: OutcomeModels, seed: int) -> UpliftModel:
    """Learn the effect imputed in each arm, and weigh both by the propensity (Künzel et al. 2019, eq. 9)."""
    control, treated = outcomes.predict(data.X)
    w = data.treated
    in_arm = _Blend(seed).fit(data.X[w], (data.outcome - control)[w])
    in_control = _Blend(seed).fit(data.X[~w], (treated - data.outcome)[~w])
    e = data.propensity
    return lambda X: np.asarray(e * in_control.predict(X) + (1 - e) * in_arm.predict(X))


def fit_dr_learner(data: Randomised, _: OutcomeModels, seed: int) -> UpliftModel:
    """Regress the doubly robust score on the features (Kennedy 2023, algorithm 1)."""
    fold = np.random.default_rng([seed, 7]).integers(0, _INNER_FOLDS, len(data.outcome))
    phi = np.empty(len(data.outcome))
    for number in range(_INNER_FOLDS):
        out = fold == number
        control, treated = fit_outcomes(data.take(~out), seed=seed).predict(data.X[out])
        phi[out] = score_doubly_robust(data.take(out), control, treated)
    return _Blend(seed).fit(data.X, phi).predict


LEARNERS: Mapping[str, Fit] = {
    "two-model": fit_two_models,
    "T-learner": fit_t_learner,
    "X-learner": fit_x_learner,
    "DR-learner": fit_dr_learner,
}
"""By name; the first is the baseline."""


def _difference(models: OutcomeModels) -> UpliftModel:
    def uplift(X: Floats) -> Floats:
        control, treated = models.predict(X)
        return treated - control

    return uplift


def _make_trees(seed: int) -> Any:  # noqa: ANN401  # scikit-learn ships no types
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=80, learning_rate=0.06, max_leaf_nodes=12, min_samples_leaf=60, l2_regularization=5.0,
        early_stopping=False, random_state=seed,
    )  # fmt: skip


class _Blend:
    """The mean of a ridge regression and of a few stumps of large leaves: effects are far smaller than outcomes.

    The ridge finds the broad direction in noisy scores, the stumps what bends.
    """

    def __init__(self, seed: int) -> None:
        from sklearn.ensemble import HistGradientBoostingRegressor

        stumps = HistGradientBoostingRegressor(
            max_iter=40, learning_rate=0.05, max_depth=2, min_samples_leaf=300, l2_regularization=100.0,
            early_stopping=False, random_state=seed,
        )  # fmt: skip
        self.parts = (_make_ridge(seed), stumps)

    def fit(self, X: Floats, y: Floats) -> _Blend:
        for part in self.parts:
            part.fit(X, y)
        return self

    def predict(self, X: Floats) -> Floats:
        return np.asarray(np.mean([part.predict(X) for part in self.parts], axis=0))


def _make_ridge(seed: int) -> Any:  # noqa: ANN401
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    # money and counts have long tails: by ranks, one wholesale buyer cannot bend the line
    ranks = QuantileTransformer(n_quantiles=100, output_distribution="normal", subsample=None, random_state=seed)
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), ranks, RidgeCV(alphas=10.0 ** np.arange(0, 6))
    )
