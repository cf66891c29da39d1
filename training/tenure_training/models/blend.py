"""The blend: the default champion."""

from __future__ import annotations

from tenure_training.models.hurdle import Hurdle


class Blend(Hurdle):
    """Linear model, trees and rhythm together: one ranks well on short histories, the other on long ones."""

    name = "blend"
    linear, trees = True, True
