"""Reasons in words: what moves a customer's odds of leaving and spend, with values, units and multipliers.

A model's explanation is a sum of terms on the log scale (`Contributions`). Terms that tell one story, such as days of
silence and the usual gap between orders, are added up and said once; nothing is lost, because log-odds add and odds
multiply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import UsageError
from tenure_features.float_table import FloatTable, Table
from tenure_serving.facts import RHYTHM, Described, Facts, group_of_prefix
from tenure_serving.language import ENGLISH, N_, Language
from tenure_training.models.contract import Contributions

_Floats = NDArray[np.float64]
Target = Literal["churn", "value"]

SMALLEST_MULTIPLIER = 1.05
"""A reason that changes the odds by less than 5 % either way is not worth a customer manager's time."""

_GROUP_OF_FAMILY = {"recency": RHYTHM, "adbt": RHYTHM}
_MEANINGS = {
    "base": N_("Where everybody starts."),
    "btyd_rhythm": N_("What the rhythm of past orders predicts."),
    "calibration": N_("Correction of the probability on later data."),
}
_NOT_REASONS = frozenset({"calibration"})
_DIRECTION = {"churn": ("raises risk", "lowers risk"), "value": ("raises value", "lowers value")}
_SENTENCES = {
    ("churn", True): N_("{fact}: odds of leaving x {multiplier} (raises risk)"),
    ("churn", False): N_("{fact}: odds of leaving x {multiplier} (lowers risk)"),
    ("value", True): N_("{fact}: spend when buying x {multiplier} (raises value)"),
    ("value", False): N_("{fact}: spend when buying x {multiplier} (lowers value)"),
}
_MULTIPLIER = re.compile(r": [^:()]+ [x×] [^:()]*(\([^()]*\))$")


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
    snapshot: Table,
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
    snapshot: Table,
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
    snapshot: Table,
    catalogue: Iterable[Described],
    *,
    target: Target,
    top: int = 3,
    currency: str | None = None,
    language: Language = ENGLISH,
) -> list[list[Reason]]:
    """Give each customer's strongest reasons as objects; `churn_reasons` and `value_reasons` turn them into words."""
    writer = ReasonWriter.of(catalogue, currency=currency, language=language)
    table = snapshot
    if isinstance(snapshot, pd.DataFrame):  # a data frame gives single cells away slowly
        table = FloatTable.of(snapshot, [name for name in map(str, snapshot.columns) if name in writer.features])
    return writer.find(contributions, table, target=target, top=top)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReasonWriter:
    """Writes reasons in one language; what does not depend on customers is worked out once.

    Attributes
    ----------
    features
        What the catalogue says of features, by name.
    currency
        Written after amounts.
    language
        Of the sentences.
    """

    features: Mapping[str, Described]
    currency: str | None
    language: Language
    _stories: dict[tuple[str, ...], _Stories] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, catalogue: Iterable[Described], *, currency: str | None, language: Language) -> Self:
        """Write about the features of a catalogue."""
        return cls(features={feature.name: feature for feature in catalogue}, currency=currency, language=language)

    def find(self, contributions: Contributions, table: Table, *, target: Target, top: int) -> list[list[Reason]]:
        """Find each customer's strongest reasons; see `reasons`."""
        terms, _ = terms_of(contributions, target=target, rows=len(table))
        stories = self._stories_of(tuple(contributions.features))
        totals, signed, best = stories.add_up(terms)
        facts = Facts(values=table, features=self.features, currency=self.currency, language=self.language)
        strongest = np.argsort(-np.abs(totals), axis=1, kind="stable")[:, :top]
        size = totals[np.arange(len(totals))[:, None], strongest]
        multipliers = np.exp(np.clip(size, -20.0, 20.0)).tolist()
        worth_saying = (np.abs(size) >= np.log(SMALLEST_MULTIPLIER)).sum(axis=1).tolist()
        leads = stories.find_leads(signed, best, strongest)
        out: list[list[Reason]] = []
        for row, chosen in enumerate(strongest.tolist()):
            out.append([])
            for rank, story in enumerate(chosen[: worth_saying[row]]):
                lead = contributions.features[stories.columns[leads[row][rank]]]
                reason = Reason(
                    fact=facts.say(row, lead),
                    multiplier=multipliers[row][rank],
                    target=target,
                    group=stories.groups[story],
                    feature=lead,
                )
                out[-1].append(reason)
        return out

    def _stories_of(self, names: tuple[str, ...]) -> _Stories:
        if names not in self._stories:
            self._stories[names] = _Stories.of(names, self.features)
        return self._stories[names]


@dataclass(frozen=True)
class _Stories:
    """Terms that are added up and said once, those of a group beside each other.

    Attributes
    ----------
    groups
        Names, in the order in which their terms appear first.
    columns
        Terms of the first group, then of the next.
    starts
        Where each group begins in ``columns``, and where the last one ends.
    """

    groups: tuple[str, ...]
    columns: tuple[int, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, names: Sequence[str], features: Mapping[str, Described]) -> Self:
        groups: dict[str, list[int]] = {}
        for position, name in enumerate(names):
            if name not in _NOT_REASONS:
                groups.setdefault(_group(name, features), []).append(position)
        columns = tuple(position for positions in groups.values() for position in positions)
        starts = (0, *np.cumsum([len(positions) for positions in groups.values()], dtype=np.int64).tolist())
        return cls(tuple(groups), columns, starts)

    def add_up(self, terms: _Floats) -> tuple[_Floats, _Floats, _Floats]:
        """Sum terms of shape (n, f) by group; and in the direction of the sum, each term and the best of a group."""
        if not self.groups:
            return terms[:, :0], terms[:, :0], terms[:, :0]
        ordered, starts = np.take(terms, self.columns, axis=1), list(self.starts[:-1])
        totals = np.add.reduceat(ordered, starts, axis=1)
        signed = ordered * np.repeat(np.sign(totals), np.diff(self.starts), axis=1)
        return totals, signed, np.maximum.reduceat(signed, starts, axis=1)

    def find_leads(self, signed: _Floats, best: _Floats, chosen: NDArray[np.intp]) -> list[list[int]]:
        """Find which term leads each of the chosen groups of every row, by its place in ``columns``."""
        leads = np.zeros(chosen.shape, dtype=np.intp)
        for story in np.unique(chosen):
            begin, end = self.starts[story], self.starts[story + 1]
            rows, ranks = np.nonzero(chosen == story)
            leads[rows, ranks] = begin + (signed[rows, begin:end] == best[rows, story, None]).argmax(axis=1)
        places: list[list[int]] = leads.tolist()
        return places


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


def _group(name: str, features: Mapping[str, Described]) -> str:
    if name in features:
        family = features[name].family
        return _GROUP_OF_FAMILY.get(family, family)
    return group_of_prefix(name) or name


def _number(multiplier: float, language: Language) -> str:
    if multiplier < 0.01:
        return language.gettext("less than {number}", number=language.digits("0.01"))
    if multiplier > 999:
        return language.gettext("more than {number}", number="999")
    decimals = 0 if multiplier >= 10 else 1 if multiplier >= 1.95 else 2
    return language.digits(f"{multiplier:.{decimals}f}")
