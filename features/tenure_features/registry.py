"""One feature is one small registered function of a history; together they are the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import ibis.expr.types as ir

from tenure_features.errors import UsageError
from tenure_features.history import OrderHistory

Family = Literal["recency", "frequency", "monetary", "adbt", "engagement", "experience", "basket", "profile"]
Build = Callable[[OrderHistory], ir.Value]


@dataclass(frozen=True)
class Feature:
    """A registered definition.

    Attributes
    ----------
    name
        Column name in a snapshot.
    unit
        ``days``, ``orders``, ``money``, ``ratio``, ...
    family
        The family it belongs to.
    meaning
        One line for people: the first line of the function's docstring.
    reason
        How an explanation says it; ``{value}`` is filled in.
    build
        From a history to one Ibis expression: a reduction over the history's rows.
    """

    name: str
    unit: str
    family: Family
    meaning: str
    reason: str
    build: Build = field(repr=False, compare=False)

    def say(self, value: float) -> str:
        """Fill the reason with a value; a missing value is said in words.

        Examples
        --------
        >>> from tenure_features import catalogue
        >>> next(f for f in catalogue() if f.name == "recency_days").say(96.2)
        'silent for 96 days'
        """
        if value != value:  # noqa: PLR0124  # NaN is the one value that differs from itself
            return f"{self.name} is not known yet"
        return self.reason.format(value=value)


_registry: dict[str, Feature] = {}


def feature(*, unit: str, family: Family, reason: str) -> Callable[[Build], Build]:
    """Register a function of a history as a feature named like the function.

    Parameters
    ----------
    unit
        Unit of the value.
    family
        One of the families of the catalogue.
    reason
        Words for an explanation, with ``{value}`` where the number goes (any format specification works).

    Raises
    ------
    UsageError
        If the name is taken, the docstring is missing, the family is unknown or the reason cannot be formatted.
    """

    def register(build: Build) -> Build:
        name = str(getattr(build, "__name__", ""))
        meaning = (build.__doc__ or "").strip().split("\n")[0]
        if name in _registry:
            raise UsageError(f"A feature named {name!r} is registered already.", fix="Give the function another name.")
        if not meaning:
            raise UsageError(
                f"Feature {name!r} does not say what it means.", fix="Add a one-line docstring to the function."
            )
        if family not in get_args(Family):
            raise UsageError(
                f"Feature {name!r} is of an unknown family.", found=family, fix=f"Use one of {get_args(Family)}."
            )
        _check_reason(name, reason)
        _registry[name] = Feature(name, unit, family, meaning, reason, build)
        return build

    return register


def _check_reason(name: str, reason: str) -> None:
    try:
        reason.format(value=1.0)
    except (KeyError, IndexError, ValueError) as problem:
        raise UsageError(
            f"The reason of feature {name!r} cannot be filled in.",
            found=reason,
            fix="Use {value} as the only placeholder, for example {value:.0f}.",
        ) from problem


def registered() -> tuple[Feature, ...]:
    """Every feature registered so far, in order of registration."""
    return tuple(_registry.values())
