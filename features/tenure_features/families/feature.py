"""One feature is one small function of a history, with what people are told of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from importlib import import_module
from string import Formatter
from types import ModuleType
from typing import Any, Literal, get_args

from tenure_features.errors import UsageError
from tenure_features.histories import TABLES_OF_FEATURES

Family = Literal[
    "recency", "frequency", "adbt", "monetary", "experience", "engagement", "basket", "margin", "profile", "calendar"
]
"""Families in the order of the catalogue, and so of the columns of a snapshot."""

_Build = Callable[[Any], Any]
"""From the history of a feature's table to one Ibis expression; from a window of the calendar to a number."""


@dataclass(frozen=True)
class FeatureFile:
    """The file a user's feature is defined in: its name and the sha256 of its content."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FeatureDescription:
    """What people are told of a feature: enough to read and explain it, not to compute it.

    A model carries those of all its features, so it speaks its own words wherever it is loaded.

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
    reason_if_zero
        How an explanation says that a flag is 0, where that takes other words.
    table
        The table it is computed from, one of `tenure_features.histories.TABLES_OF_FEATURES`.
    columns
        Optional columns of that table it cannot do without.
    file
        Where a user defined it; None for the features of this package.
    """

    name: str
    unit: str
    family: str
    meaning: str
    reason: str
    reason_if_zero: str | None = None
    table: str = "orders"
    columns: tuple[str, ...] = ()
    file: FeatureFile | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; `stored_feature.description_from` reads them back."""
        file = None if self.file is None else {"name": self.file.name, "sha256": self.file.sha256}
        texts = {text: getattr(self, text) for text in (*_TEXTS, "reason_if_zero")}
        return {**texts, "columns": list(self.columns), "file": file}

    def say(self, value: float) -> str:
        """Fill the reason with a value; a missing value is said in words, and a logarithm as what it is one of.

        Examples
        --------
        >>> from tenure_features import Catalogue
        >>> Catalogue()["recency_days"].say(96.2)
        'silent for 96 days'
        >>> Catalogue()["orders_90d"].say(1)
        '1 order in the last 90 days'
        """
        if value != value:  # noqa: PLR0124  # NaN is the one value that differs from itself
            return f"{self.name} is not known yet"
        if self.unit == _LOG:
            value = math.exp(value)
        if self.reason_if_zero is not None:  # a flag is said in the shop's words, which are left as they are
            return (self.reason if value >= 0.5 else self.reason_if_zero).format(value=value)
        return _ONE.sub(_singular, self.reason.format(value=value))


@dataclass(frozen=True, kw_only=True)
class Feature(FeatureDescription):
    """A feature that can be computed; called with a history, it gives its expression.

    Attributes
    ----------
    build
        From a history to one Ibis expression: a reduction over the history's rows.
    """

    build: _Build = field(repr=False, compare=False)

    def __call__(self, history: Any) -> Any:  # noqa: ANN401  # what a history is depends on the table
        """Build the expression, as part of that of another feature."""
        return self.build(history)

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross into another process by where it is defined: the function itself goes by the name of the feature."""
        return _feature_elsewhere, (self.build.__module__, self.description)

    @property
    def description(self) -> FeatureDescription:
        """What a model stores of it."""
        return FeatureDescription(**{part.name: getattr(self, part.name) for part in fields(FeatureDescription)})


def _feature_elsewhere(module: str, description: FeatureDescription) -> Feature:
    """Find a feature of this package again; one of a user's file keeps its words, and cannot be computed elsewhere."""
    if module.startswith(__package__ + "."):
        built_in = getattr(import_module(module), description.name, None)
        if isinstance(built_in, Feature):
            return built_in

    def build(_: object) -> Any:  # noqa: ANN401
        raise UsageError(f"{description.name} cannot be computed in this process.", fix="Read its file here, too.")

    return Feature(**{part.name: getattr(description, part.name) for part in fields(FeatureDescription)}, build=build)


_LOG = "log"
"""Unit of a natural logarithm."""
_TEXTS = ("name", "unit", "family", "meaning", "reason", "table")
_ONE = re.compile(r"(?<![\w.,+-])(1 (?:different |order )?[a-z-]+?)(ies|(?<=[cs]h)es|s)\b")
_NUMBER_FORMAT = re.compile(r"[-+ ]?#?0?\d{0,2}[,_]?(\.\d{1,2})?[eEfFgG%]?")


def _singular(plural: re.Match[str]) -> str:
    """Write "1 touches" as "1 touch" and "1 categories" as "1 category"."""
    return plural[1] + ("y" if plural[2] == "ies" else "")


def can_be_filled(reason: str) -> bool:
    """Whether nothing but ``{value}`` stands in a reason: a format can otherwise reach into objects, or fill memory."""
    try:
        parts = list(Formatter().parse(reason))
    except ValueError:
        return False
    return all(
        name is None or (name == "value" and conversion is None and _NUMBER_FORMAT.fullmatch(spec or ""))
        for _, name, spec, conversion in parts
    )


def feature(
    *,
    unit: str,
    family: Family,
    reason: str,
    table: str = "orders",
    columns: tuple[str, ...] = (),
    name: str | None = None,
    meaning: str | None = None,
) -> Callable[[_Build], Feature]:
    """Make a feature of a function of a history.

    The feature is a value, named like the function: the module that holds it lists it (`features_of`), nothing else
    knows of it.

    Parameters
    ----------
    unit
        Unit of the value.
    family
        One of the families of the catalogue.
    reason
        Words for an explanation, with ``{value}`` where the number goes, with or without a format for it.
    table
        The table it is computed from: decides which history the function receives, see
        `tenure_features.histories`.
    columns
        Optional columns of that table it reads; where they are missing, the feature is left out.
    name, meaning
        For helpers that make the same feature of several windows or columns; by default those of the function and
        the first line of its docstring.

    Raises
    ------
    UsageError
        If the docstring is missing, the family or the table is unknown, or the reason cannot be formatted.
    """

    def wrap(build: _Build) -> Feature:
        called = name or str(getattr(build, "__name__", ""))
        sentence = meaning or (build.__doc__ or "").strip().split("\n")[0]
        if not sentence:
            raise UsageError(
                f"Feature {called!r} does not say what it means.", fix="Add a one-line docstring to the function."
            )
        if family not in get_args(Family):
            raise UsageError(
                f"Feature {called!r} is of an unknown family.", found=family, fix=f"Use one of {get_args(Family)}."
            )
        if table not in TABLES_OF_FEATURES:
            raise UsageError(
                f"Feature {called!r} is of an unknown table.", found=table, fix=f"Use one of {TABLES_OF_FEATURES}."
            )
        if not can_be_filled(reason):
            raise UsageError(
                f"The reason of feature {called!r} cannot be filled in.",
                found=reason,
                fix="Use {value} as the only placeholder, for example {value:.0f}.",
            )
        return Feature(
            name=called, unit=unit, family=family, meaning=sentence, reason=reason, table=table, columns=tuple(columns),
            build=build,
        )  # fmt: skip

    return wrap


def features_of(module: ModuleType) -> tuple[Feature, ...]:
    """List the features a module defines, in the order of their definition; those it imports are not its own."""
    values = [value for value in vars(module).values() if isinstance(value, Feature)]
    return tuple(value for value in values if value.build.__module__ == module.__name__)
