"""The catalogue of features: importing it registers every family."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tenure_features.errors import UsageError
from tenure_features.families import (  # noqa: F401  # each registers its features
    adbt,
    basket,
    calendar,
    emails,
    experience,
    frequency,
    margin,
    mix,
    monetary,
    profile,
    recency,
    returns,
    visits,
)
from tenure_features.families.feature import Feature, known, registered
from tenure_features.families.profile_features import parsed

ORDER = (
    "recency", "frequency", "adbt", "monetary", "experience", "engagement", "basket", "margin", "profile", "calendar",
)  # fmt: skip
"""Families in the order of the catalogue, and so of the columns of a snapshot, whichever was imported first."""


def catalogue() -> tuple[Feature, ...]:
    """Every feature: name, unit, family, one-line meaning and reason text, in the order of snapshot columns.

    Examples
    --------
    >>> feature = catalogue()[0]
    >>> feature.name, feature.unit, feature.family, feature.meaning
    ('recency_days', 'days', 'recency', 'Days since the last order.')
    """
    return tuple(sorted(registered(), key=lambda one: ORDER.index(one.family)))


def chosen(names: Iterable[str] | None) -> tuple[Feature, ...]:
    """Features by name, or the whole catalogue for None.

    Beside the catalogue, names such as ``region=north`` stand for levels of the shop's own customer table
    (`tenure_features.families.profile_features`).

    Raises
    ------
    UsageError
        If a name is not in the catalogue.
    """
    by_name = {one.name: one for one in catalogue()}
    wanted = list(by_name) if names is None else list(dict.fromkeys(names))
    found = []
    for name in wanted:
        one = by_name.get(name) or parsed(name)
        if one is None:
            near = get_close_matches(name, by_name, n=1)
            raise UsageError(
                f"There is no feature named {name!r}.",
                found=", ".join(by_name),
                fix=f"Did you mean {near[0]!r}?" if near else "Choose from the catalogue.",
            )
        found.append(one)
    return tuple(found)


def described(names: Iterable[str]) -> dict[str, Feature]:
    """Those of the names that are features, also of a model's user, by name."""
    found = {name: known(name) or parsed(name) for name in names}
    return {name: one for name, one in found.items() if one is not None}
