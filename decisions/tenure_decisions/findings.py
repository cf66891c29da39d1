"""Findings: what a subject found, as one value that text, JSON, files and a section of a report are derived from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from tenure_decisions.glossary import Term
from tenure_features.errors import DataContractError

INSERTED = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
"""A fact named in a title, a lead or a sentence; ``{totals.gained}`` is an entry of a fact that is a mapping."""
_CURRENCY_WORDS = frozenset({"currency", "in_currency"})
"""What can be inserted beside the facts: the currency, and ", in EUR" or nothing."""


@dataclass(frozen=True)
class Fact:
    """A single number, date or text.

    Attributes
    ----------
    name
        Its key in JSON, and in braces its place in a sentence.
    value
        A number, a moment, a text, or a mapping of these.
    unit
        As in `tenure_decisions.glossary.Term`; how it is written follows from it.
    meaning
        What it is; empty where the name says it.
    """

    name: str
    value: object
    unit: str = "-"
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class FindingTable:
    """A table whose columns have a unit and a meaning.

    Attributes
    ----------
    name
        Its key in JSON.
    title
        What a row is; literal.
    frame
        The rows; the index does not count.
    terms
        Unit and meaning by column. Of ``<name>_low`` and ``<name>_high`` they are those of ``<name>``.
    intervals
        The lower and upper end of a column's interval, where they are not called ``<name>_low`` and ``<name>_high``.
    only_drawn
        Rows behind a chart: neither in JSON nor written as a file.
    """

    name: str
    title: str
    frame: pd.DataFrame = field(repr=False)
    terms: Mapping[str, Term] = field(repr=False)
    intervals: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    only_drawn: bool = False

    def term(self, column: str) -> Term | None:
        """Return unit and meaning of a column; None where nobody wrote them down."""
        owners = {end: owner for owner, ends in self.intervals.items() for end in ends}
        owner = owners.get(column, re.sub("_(low|high)$", "", column))
        return self.terms.get(column) or self.terms.get(owner)

    def interval(self, column: str) -> tuple[str, str] | None:
        """Return the columns that hold the two ends of a column's interval; None where it has none.

        Examples
        --------
        >>> frame = pd.DataFrame({"cac": [5.0], "cac_low": [4.0], "cac_high": [7.0], "spend": [50.0]})
        >>> table = FindingTable(name="channels", title="", frame=frame, terms={})
        >>> table.interval("cac"), table.interval("spend")
        (('cac_low', 'cac_high'), None)
        """
        usual = (f"{column}_low", f"{column}_high")
        ends = self.intervals.get(column, None if usual in self.intervals.values() else usual)
        return ends if ends and all(end in self.frame for end in ends) else None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a subject found.

    Attributes
    ----------
    subject
        Its name in one word, such as ``channels``; the layout and the names of files follow from it.
    title, lead
        A heading that concludes, and the sentence to take away. A fact's name in braces is replaced by its value,
        written in its unit: nothing here knows how a number is written.
    facts
        Single numbers and texts.
    tables
        By name unique within the findings.
    parts
        Findings within these, by their key in JSON; None where a part was asked for and is not there.
    notes
        What a reader must know, literal.
    currency
        Of every amount; empty where nothing says.

    Raises
    ------
    DataContractError
        The title or the lead names a fact that is not there, or two facts or tables share a name.

    Examples
    --------
    >>> found = Findings(subject="channels", title="{n} channels", facts=(Fact("n", 3),))
    >>> found.number("n")
    3
    """

    subject: str
    title: str
    lead: str = ""
    facts: tuple[Fact, ...] = ()
    tables: tuple[FindingTable, ...] = ()
    parts: Mapping[str, Findings | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    currency: str = ""

    def __post_init__(self) -> None:
        names = [fact.name for fact in self.facts] + [table.name for table in self.tables] + list(self.parts)
        inserted = {name for text in (self.title, self.lead) for name, _ in INSERTED.findall(text)}
        missing = inserted - {*names, *_CURRENCY_WORDS}
        twice = {name for name in names if names.count(name) > 1}
        if missing or twice:
            raise DataContractError(
                f"The findings on {self.subject} do not fit together.",
                found=", ".join([*(f"no fact {name}" for name in sorted(missing)), *(f"two {n}" for n in twice)]),
            )

    def fact(self, name: str) -> Fact:
        """Return a fact by its name; KeyError where there is none."""
        return {fact.name: fact for fact in self.facts}[name]

    def value(self, name: str) -> object:
        """Return the value of a fact."""
        return self.fact(name).value

    def number(self, name: str) -> float:
        """Return a fact that is a number."""
        value = self.value(name)
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name} of {self.subject} is no number: {value!r}")
        return value

    def moment(self, name: str) -> pd.Timestamp:
        """Return a fact that is a moment."""
        return pd.Timestamp(str(self.value(name)))

    def text(self, name: str) -> str:
        """Return a fact as text."""
        return str(self.value(name))

    def table(self, name: str) -> FindingTable:
        """Return a table by its name; KeyError where there is none."""
        return {table.name: table for table in self.tables}[name]

    def frame(self, name: str) -> pd.DataFrame:
        """Return the rows of a table."""
        return self.table(name).frame

    def definitions(self) -> dict[str, Term]:
        """Return unit and meaning of every column and fact that has one, those of the parts included."""
        terms = dict(self._own_terms())
        for part in self.parts.values():
            terms = {**(part.definitions() if part else {}), **terms}
        return terms

    def _own_terms(self) -> Iterator[tuple[str, Term]]:
        for table in self.tables:
            if not table.only_drawn:
                yield from ((name, term) for name, term in table.terms.items() if name in table.frame)
        yield from ((fact.name, Term(fact.unit, fact.meaning)) for fact in self.facts if fact.meaning)
