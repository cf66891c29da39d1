"""Reasons in words: what moves a customer's odds of leaving and spend, with values, units and multipliers.

A model's explanation is a sum of terms on the log scale (`Contributions`). Terms that tell one story, such as days of
silence and the usual gap between orders, are added up and said once; nothing is lost, because log-odds add and odds
multiply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import UsageError
from tenure_serving.language import ENGLISH, N_, Language
from tenure_training.models.contract import Contributions

_Floats = NDArray[np.float64]
Target = Literal["churn", "value"]

SMALLEST_MULTIPLIER = 1.05
"""A reason that changes the odds by less than 5 % either way is not worth a customer manager's time."""

_RHYTHM = "rhythm"
_GROUP_OF_FAMILY = {"recency": _RHYTHM, "adbt": _RHYTHM}
_GROUP_OF_PREFIX = {
    "btyd": _RHYTHM, "bgnbd": _RHYTHM, "mbgnbd": _RHYTHM, "paretonbd": _RHYTHM, "gammagamma": "monetary",
}  # fmt: skip
_MEANINGS = {
    "base": N_("Where everybody starts."),
    "btyd_rhythm": N_("What the rhythm of past orders predicts."),
    "calibration": N_("Correction of the probability on later data."),
}
_SAID_AS_SILENCE = frozenset({"recency_days", "lateness", "adbt_days"})
_LOG = "log"
_NOT_REASONS = frozenset({"calibration"})
_DIRECTION = {"churn": ("raises risk", "lowers risk"), "value": ("raises value", "lowers value")}
_SENTENCES = {
    ("churn", True): N_("{fact}: odds of leaving x {multiplier} (raises risk)"),
    ("churn", False): N_("{fact}: odds of leaving x {multiplier} (lowers risk)"),
    ("value", True): N_("{fact}: spend when buying x {multiplier} (raises value)"),
    ("value", False): N_("{fact}: spend when buying x {multiplier} (lowers value)"),
}
_MULTIPLIER = re.compile(r": [^:()]+ [x×] [^:()]*(\([^()]*\))$")


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


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason of one customer.

    Attributes
    ----------
    fact
        What is true of the customer: "silent for 96 days, usual gap 21 days".
    multiplier
        What it multiplies the odds of leaving (or the spend of a buyer) by: exp of the added-up terms.
    target
        ``churn`` or ``value``.
    group
        The story whose terms were added up.
    feature
        The feature in the group with the largest part.

    Examples
    --------
    >>> fact = "silent for 96 days, usual gap 21 days"
    >>> print(Reason(fact=fact, multiplier=2.41, target="churn", group="rhythm", feature="recency_days"))
    silent for 96 days, usual gap 21 days: odds of leaving x 2.4 (raises risk)
    """

    fact: str
    multiplier: float
    target: Target
    group: str
    feature: str

    @property
    def direction(self) -> str:
        """``raises risk``, ``lowers risk``, ``raises value`` or ``lowers value``."""
        raises, lowers = _DIRECTION[self.target]
        return raises if self.multiplier >= 1 else lowers

    def __str__(self) -> str:
        return self.say(ENGLISH)

    def say(self, language: Language) -> str:
        """Say the reason in the language its fact is in."""
        sentence = _SENTENCES[self.target, self.multiplier >= 1]
        return language.gettext(sentence, fact=self.fact, multiplier=_number(self.multiplier, language))


def churn_reasons(
    contributions: Contributions,
    snapshot: pd.DataFrame,
    catalogue: Iterable[Described],
    *,
    top: int = 3,
    currency: str | None = None,
    language: Language = ENGLISH,
) -> list[list[str]]:
    """Say why each customer's odds of leaving are what they are.

    Parameters
    ----------
    contributions
        Explanation of the n rows of the snapshot.
    snapshot
        One row per customer, feature columns.
    catalogue
        What the features mean.
    top
        At most so many reasons, strongest first, in either direction.
    currency
        Written after amounts.
    language
        Of the sentences; the words of a shop's own features are left as they are.

    Returns
    -------
    list of list of str
        One list per row; empty where nothing moves the odds by 5 %.

    Raises
    ------
    UsageError
        Contributions and snapshot differ in their number of rows.
    """
    strongest = reasons(
        contributions, snapshot, catalogue, target="churn", top=top, currency=currency, language=language
    )
    return [[reason.say(language) for reason in row] for row in strongest]


def value_reasons(
    contributions: Contributions,
    snapshot: pd.DataFrame,
    catalogue: Iterable[Described],
    *,
    top: int = 3,
    currency: str | None = None,
    language: Language = ENGLISH,
) -> list[list[str]]:
    """Say why each customer would spend what the model expects of a buyer; see `churn_reasons`."""
    strongest = reasons(
        contributions, snapshot, catalogue, target="value", top=top, currency=currency, language=language
    )
    return [[reason.say(language) for reason in row] for row in strongest]


def reasons(
    contributions: Contributions,
    snapshot: pd.DataFrame,
    catalogue: Iterable[Described],
    *,
    target: Target,
    top: int = 3,
    currency: str | None = None,
    language: Language = ENGLISH,
) -> list[list[Reason]]:
    """Give each customer's strongest reasons as objects; `churn_reasons` and `value_reasons` turn them into words."""
    terms, _ = terms_of(contributions, target=target, rows=len(snapshot))
    features = {feature.name: feature for feature in catalogue}
    stories = _stories(contributions.features, features)
    totals = (
        np.column_stack([terms[:, columns].sum(axis=1) for columns in stories.values()]) if stories else terms[:, :0]
    )
    leads = [
        np.asarray(columns)[np.argmax(terms[:, columns] * np.sign(total)[:, None], axis=1)]
        for columns, total in zip(stories.values(), totals.T, strict=True)
    ]
    order = np.argsort(-np.abs(totals), axis=1, kind="stable")[:, :top]
    described = [name for name in snapshot if name in features]
    facts = _Facts(
        {name: snapshot[name].to_numpy(dtype=np.float64) for name in described}, features, currency, language
    )
    names, groups = contributions.features, list(stories)
    out: list[list[Reason]] = []
    for row, strongest in enumerate(order):
        out.append([])
        for story in strongest:
            total = float(totals[row, story])
            if abs(total) >= np.log(SMALLEST_MULTIPLIER):
                lead = names[leads[story][row]]
                out[-1].append(
                    Reason(
                        fact=facts.say(row, lead),
                        multiplier=_exp(total),
                        target=target,
                        group=groups[story],
                        feature=lead,
                    )
                )
    return out


def decomposition(
    contributions: Contributions, snapshot: pd.DataFrame, catalogue: Iterable[Described], *, row: int, target: Target
) -> pd.DataFrame:
    """Lay out one prediction term by term.

    Parameters
    ----------
    contributions, snapshot, catalogue
        As in `churn_reasons`.
    row
        Position of the customer.
    target
        ``churn``: the contributions add up to the log-odds of the churn probability. ``value``: to the logarithm of
        the expected value of those who buy.

    Returns
    -------
    DataFrame
        ``term`` (the first is ``base``), ``meaning``, ``group``, ``value`` (of the feature, NaN for model terms),
        ``unit``, ``contribution`` (log scale), ``multiplier`` (exp of it); terms largest first.
    """
    terms, base = terms_of(contributions, target=target, rows=len(snapshot))
    features = {feature.name: feature for feature in catalogue}
    table = pd.DataFrame({"term": contributions.features, "contribution": terms[row]})
    table = table.sort_values("contribution", key=lambda part: -part.abs(), kind="stable", ignore_index=True)
    table = pd.concat([pd.DataFrame({"term": ["base"], "contribution": [base]}), table], ignore_index=True)
    described = table["term"].map(features.get)
    table["meaning"] = [meaning_of(term, features) for term in table["term"]]
    table["group"] = [_group(term, features) for term in table["term"]]
    table["value"] = [float(snapshot[term].iloc[row]) if term in snapshot else np.nan for term in table["term"]]
    table["unit"] = [feature.unit if feature else "" for feature in described]
    table["multiplier"] = np.exp(table["contribution"])
    return table[["term", "meaning", "group", "value", "unit", "contribution", "multiplier"]]


def meaning_of(term: str, features: Mapping[str, Described]) -> str:
    """Say in words what a term is: a feature's meaning, or that of a term of the model itself."""
    return features[term].meaning if term in features else _MEANINGS.get(term, term)


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


@dataclass(frozen=True)
class _Facts:
    """Says what is true of a customer."""

    values: dict[str, _Floats]
    features: dict[str, Described]
    currency: str | None
    language: Language

    def say(self, row: int, name: str) -> str:
        silence = name in _SAID_AS_SILENCE or _prefix_group(name) == _RHYTHM
        if silence and {"recency_days", "adbt_days"} <= set(self.values):
            gap = self._value(row, "adbt_days")
            silent = _days(self._value(row, "recency_days"), self.language)
            if np.isnan(gap):
                return self.language.gettext("silent for {days}, one order so far", days=silent)
            usual = _days(gap, self.language)
            return self.language.gettext("silent for {days}, usual gap {gap}", days=silent, gap=usual)
        if _prefix_group(name) == "monetary" and "value_mean" in self.values:
            name = "value_mean"
        feature = self.features.get(name)
        if feature is None:
            return self.language.column(name).replace("_", " ")
        value = self._value(row, name)
        if np.isnan(value):
            meaning = self.language.translate(feature.meaning).rstrip(".")
            return self.language.gettext("{meaning} not known yet", meaning=meaning)
        currency = self.currency if feature.unit == "money" and self.currency else ""
        number = _Number(value, currency, self.language)
        pace = _Number(np.exp(value), "", self.language) if feature.unit == _LOG else number
        return self.language.reason(feature.reason, pace) or self.language.say_level(feature.say(number))

    def _value(self, row: int, name: str) -> float:
        return float(self.values[name][row]) if name in self.values else float("nan")


def shorten_reason(reason: str) -> str:
    """Leave the multiplier of a finished reason away, in whichever language it was said; its direction stays.

    Examples
    --------
    >>> shorten_reason("silent for 96 days, usual gap 21 days: odds of leaving x 2.4 (raises risk)")
    'silent for 96 days, usual gap 21 days (raises risk)'
    """
    return _MULTIPLIER.sub(r" \1", reason)


def terms_of(contributions: Contributions, *, target: Target, rows: int) -> tuple[_Floats, float]:
    """Take the terms of a target, shape (n, f), and their base.

    Raises
    ------
    UsageError
        They explain another number of rows.
    """
    terms = contributions.churn if target == "churn" else contributions.value
    base = contributions.churn_base if target == "churn" else contributions.value_base
    if terms.shape != (rows, len(contributions.features)):
        raise UsageError(
            "The explanation does not belong to the snapshot.",
            found=f"{terms.shape[0]} explained rows, {rows} customers",
            fix="Explain and describe the same rows.",
        )
    return terms, base


def _stories(names: Sequence[str], features: dict[str, Described]) -> dict[str, list[int]]:
    """Positions of the terms each group adds up, in order of first appearance."""
    stories: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        if name not in _NOT_REASONS:
            stories.setdefault(_group(name, features), []).append(position)
    return stories


def _group(name: str, features: dict[str, Described]) -> str:
    if name in features:
        family = features[name].family
        return _GROUP_OF_FAMILY.get(family, family)
    return _prefix_group(name) or name


def _prefix_group(name: str) -> str | None:
    return _GROUP_OF_PREFIX.get(name.split("_", maxsplit=1)[0])


def _exp(total: float) -> float:
    return float(np.exp(np.clip(total, -20.0, 20.0)))


def _days(days: float, language: Language) -> str:
    whole = round(days)
    if whole < 1:
        return language.gettext("less than a day")
    return language.ngettext("{count} day", "{count} days", whole)


def _number(multiplier: float, language: Language) -> str:
    if multiplier < 0.01:
        return language.gettext("less than {number}", number=language.digits("0.01"))
    if multiplier > 999:
        return language.gettext("more than {number}", number="999")
    decimals = 0 if multiplier >= 10 else 1 if multiplier >= 1.95 else 2
    return language.digits(f"{multiplier:.{decimals}f}")
