"""The hurdle model of trees alone."""

from __future__ import annotations

from tenure_training.models.boosted.boosting import TREE_SPACE
from tenure_training.models.hurdle.hurdle import Hurdle


class XGBoostHurdle(Hurdle):
    """Gradient-boosted trees for the odds and for log spend."""

    name = "xgboost_hurdle"
    linear, trees = False, True
    search_space = TREE_SPACE
