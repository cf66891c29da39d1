"""A ridge regression and boosted trees, averaged: the two learnt parts of the hurdle models without the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import pandas as pd

from tenure_training.models.boosted.boosting import Boosted, Objective
from tenure_training.models.contract import Floats
from tenure_training.models.design import RHYTHM_PART_NAME, term_of
from tenure_training.models.hurdle.linear import Ridge
from tenure_training.models.search_space import Settings

Link = Literal["logit", "identity"]

_OBJECTIVES: dict[Link, Objective] = {"logit": "binary:logistic", "identity": "reg:squarederror"}


@dataclass(frozen=True)
class LinearAndTrees:
    """The mean of a linear score and a sum of trees, both on the scale of the link.

    Attributes
    ----------
    linear
        A ridge regression, logistic for the logit link.
    trees
        Gradient-boosted trees.
    """

    linear: Ridge
    trees: Boosted

    @classmethod
    def fit(
        cls, X: pd.DataFrame, y: Floats, *, weight: Floats, link: Link, penalty: float, seed: int, settings: Settings
    ) -> Self:
        """Fit both on ``n`` rows.

        Parameters
        ----------
        X
            Shape (n, k); NaN is missing.
        y
            Shape (n,): 0 or 1 for the logit link, any number for the identity.
        weight
            Weights of the rows, shape (n,).
        link
            ``logit`` for log-odds, ``identity`` for a mean.
        penalty
            Of the ridge, as `Ridge.fit` takes it.
        seed
            Of the samples of rows and columns the trees draw.
        settings
            Of the trees, by XGBoost's names and ``rounds``.
        """
        bent = [name for name in map(str, X.columns) if term_of(name) == RHYTHM_PART_NAME] if link == "logit" else []
        linear = Ridge.fit(X, y, weight=weight, link=link, penalty=penalty, bent=bent)
        trees = Boosted.fit(X, y, weight=weight, objective=_OBJECTIVES[link], seed=seed, settings=settings)
        return cls(linear, trees)

    def score(self, X: pd.DataFrame) -> Floats:
        """Return the mean of both, shape (n,)."""
        return (self.linear.score(X) + self.trees.score(X)) / 2
