"""Trees for the value of everybody at once, buyers or not."""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit

from tenure_training.models.boosted.boosted_value import BoostedValue, ValueTarget
from tenure_training.models.boosted.boosting import TWEEDIE_POWER
from tenure_training.models.btyd.btyd_ensemble import Expectation
from tenure_training.models.contract import Floats
from tenure_training.models.training_matrix import TrainingMatrix


class XGBoostTweedie(BoostedValue):
    r"""Trees for the mean value under the Tweedie deviance, zeros included (Jorgensen 1987).

    A Tweedie variable of power 1 < p < 2 is a sum of a Poisson number of gamma amounts: zero with a positive
    probability, else positive. With m the value the rhythm expects of a customer and f the trees, the deviance of a
    value y is :math:`m^{2-p} [e^{(2-p) f} / (2-p) - (y/m) e^{(1-p) f} / (1-p)]` up to constants: the trees learn a
    factor on m, with weights :math:`m^{2-p}`. P(buys) is that of the trees of the hurdle.
    """

    name = "xgboost_tweedie"
    objective = "reg:tweedie"

    def _target(self, training: TrainingMatrix, value: Floats) -> ValueTarget:  # noqa: ARG002  # everybody takes part
        log_anchor = np.asarray(log_expit(training.rhythm) + training.log_severity)
        size = np.exp((2 - TWEEDIE_POWER) * (log_anchor - log_anchor.mean()))
        return ValueTarget(np.ones(len(log_anchor), dtype=np.bool_), log_anchor, size / size.mean())

    @staticmethod
    def log_anchor(expected: Expectation) -> Floats:
        """Give the logarithm of the value the rhythm expects, of what the trees learn, shape (n,)."""
        return np.asarray(log_expit(expected.log_odds) + expected.log_severity)

    @staticmethod
    def log_if_bought(log_value: Floats, probability: Floats) -> Floats:
        """Give the logarithm of the expected value of those who buy, shape (n,)."""
        return np.asarray(log_value - np.log(probability))
