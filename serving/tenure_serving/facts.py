"""Facts of customers in words: what a feature says of one of them, with numbers, units and currency."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, Self

import numpy as np

from tenure_features.float_table import Floats, Table, read_floats
from tenure_serving.language import Language

RHYTHM = "rhythm"
"""Group of everything that tells how a customer orders."""

_GROUP_OF_PREFIX = {
    "btyd": RHYTHM, "bgnbd": RHYTHM, "mbgnbd": RHYTHM, "paretonbd": RHYTHM, "gammagamma": "monetary",
}  # fmt: skip
_LOG = "log"
_SAID_AS_SILENCE = frozenset({"recency_days", "lateness", "adbt_days"})


class Described(Protocol):
    """What a catalogue says of a feature (`tenure_features.Feature` does)."""

    @property
    def name(self) -> str:
        """Column name in a snapshot."""

    @property
    def unit(self) -> str:
        """Unit of the value."""

    @property
    def family(self) -> str:
        """Family in the catalogue."""

    @property
    def meaning(self) -> str:
        """One line for people."""

    @property
    def reason(self) -> str:
        """How an explanation says it, ``{value}`` where the number goes."""

    def say(self, value: float) -> str:
        """Fill the feature's reason with a value."""


class _Number(float):
    """A number that writes itself in a language, an amount with its currency, wherever a feature's words put it."""

    currency: str
    language: Language

    def __new__(cls, number: float, currency: str, language: Language) -> Self:
        written = super().__new__(cls, number)
        written.currency, written.language = currency, language
        return written

    def __format__(self, spec: str) -> str:
        return self.language.beside(self.language.digits(super().__format__(spec)), self.currency)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Says what is true of a customer."""

    values: Table
    features: Mapping[str, Described]
    currency: str | None
    language: Language
    _ways: dict[str, Callable[[int], str]] = field(default_factory=dict, init=False, repr=False)
    _days: dict[int, str] = field(default_factory=dict, init=False, repr=False)

    def say(self, row: int, name: str) -> str:
        """Say what a feature, or a term of the model, tells of the customer in a row."""
        way = self._ways.get(name)
        if way is None:
            way = self._ways[name] = self._way(name)
        return way(row)

    def _way(self, name: str) -> Callable[[int], str]:
        """Find how a feature or a term is said; what it says of a customer is then a matter of numbers."""
        group = group_of_prefix(name)
        silence = name in _SAID_AS_SILENCE or group == RHYTHM
        if silence and "recency_days" in self.values and "adbt_days" in self.values:
            recency, gaps = (read_floats(self.values, kind) for kind in ("recency_days", "adbt_days"))
            return partial(self._say_silence, recency, gaps)
        if group == "monetary" and "value_mean" in self.values:
            name = "value_mean"
        feature = self.features.get(name)
        if feature is None:
            words = self.language.column(name).replace("_", " ")
            return lambda _row: words
        values = read_floats(self.values, name) if name in self.values else np.full(len(self.values), np.nan)
        return partial(self._say_feature, values, feature)

    def _say_silence(self, recency: Floats, gaps: Floats, row: int) -> str:
        gap, silent = float(gaps[row]), self._write_days(float(recency[row]))
        if math.isnan(gap):
            return self.language.gettext("silent for {days}, one order so far", days=silent)
        return self.language.gettext("silent for {days}, usual gap {gap}", days=silent, gap=self._write_days(gap))

    def _say_feature(self, values: Floats, feature: Described, row: int) -> str:
        value = float(values[row])
        if math.isnan(value):
            meaning = self.language.translate(feature.meaning).rstrip(".")
            return self.language.gettext("{meaning} not known yet", meaning=meaning)
        currency = self.currency if feature.unit == "money" and self.currency else ""
        number = _Number(value, currency, self.language)
        pace = _Number(np.exp(value), "", self.language) if feature.unit == _LOG else number
        return self.language.reason(feature.reason, pace) or self.language.say_level(feature.say(number))

    def _write_days(self, days: float) -> str:
        whole = round(days)
        if whole not in self._days:
            self._days[whole] = _write_days(whole, self.language)
        return self._days[whole]


def group_of_prefix(name: str) -> str | None:
    """Name the group of a term of the model itself by what its name begins with; None of a feature's."""
    return _GROUP_OF_PREFIX.get(name.split("_", maxsplit=1)[0])


def _write_days(whole: int, language: Language) -> str:
    if whole < 1:
        return language.gettext("less than a day")
    return language.ngettext("{count} day", "{count} days", whole)
