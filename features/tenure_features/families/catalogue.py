"""The catalogue: which features there are, by name. A value, so that no model's catalogue is another's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import get_args

import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.families import (
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
from tenure_features.families.feature import Family, Feature, FeatureDescription, features_of
from tenure_features.families.profile_features import profile_feature
from tenure_features.user_features import read_features

_MODULES = (
    adbt, basket, calendar, emails, experience, frequency, margin, mix, monetary, profile, recency, returns, visits,
)  # fmt: skip
"""In the order of their features among those of the same family."""

_FEATURES = tuple(feature for module in _MODULES for feature in features_of(module))


@dataclass(frozen=True)
class Catalogue:
    """Features by name: those of this package, and those of a user's files.

    Iterating gives them in the order of snapshot columns. Beside them, names such as ``region=north`` stand for levels
    of the shop's own customer table (`tenure_features.families.profile_features`).

    Parameters
    ----------
    features
        Those of this package by default.

    Raises
    ------
    UsageError
        If two features have one name.

    Examples
    --------
    >>> feature = Catalogue()["recency_days"]
    >>> feature.unit, feature.family, feature.meaning
    ('days', 'recency', 'Days since the last order.')
    """

    features: tuple[Feature, ...] = _FEATURES

    def __post_init__(self) -> None:
        names = [feature.name for feature in self.features]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UsageError(
                f"There are two features named {twice[0]!r}.", fix="Give the function of one of them another name."
            )

    def __iter__(self) -> Iterator[Feature]:
        families = get_args(Family)
        return iter(sorted(self.features, key=lambda feature: families.index(feature.family)))

    def __len__(self) -> int:
        return len(self.features)

    def _repr_html_(self) -> str:
        """Show name, family, unit and meaning of every feature in a notebook."""
        rows = [(feature.name, feature.family, feature.unit, feature.meaning) for feature in self]
        table = pd.DataFrame(rows, columns=["name", "family", "unit", "meaning"])
        return table.to_html(index=False, escape=True)

    def __getitem__(self, name: str) -> Feature:
        """Look a feature up.

        Raises
        ------
        UsageError
            If there is none of that name, with the nearest.
        """
        feature = self.get(name)
        if feature is None:
            near = get_close_matches(name, self._by_name, n=1)
            raise UsageError(
                f"There is no feature named {name!r}.",
                found=", ".join(self._by_name),
                fix=f"Did you mean {near[0]!r}?" if near else "Choose from the catalogue.",
            )
        return feature

    def get(self, name: str) -> Feature | None:
        """Look a feature up; None where there is none of that name."""
        return self._by_name.get(name) or profile_feature(name)

    def select(self, names: Iterable[str]) -> tuple[Feature, ...]:
        """Take features by name, each once; `UsageError` as for one name."""
        return tuple(self[name] for name in dict.fromkeys(names))

    def describe(self, names: Iterable[str]) -> tuple[FeatureDescription, ...]:
        """Say of features by name what a model stores of them; `UsageError` as for one name."""
        return tuple(feature.description for feature in self.select(names))

    def available(self, columns: Mapping[str, frozenset[str]]) -> tuple[Feature, ...]:
        """Take the features whose table, and whose columns of it, are there."""
        return tuple(
            feature for feature in self if feature.table in columns and set(feature.columns) <= columns[feature.table]
        )

    @property
    def own(self) -> tuple[Feature, ...]:
        """Features of a user's files, in order."""
        return tuple(feature for feature in self if feature.file is not None)

    def with_file(self, path: str | Path) -> Catalogue:
        """Add the features that a Python file defines; what another version of the file defined is left out.

        Parameters
        ----------
        path
            A Python file with functions under `tenure_features.feature`. It is run.

        Raises
        ------
        UsageError
            If there is no such file, it fails, it defines no feature, or a name is taken.
        """
        added = read_features(path, others=self.features)
        others = (feature for feature in self.features if feature.file is None or feature.file.name != Path(path).name)
        return Catalogue((*others, *added))

    def with_files(self, paths: Iterable[str | Path]) -> Catalogue:
        """Add the features of several files, one after another; see `with_file`."""
        catalogue = self
        for path in paths:
            catalogue = catalogue.with_file(path)
        return catalogue

    @cached_property
    def _by_name(self) -> Mapping[str, Feature]:
        return {feature.name: feature for feature in self}


BUILT_IN = Catalogue()
"""The features of this package."""
