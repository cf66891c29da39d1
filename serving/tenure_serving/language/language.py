"""A language: looks texts up and writes numbers, dates and money. A value that is passed, no setting of a process."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent, get_currency_symbol, get_decimal_symbol, get_group_symbol

from tenure_features.errors import UsageError
from tenure_serving.language.catalogue import TextCatalogue, read_catalogue

LANGUAGES: Mapping[str, str] = {"en": "English", "ru": "русский"}
"""Languages there is a catalogue of, by their code."""

MISSING = "–"
"""What stands in the place of a number that is not there."""

_DAYS: Mapping[str, str] = {"en": "yyyy-MM-dd", "ru": "dd.MM.yyyy"}
_LONG_DAYS: Mapping[str, str] = {"en": "d MMMM yyyy", "ru": "d MMMM yyyy 'г.'"}
_MONTHS: Mapping[str, str] = {"en": "MMMM yyyy", "ru": "LLLL yyyy"}
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?( ?%)?( [A-Z]{3})?")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)([T ]00:00:00)?")


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark a text for the catalogue where it is written; it is looked up where it is shown."""
    return text


NO_CURRENCY = N_(
    "No currency is given, so amounts stand without one. Say it once: currency under [orders] in tenure.toml, or "
    "--currency."
)
"""Said once wherever amounts are shown of which nobody has said what they are in."""


@dataclass(frozen=True, kw_only=True)
class Language:
    r"""How everything for people is spoken.

    Attributes
    ----------
    code
        ``en`` or ``ru``.
    words
        Further words by their English, such as the labels of a shop's own playbook; they win over the catalogue.

    Examples
    --------
    >>> russian = load_language("ru")
    >>> russian.ngettext("{count} customer", "{count} customers", 3), russian.percent(0.031)
    ('3 клиента', '3,1\xa0%')
    >>> ENGLISH.money(1234567, "EUR"), ENGLISH.day(pd.Timestamp("2011-06-11"))
    ('1.23 million EUR', '2011-06-11')
    """

    code: str
    words: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def _catalogue(self) -> TextCatalogue:
        return read_catalogue(self.code)

    def with_words(self, words: Mapping[str, str]) -> Language:
        """Return a language that knows further words."""
        return replace(self, words={**self.words, **words})

    def gettext(self, text: str, **values: object) -> str:
        """Say a text, its placeholders filled in; what is inserted is already written in this language."""
        spoken = self._catalogue.translations.gettext(text) if text else ""
        return spoken.format(**values) if values else spoken

    def ngettext(self, singular: str, many: str, count: float, **values: object) -> str:
        """Say a text that counts: ``{count}`` is the number, whose noun takes the form it asks for."""
        spoken = self._catalogue.translations.ngettext(singular, many, abs(round(count)))
        return spoken.format(count=self.count(count), **values)

    def translate(self, sentence: str) -> str:
        """Say a finished English sentence in this language, as it is where the catalogue does not know it."""
        if sentence in self.words:
            return self.words[sentence]
        if self.code == "en" or not sentence:
            return sentence
        spoken = self._recognise(sentence) or self._rewrite(sentence) or self._say_list(sentence)
        return spoken or self.say_level(sentence)

    def _say_list(self, sentence: str) -> str | None:
        """Say a list, or a name with its formula, whose every part the catalogue knows."""
        for separator in ("; ", ", "):
            parts = sentence.split(separator)
            if len(parts) > 1:
                spoken = [self._recognise(part) or self._say_list(part) for part in parts]
                return separator.join(map(str, spoken)) if all(spoken) else None
        name, _, formula = sentence.partition(" = ")
        spoken_formula = self._recognise(formula) if formula else None
        return f"{name} = {spoken_formula}" if spoken_formula else None

    def say_level(self, fact: str) -> str:
        """Say which level of a column a customer has, or has not: the column where it is known, the level as it is."""
        for between, text in ((": ", "{level}"), (" is not ", N_("not {level}"))):
            column, separator, level = fact.partition(between)
            if separator and (spoken := self._recognise(column)):
                return f"{spoken}: {self.gettext(text, level=level)}"
        return fact

    def reason(self, text: str, value: float) -> str | None:
        """Say a feature's reason with its value, nouns in the form it asks for; None where it is left in English."""
        if self.code == "en" or text not in self._catalogue.texts:
            return None
        return self._form(text, abs(round(value))).format(value=value)

    def _form(self, text: str, count: int) -> str:
        """Return the form of a text that counts, or the one form of another."""
        translations, singular = self._catalogue.translations, self._catalogue.texts[text]
        return translations.gettext(text) if singular is None else translations.ngettext(singular, text, count)

    def column(self, name: str) -> str:
        """Return the heading of a column where the catalogue has one, else its name."""
        words = name.replace("_", " ")
        spoken = self.translate(words)
        return name if spoken == words else spoken

    def _recognise(self, sentence: str) -> str | None:
        matched = self._catalogue.recognise(sentence)
        if matched is None:
            return None
        text, values = matched
        spoken = {name: self.write_inserted(value) for name, value in values.items()}
        counted = next((int(value) for value in values.values() if value.isdecimal()), 0)
        return _fill(self._form(text, counted), spoken)

    def _rewrite(self, sentence: str) -> str | None:
        """Look for a sentence without its full stop, or with the other case in front."""
        bare = sentence.removesuffix(".")
        for text in (bare, f"{bare}.", bare[:1].lower() + bare[1:], bare[:1].upper() + bare[1:] + "."):
            if text != sentence and (spoken := self._recognise(text)):
                spoken = spoken.removesuffix(".") + ("." if sentence.endswith(".") else "")
                return spoken[:1].upper() + spoken[1:] if sentence[0].isupper() else spoken
        return None

    def write_inserted(self, value: str) -> str:
        """Write what stands in a finished sentence: a number, a day, or words."""
        if _NUMBER.fullmatch(value):
            return self.digits(value)
        if matched := _DAY.fullmatch(value):
            return self.day(pd.Timestamp(matched[1]))
        parts = value.split(" and ")
        if len(parts) > 1 and all(_DAY.fullmatch(part) for part in parts):
            return " и ".join(map(self.write_inserted, parts)) if self.code == "ru" else value
        return self.translate(value)

    def digits(self, text: str) -> str:
        """Write a number that was written the English way with the separators of this language."""
        if self.code == "en":
            return text
        decimal, group = self._separators
        spaced = re.sub(r"(?<=\d)%", " %", text.translate({ord(","): group, ord("."): decimal}))
        return spaced.replace(" ", "\xa0")

    @cached_property
    def _separators(self) -> tuple[str, str]:
        return get_decimal_symbol(self.code), get_group_symbol(self.code)

    def count(self, value: float) -> str:
        """Write a whole number."""
        if math.isfinite(value) and value == int(value) != 0:  # most are: babel takes thirty microseconds for one
            return self.digits(f"{int(value):,}")
        return self._write(value, "#,##0")

    def number(self, value: float) -> str:
        """Write a number the way people say it: three digits that count, thousands separated.

        Examples
        --------
        >>> [ENGLISH.number(value) for value in (1234567, 56123, 1234, 12.34, 0.5, -20500, float("nan"))]
        ['1.23 million', '56,100', '1,230', '12.3', '0.5', '-20,500', '–']
        """
        if not math.isfinite(value):
            return MISSING
        size = abs(value)
        if 0 < size < 0.001:
            return self.digits("> -0.001" if value < 0 else "< 0.001")
        for unit, text in (
            (1e12, N_("{number} trillion")),
            (1e9, N_("{number} billion")),
            (1e6, N_("{number} million")),
        ):
            if size >= 0.9995 * unit:
                return self.gettext(text, number=self._write(float(f"{value / unit:.3g}"), "#,##0.##"))
        if size >= 1000:
            return self.count(round(value, -1 if size < 1e4 else -2 if size < 1e5 else -3))
        return self.count(value) if size >= 100 or value == round(value) else self._significant(value)

    def exact(self, value: float) -> str:
        """Write a number as exactly as it is read in a terminal.

        Examples
        --------
        >>> [ENGLISH.exact(value) for value in (51877, 1234.5, 12.34, 0.512, float("inf"))]
        ['51,877', '1,234', '12.3', '0.51', '–']
        """
        if not math.isfinite(value):
            return MISSING
        size = abs(value)
        if float(value).is_integer() or size >= 1000:
            return self.count(value)
        return self._write(value, "0.0" if size >= 10 else "0.00") if size >= 0.01 else self.digits(f"{value:.2g}")

    def percent(self, share: float) -> str:
        """Write a share as a percentage, with a decimal where it is small.

        Examples
        --------
        >>> ENGLISH.percent(0.473), ENGLISH.percent(0.031), ENGLISH.percent(0), ENGLISH.percent(1)
        ('47 %', '3.1 %', '0 %', '100 %')
        """
        if not math.isfinite(share):
            return MISSING
        pattern = "#,##0.0 %" if 0 < abs(share) < 0.095 else "#,##0 %"
        pattern = pattern if self.code == "en" else pattern.replace(" ", "\xa0")
        return str(format_percent(share, format=pattern, locale=self.code))

    def money(self, amount: float, currency: str) -> str:
        r"""Write an amount with its currency, where there is one, rounded to what counts.

        Examples
        --------
        >>> ENGLISH.money(56123, "GBP"), ENGLISH.money(12.3456, ""), load_language("ru").money(56123, "GBP")
        ('56,100 GBP', '12.3', '56\xa0100\xa0£')
        """
        if not math.isfinite(amount):
            return MISSING
        return self.beside(self.number(round(amount, 2) if abs(amount) < 1 else amount), currency)

    def exact_money(self, amount: float, currency: str | None) -> str:
        """Write an amount to the cent, without cents from a thousand on.

        Examples
        --------
        >>> ENGLISH.exact_money(1234567.8, "EUR"), ENGLISH.exact_money(12.345, None)
        ('1,234,568 EUR', '12.35')
        """
        if not math.isfinite(amount):
            return MISSING
        whole = abs(amount) >= 1000
        return self.beside(
            self._write(amount if whole else round(amount, 2), "#,##0" if whole else "#,##0.00"), currency or ""
        )

    def in_currency(self, axis: str, currency: str) -> str:
        """Name an axis with its currency as the unit."""
        if not currency:
            return axis
        return f"{axis} ({currency if self.code == 'en' else get_currency_symbol(currency, self.code)})"

    def day(self, moment: Any) -> str:  # noqa: ANN401  # a moment of any kind, or nothing
        """Write a day in short."""
        return self._date(moment, _DAYS)

    def long_day(self, moment: Any) -> str:  # noqa: ANN401
        """Write a day with its month in words."""
        return self._date(moment, _LONG_DAYS)

    def month(self, moment: Any) -> str:  # noqa: ANN401
        """Write a month in words."""
        return self._date(moment, _MONTHS)

    def chart_locales(self) -> dict[str, Any]:
        """Return how Vega writes numbers and dates: options of both vega-embed and of vl-convert, by their names."""
        import vl_convert

        if self.code == "ru":
            return {
                "format": vl_convert.get_format_locale("ru-RU"),
                "time": vl_convert.get_time_format_locale("ru-RU"),
            }
        return {"format": vl_convert.get_format_locale("en-US"), "time": vl_convert.get_time_format_locale("en-US")}

    def _date(self, moment: object, patterns: Mapping[str, str]) -> str:
        if moment is None or pd.isna(moment):  # type: ignore[call-overload]
            return MISSING
        day: dt.date = pd.Timestamp(moment).date()  # type: ignore[arg-type]
        return format_date(day, format=patterns[self.code], locale=self.code)

    def _write(self, value: float, pattern: str) -> str:
        if not math.isfinite(value):
            return MISSING
        return str(format_decimal(value, format=pattern, locale=self.code))

    def _significant(self, value: float) -> str:
        text = f"{value:.3g}"
        return self.digits(text) if "e" in text else self._write(float(text), "#,##0.######")

    def beside(self, digits: str, currency: str) -> str:
        """Write an amount that is written already with its currency, where there is one."""
        if not currency:
            return digits
        return (
            f"{digits} {currency}" if self.code == "en" else f"{digits}\xa0{get_currency_symbol(currency, self.code)}"
        )


def load_language(code: str) -> Language:
    """Return a language by its code.

    Raises
    ------
    UsageError
        There is no catalogue of it.
    """
    if code not in LANGUAGES:
        languages = ", ".join(f"{name} ({words})" for name, words in LANGUAGES.items())
        raise UsageError(f"There is no language {code!r}.", found=code, fix=f"Say one of {languages}.")
    return Language(code=code)


ENGLISH = Language(code="en")


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Fill texts in, whatever format a placeholder asks for: they are written already."""
    return re.sub(
        r"\{([\w.]+)(?:[:!][^}]*)?\}", lambda matched: values.get(matched[1].replace(".", "_"), matched[0]), text
    )
