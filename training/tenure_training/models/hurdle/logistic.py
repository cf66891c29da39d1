"""The linear hurdle model."""

from __future__ import annotations

from tenure_training.models.hurdle.hurdle import Hurdle
from tenure_training.models.hurdle.linear import PENALTY_SPACE


class Logistic(Hurdle):
    """Ridge-penalised logistic regression and log-linear spend on the features and the rhythm."""

    name = "logistic"
    linear, trees, simple = True, False, True
    search_space = PENALTY_SPACE
