"""The catalogue of features: importing it registers every family."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tenure_features import adbt, frequency, monetary, recency, returns  # noqa: F401  # each registers its features
from tenure_features.errors import UsageError
from tenure_features.registry import Feature, registered


def catalogue() -> tuple[Feature, ...]:
    """Every feature: name, unit, family, one-line meaning and reason text, in the order of snapshot columns.

    Examples
    --------
    >>> feature = catalogue()[0]
    >>> feature.name, feature.unit, feature.family, feature.meaning
    ('recency_days', 'days', 'recency', 'Days since the last order.')
    """
    return registered()


def chosen(names: Iterable[str] | None) -> tuple[Feature, ...]:
    """Features by name, or all of them for None.

    Raises
    ------
    UsageError
        If a name is not in the catalogue.
    """
    by_name = {one.name: one for one in registered()}
    wanted = list(by_name) if names is None else list(dict.fromkeys(names))
    for name in wanted:
        if name not in by_name:
            near = get_close_matches(name, by_name, n=1)
            raise UsageError(
                f"There is no feature named {name!r}.",
                found=", ".join(by_name),
                fix=f"Did you mean {near[0]!r}?" if near else "Choose from the catalogue.",
            )
    return tuple(by_name[name] for name in wanted)
