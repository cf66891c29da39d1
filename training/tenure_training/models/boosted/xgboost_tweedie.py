"""Trees for the value of everybody at once, buyers or not."""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit

from tenure_training.models.boosted.boosted_value import BoostedValue, ValueLesson
from tenure_training.models.boosted.boosting import TWEEDIE_POWER
from tenure_training.models.btyd.btyd_ensemble import Expectation
from tenure_training.models.contract import Floats
from tenure_training.models.training_matrix import Lessons


class XGBoostTweedie(BoostedValue):
    r"""Trees for the mean value under the Tweedie deviance, zeros included (Jorgensen 1987).

    A Tweedie variable of power 1 < p < 2 is a sum of a Poisson number of gamma amounts: zero with a positive
    probability, else positive. With m the value the rhythm expects of a customer and f the trees, the deviance of a
    value y is :math:`m^{2-p} [e^{(2-p) f} / (2-p) - (y/m) e^{(1-p) f} / (1-p)]` up to constants: the trees learn a
    factor on m, with weights :math:`m^{2-p}`. P(buys) is that of the trees of the hurdle.
    """

    name = "xgboost_tweedie"
    objective = "reg:tweedie"

    def _lesson(self, lessons: Lessons, value: Floats) -> ValueLesson:  # noqa: ARG002  # everybody takes part
        log_anchor = np.asarray(log_expit(lessons.rhythm) + lessons.log_severity)
        size = np.exp((2 - TWEEDIE_POWER) * (log_anchor - log_anchor.mean()))
        return ValueLesson(np.ones(len(log_anchor), dtype=np.bool_), log_anchor, size / size.mean())

    def _log_anchor(self, expected: Expectation) -> Floats:
        return np.asarray(log_expit(expected.log_odds) + expected.log_severity)

    def _log_if_bought(self, log_value: Floats, probability: Floats) -> Floats:
        return np.asarray(log_value - np.log(probability))
