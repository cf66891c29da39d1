"""One feature is one small registered function of a history; together they are the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import ibis.expr.types as ir

from tenure_features.errors import UsageError

Family = Literal[
    "recency", "frequency", "monetary", "adbt", "engagement", "experience", "basket", "profile", "margin", "calendar"
]
Build = Callable[[Any], Any]
"""From the history of a feature's table to one Ibis expression; from a window of the calendar to a number."""

HISTORIES: Mapping[str, str] = {
    "orders": "OrderHistory",
    "order_details": "OrderDetails",
    "order_lines": "LineHistory",
    "events": "EventHistory",
    "feedback": "FeedbackHistory",
    "service_costs": "ServiceCostHistory",
    "customers": "CustomerProfile",
    "calendar": "CalendarWindow",
}
"""What a feature of each table receives; ``order_details`` are the orders with their optional columns."""


@dataclass(frozen=True)
class FeatureFile:
    """The file a user's feature is defined in: its name and the sha256 of its content."""

    name: str
    sha256: str


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
    table
        The table it is computed from, one of `HISTORIES`.
    columns
        Optional columns of that table it cannot do without.
    file
        Where a user defined it; None for the features of this package.
    """

    name: str
    unit: str
    family: Family
    meaning: str
    reason: str
    build: Build = field(repr=False, compare=False)
    table: str = "orders"
    columns: tuple[str, ...] = ()
    file: FeatureFile | None = None

    def to_dict(self) -> dict[str, Any]:
        """Describe a user's feature as JSON values, without the code that computes it."""
        file = None if self.file is None else {"name": self.file.name, "sha256": self.file.sha256}
        parts = {part: getattr(self, part) for part in ("name", "unit", "family", "meaning", "reason", "table")}
        return {**parts, "columns": list(self.columns), "file": file}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Feature:
        """Rebuild from `to_dict` what can be said of a feature; it cannot be computed."""
        file = None if stored["file"] is None else FeatureFile(**stored["file"])

        def build(_: object) -> ir.Value:
            raise UsageError(f"The file that defines {stored['name']!r} is not loaded.", fix="Give it with --features.")

        texts = {part: stored[part] for part in ("name", "unit", "family", "meaning", "reason", "table")}
        return cls(**texts, build=build, columns=tuple(stored["columns"]), file=file)

    def say(self, value: float) -> str:
        """Fill the reason with a value; a missing value is said in words.

        Examples
        --------
        >>> from tenure_features import catalogue
        >>> next(f for f in catalogue() if f.name == "recency_days").say(96.2)
        'silent for 96 days'
        >>> next(f for f in catalogue() if f.name == "orders_90d").say(1)
        '1 order in the last 90 days'
        """
        if value != value:  # noqa: PLR0124  # NaN is the one value that differs from itself
            return f"{self.name} is not known yet"
        return _ONE.sub(_singular, self.reason.format(value=value))


_ONE = re.compile(r"(?<![\w.,+-])(1 (?:different |order )?[a-z-]+?)(ies|(?<=[cs]h)es|s)\b")


def _singular(found: re.Match[str]) -> str:
    """Write "1 touches" as "1 touch" and "1 categories" as "1 category"."""
    return found[1] + ("y" if found[2] == "ies" else "")


_registry: dict[str, Feature] = {}
_reading: list[FeatureFile] = []
_recalled: dict[str, Feature] = {}


def feature(
    *, unit: str, family: Family, reason: str, table: str = "orders", columns: tuple[str, ...] = ()
) -> Callable[[Build], Build]:
    """Register a function of a history as a feature named like the function.

    Parameters
    ----------
    unit
        Unit of the value.
    family
        One of the families of the catalogue.
    reason
        Words for an explanation, with ``{value}`` where the number goes (any format specification works).
    table
        The table it is computed from: decides which history the function receives, see `HISTORIES`.
    columns
        Optional columns of that table it reads; where they are missing, the feature is left out.

    Raises
    ------
    UsageError
        If the name is taken, the docstring is missing, the family or the table is unknown, or the reason cannot be
        formatted.
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
        if table not in HISTORIES:
            raise UsageError(
                f"Feature {name!r} is of an unknown table.", found=table, fix=f"Use one of {[*HISTORIES]}."
            )
        _check_reason(name, reason)
        file = _reading[-1] if _reading else None
        _registry[name] = Feature(name, unit, family, meaning, reason, build, table, tuple(columns), file)
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


@contextmanager
def registering(file: FeatureFile) -> Iterator[None]:
    """Mark what is registered inside as defined by a file; what an earlier version of it defined is forgotten."""
    kept = {name: one for name, one in _registry.items() if one.file is None or one.file.name != file.name}
    before = dict(_registry)
    _registry.clear()
    _registry.update(kept)
    _reading.append(file)
    try:
        yield
    except BaseException:
        _registry.clear()
        _registry.update(before)
        raise
    finally:
        _reading.pop()


def recall(stored: Iterable[Feature]) -> None:
    """Remember what a model says of its user's features: enough to read and explain them, not to compute them."""
    _recalled.update({one.name: one for one in stored})


def known(name: str) -> Feature | None:
    """Find a feature that is registered, or remembered from a model."""
    return _registry.get(name) or _recalled.get(name)
