"""The hurdle model of trees with gamma severity."""

from __future__ import annotations

import numpy as np

from tenure_training.models.boosted.boosted_value import BoostedValue, ValueTarget
from tenure_training.models.btyd.btyd_ensemble import Expectation
from tenure_training.models.contract import Floats
from tenure_training.models.training_matrix import TrainingMatrix


class XGBoostGamma(BoostedValue):
    r"""Trees for the odds, and for the value of those who buy under the gamma deviance.

    With m the value the rhythm expects of a customer who buys and f the trees, the deviance of a value y is
    :math:`y / (m e^f) + f` up to constants: the variance grows with the square of the mean, and the mean itself is
    learnt, where the log-normal severity of `xgboost_hurdle` learns the mean of logarithms.
    """

    name = "xgboost_gamma"
    objective = "reg:gamma"

    def _target(self, training: TrainingMatrix, value: Floats) -> ValueTarget:
        rows = (training.bought > 0) & (value > 0)
        return ValueTarget(rows, training.log_severity[rows], np.ones(int(rows.sum())))

    @staticmethod
    def log_anchor(expected: Expectation) -> Floats:
        """Give the logarithm of the value the rhythm expects, of what the trees learn, shape (n,)."""
        return expected.log_severity

    @staticmethod
    def log_if_bought(log_value: Floats, probability: Floats) -> Floats:  # noqa: ARG004  # learnt of buyers
        """Give the logarithm of the expected value of those who buy, shape (n,)."""
        return log_value
