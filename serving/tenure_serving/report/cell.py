"""How a value of any kind is written in a cell of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from tenure_serving.language import ENGLISH, N_, Language

_ABBREVIATIONS = {"adbt", "cac", "ces", "clv", "csat", "kpi", "ltv", "nps", "rfm", "roi"}
_COLUMN = re.compile(r"[a-z]+(_[a-z]+)+")
_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
_WINDOW = re.compile(r":? \[as_of[^)]*\)")
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")
_WRITERS: Mapping[type, Callable[[Any, Language], str]] = {  # a bool is an int too: it comes first
    bool: lambda flag, language: language.gettext(N_("yes") if flag else N_("no")),
    int: lambda count, language: language.count(count),
    float: lambda number, language: language.count(number) if abs(number) >= 1000 else language.number(number),
    datetime: lambda moment, language: language.day(moment),
}


class Spread(NamedTuple):
    """An estimate and its interval, in one cell."""

    value: float
    low: float
    high: float


def cell(value: object, language: Language = ENGLISH) -> str:
    """Write any value for a person; what is missing is a dash, and texts are title where the catalogue knows them.

    Examples
    --------
    >>> cell(51877), cell(1234.5), cell(None), cell({"q25": 12.0, "median": [1, 2]})
    ('51,877', '1,234', '–', 'q25: 12; median: 1; 2')
    """
    if isinstance(value, Mapping):
        return "; ".join(f"{heading(name, language)}: {cell(item, language)}" for name, item in value.items())
    if isinstance(value, (list, tuple, np.ndarray)):
        return "; ".join(cell(item, language) for item in value)
    if is_missing(value):
        return "–"
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value, language)
    text = str(value)
    if _ISO_MOMENT.fullmatch(text):
        return language.day(text)
    return heading(text, language) if _COLUMN.fullmatch(text) else language.translate(text)


def is_missing(value: object) -> bool:
    """Tell whether a value is None, NaN, NaT or pandas' NA."""
    return value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124  # NaN and NaT


def heading(name: object, language: Language) -> str:
    """Say a column's or a term's name in a language: in English in its words."""
    title = language.column(str(name))
    return words(name) if title == str(name) else title


def say_names(text: str, language: Language = ENGLISH) -> str:
    """Say names of columns that stand in a sentence, and leave the notation of a window away.

    Examples
    --------
    >>> say_names("value_low to value_high; the 90 days from as_of on: [as_of, as_of + 90 days)")
    '“value low” to “value high”; the 90 days from the day of the prediction on'
    """
    quotes = {"ru": "«»"}.get(language.code, "“”")
    moment = language.gettext(N_("the day of the prediction"))
    plain = _WINDOW.sub("", text).replace("as_of", moment)
    return _NAME.sub(lambda name: heading(name[0], language).join(quotes), plain)


def words(name: object) -> str:
    """Turn a column's name into words, abbreviations of the field in capitals.

    Examples
    --------
    >>> words("median_adbt_days"), words("ltv_cac"), words("rfm_group"), words("csatisfied")
    ('median ADBT days', 'LTV:CAC', 'RFM group', 'csatisfied')
    """
    parts = [part.upper() if part in _ABBREVIATIONS else part for part in str(name).split("_")]
    return " ".join(parts).replace("LTV CAC", "LTV:CAC")
