"""The blend: the default champion."""

from __future__ import annotations

from types import MappingProxyType

from tenure_training.models.boosted.boosting import TREE_SPACE as TREES
from tenure_training.models.hurdle.hurdle import Hurdle
from tenure_training.models.hurdle.linear import PENALTY_SPACE as LINEAR


class Blend(Hurdle):
    """Linear model, trees and rhythm together: one ranks well on short histories, the other on long ones."""

    name = "blend"
    linear, trees = True, True
    search_space = MappingProxyType({**TREES, **LINEAR})
