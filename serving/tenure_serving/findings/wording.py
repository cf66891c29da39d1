"""How a value is written follows from its unit: one table of kinds for every subject, exact or rounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.findings import INSERTED, Fact, Findings, FindingTable
from tenure_serving.findings.parts import Medium, Sentence, View
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report.cell import Spread, cell, is_missing
from tenure_serving.report.sections import Unit

_KINDS: Mapping[str, Unit] = {"share": "percent", "probability": "percent", "date": "date", "-": "text",
                             "yes or no": "text"}  # fmt: skip
"""How units are written; money of any kind is money, and everything else is a number."""


def writing_kind(unit: str) -> Unit:
    """Return how a unit is written.

    Examples
    --------
    >>> writing_kind("money per customer"), writing_kind("share"), writing_kind("customers per week")
    ('money', 'percent', 'number')
    """
    return "money" if unit.startswith("money") else _KINDS.get(unit, "number")


def column_kind(table: FindingTable, column: str, cells: pd.Series[Any]) -> Unit:
    """Return how a column is written; whole numbers are counts, and of a column without a unit the type decides."""
    term = table.term(column)
    spread = any(isinstance(value, Spread) for value in cells.head(1))
    if pd.api.types.is_bool_dtype(cells) or any(isinstance(value, str) for value in cells.head(1)):
        return "text"
    if term is not None:
        kind = writing_kind(term.unit)
    else:
        kind = "number" if spread or pd.api.types.is_numeric_dtype(cells) else "text"
    return "count" if kind == "number" and pd.api.types.is_integer_dtype(cells) else kind


def write_cell(value: object, kind: Unit, language: Language = ENGLISH) -> str:
    """Write a cell of a table in a terminal; its heading or title says the currency."""
    if isinstance(value, Spread):
        return _spread(value, kind, language)
    if is_missing(value):
        return "-"
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        if not np.isfinite(value):
            return "-"
        return language.percent(float(value)) if kind == "percent" else language.exact(float(value))
    return language.day(pd.Timestamp(str(value))) if kind == "date" else cell(value, language)


def _spread(value: Spread, kind: Unit, language: Language) -> str:
    estimate, low, high = (write_cell(part, kind, language) for part in value)
    if low == "-" or estimate == "-":
        return estimate
    if "-" not in low + high:
        return f"{estimate} ({low}-{high})"
    return language.gettext("{estimate} ({low} to {high})", estimate=estimate, low=low, high=high)


def write_fact(value: object, unit: str, *, currency: str, place: Medium, language: Language = ENGLISH) -> str:
    """Write a fact inside a sentence: exact in a terminal, rounded to what counts in a report."""
    kind = writing_kind(unit)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        if kind == "money":
            write = language.exact_money if place == "terminal" else language.money
            return write(float(value), currency)
        if kind == "percent":
            return language.percent(float(value))
        if kind == "number":
            return language.exact(float(value))
    return write_cell(value, kind, language)


def say(
    text: str,
    findings: Findings,
    *,
    place: Medium,
    values: Mapping[str, str] | None = None,
    facts: Iterable[Fact] = (),
    language: Language = ENGLISH,
) -> str:
    """Replace the facts named in braces by their values; what is inserted is not looked at again.

    Examples
    --------
    >>> from tenure_decisions.findings import Fact
    >>> found = Findings(subject="x", title="", facts=(Fact("gain", 1234.5, "money per week"),), currency="EUR")
    >>> say("{gain} a week{in_currency}, {name}.", found, place="section", values={"name": "{gain}"})
    '1,230 EUR a week, in EUR, {gain}.'
    """
    currency = findings.currency
    words_by_name = {name: language.write_inserted(value) for name, value in (values or {}).items()}
    in_currency = language.gettext(", in {currency}", currency=currency) if currency else ""
    values_by_name = {"currency": currency, "in_currency": in_currency, **words_by_name}
    added = {fact.name: fact for fact in facts}

    def write_value(name: str, entry: str | None) -> str:
        if name in values_by_name:
            return values_by_name[name]
        fact = added.get(name) or findings.fact(name)
        value = fact.value[entry] if entry and isinstance(fact.value, Mapping) else fact.value
        return write_fact(value, fact.unit, currency=currency, place=place, language=language)

    return INSERTED.sub(lambda match: write_value(match[1], match[2]), language.translate(text))


def say_part(part: Sentence | View, findings: Findings, *, place: Medium, language: Language = ENGLISH) -> str:
    """Say a sentence, or the title of a view: its own or that of its table."""
    if isinstance(part, Sentence):
        text, facts = part.text, part.facts
    else:
        text, facts = part.title or findings.table(part.table).title, ()
        if not part.title:
            return language.translate(text)
    return say(text, findings, place=place, values=part.values, facts=facts, language=language)
