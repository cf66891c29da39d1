"""The hurdle model of trees with gamma severity."""

from __future__ import annotations

import numpy as np

from tenure_training.models.boosted.boosted_value import BoostedValue, ValueLesson
from tenure_training.models.btyd.btyd_ensemble import Expectation
from tenure_training.models.contract import Floats
from tenure_training.models.training_matrix import Lessons


class XGBoostGamma(BoostedValue):
    r"""Trees for the odds, and for the value of those who buy under the gamma deviance.

    With m the value the rhythm expects of a customer who buys and f the trees, the deviance of a value y is
    :math:`y / (m e^f) + f` up to constants: the variance grows with the square of the mean, and the mean itself is
    learnt, where the log-normal severity of `xgboost_hurdle` learns the mean of logarithms.
    """

    name = "xgboost_gamma"
    objective = "reg:gamma"

    def _lesson(self, lessons: Lessons, value: Floats) -> ValueLesson:
        rows = (lessons.bought > 0) & (value > 0)
        return ValueLesson(rows, lessons.log_severity[rows], np.ones(int(rows.sum())))

    def _log_anchor(self, expected: Expectation) -> Floats:
        return expected.log_severity

    def _log_if_bought(self, log_value: Floats, probability: Floats) -> Floats:  # noqa: ARG002  # learnt of buyers
        return log_value
