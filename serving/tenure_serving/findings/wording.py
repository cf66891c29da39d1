"""How a value is written follows from its unit: one table of kinds for every subject, exact or rounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.findings import INSERTED, Findings, FindingTable
from tenure_serving.charts import style
from tenure_serving.findings.parts import Medium
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


def write_number(value: float) -> str:
    """Write a number for a terminal: as exact as it is read.

    Examples
    --------
    >>> [write_number(value) for value in (51877, 1234.5, 12.34, 0.512, float("inf"))]
    ['51,877', '1,234', '12.3', '0.51', '-']
    """
    if not np.isfinite(value):
        return "-"
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    size = abs(value)
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.01 else f"{value:.2g}"


def exact_money(amount: float, currency: str | None) -> str:
    """Write an amount with thousands separated and its currency, if that is known.

    Examples
    --------
    >>> exact_money(1234567.8, "EUR"), exact_money(12.345, None)
    ('1,234,568 EUR', '12.35')
    """
    digits = 0 if abs(amount) >= 1000 else 2
    return f"{amount:,.{digits}f} {currency or ''}".rstrip()


def write_cell(value: object, kind: Unit) -> str:
    """Write a cell of a table in a terminal; its heading or title says the currency."""
    if isinstance(value, Spread):
        return _spread(value, kind)
    if is_missing(value):
        return "-"
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return style.percent(float(value)) if kind == "percent" else write_number(float(value))
    return f"{pd.Timestamp(str(value)):%Y-%m-%d}" if kind == "date" else cell(value)


def _spread(value: Spread, kind: Unit) -> str:
    estimate, low, high = (write_cell(part, kind) for part in value)
    if low == "-" or estimate == "-":
        return estimate
    between = " to " if "-" in low + high else "-"
    return f"{estimate} ({low}{between}{high})"


def write_fact(value: object, unit: str, *, currency: str, place: Medium) -> str:
    """Write a fact inside a sentence: exact in a terminal, rounded to what counts in a report."""
    kind = writing_kind(unit)
    if kind == "money" and isinstance(value, (int, float, np.number)):
        write = exact_money if place == "terminal" else style.format_money
        return write(float(value), currency)
    if kind == "percent" and isinstance(value, (int, float, np.number)):
        return style.percent(float(value))
    if kind == "number" and isinstance(value, (int, float, np.number)):
        return write_number(float(value))
    return write_cell(value, kind)


def say(text: str, findings: Findings, *, place: Medium, values: Mapping[str, str] | None = None) -> str:
    """Replace the facts named in braces by their values; what is inserted is not looked at again.

    Examples
    --------
    >>> from tenure_decisions.findings import Fact
    >>> found = Findings(subject="x", title="", facts=(Fact("gain", 1234.5, "money per week"),), currency="EUR")
    >>> say("{gain} a week{in_currency}, {name}.", found, place="section", values={"name": "{gain}"})
    '1,230 EUR a week, in EUR, {gain}.'
    """
    currency = findings.currency
    values_by_name = {"currency": currency, "in_currency": f", in {currency}" if currency else "", **(values or {})}

    def write_value(name: str, entry: str | None) -> str:
        if name in values_by_name:
            return values_by_name[name]
        fact = findings.fact(name)
        value = fact.value[entry] if entry and isinstance(fact.value, Mapping) else fact.value
        return write_fact(value, fact.unit, currency=currency, place=place)

    return INSERTED.sub(lambda match: write_value(match[1], match[2]), text)
