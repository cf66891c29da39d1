"""Search spaces: what of a candidate may be tuned, in which range, and what stands there untuned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from tenure_features.errors import UsageError

Value = float | int
Settings = Mapping[str, Value]


@dataclass(frozen=True)
class Real:
    """A real number in [low, high]; ``log``: factors matter, not differences."""

    low: float
    high: float
    default: float
    log: bool = False

    def holds(self, value: Value) -> bool:
        """Whether a value may stand here."""
        return math.isfinite(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Integer:
    """A whole number in [low, high]; ``log``: factors matter, not differences."""

    low: int
    high: int
    default: int
    log: bool = False

    def holds(self, value: Value) -> bool:
        """Whether a value may stand here."""
        return float(value).is_integer() and self.low <= value <= self.high


SearchSpace = Mapping[str, Real | Integer]

NOTHING: SearchSpace = MappingProxyType({})
"""The space of a candidate without anything to tune."""


def defaults(space: SearchSpace) -> dict[str, Value]:
    """Give the settings of an untuned candidate.

    Examples
    --------
    >>> defaults({"rounds": Integer(50, 400, 150)})
    {'rounds': 150}
    """
    return {name: parameter.default for name, parameter in space.items()}


def check_settings(settings: Settings, space: SearchSpace, *, candidate: str) -> dict[str, Value]:
    """Give the settings back, in the order of the space, if each of them may be set and lies in its range.

    Raises
    ------
    UsageError
        There is no such setting, or its value lies outside.

    Examples
    --------
    >>> check_settings({"eta": 0.1}, {"eta": Real(0.01, 0.3, 0.05)}, candidate="blend")
    {'eta': 0.1}
    """
    for name, value in settings.items():
        if name not in space:
            near = get_close_matches(name, space, n=1)
            raise UsageError(
                f"The candidate {candidate!r} has no setting {name!r}.",
                found=", ".join(space) or "nothing to set",
                fix=f"Did you mean {near[0]!r}?" if near else "Choose one of these.",
            )
        if not space[name].holds(value):
            raise UsageError(
                f"The setting {name!r} of {candidate!r} lies outside its range.",
                found=str(value),
                fix=f"Choose from {space[name].low} to {space[name].high}.",
            )
    return {name: settings[name] for name in space if name in settings}
