"""The catalogue of texts of a language: gettext's, with the English sentence as the key and named placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO
from string import Formatter

_LEAST_LITERAL = 4
"""Letters a sentence must have outside its placeholders to be told from others by them."""
_CODES = r"[-+]?[\d.,]+(?: ?%)?|[A-Z]{3}"
"""What stands in a text of fewer letters: numbers and codes of currencies, no words."""
_PLURAL = re.compile(r"(?<=\\ )([a-z-]{3,}?)s(?=\\ |$|:|,|\\\.)")


@dataclass(frozen=True, kw_only=True)
class TextCatalogue:
    """Texts of one language.

    Attributes
    ----------
    translations
        Looks texts and plural forms up.
    texts
        Every English text that has a translation, and of a text that counts its singular, by which it is looked up.
    patterns
        What a finished sentence looks like, and the text it was made from; the most literal text first.
    """

    translations: NullTranslations
    texts: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    patterns: tuple[tuple[re.Pattern[str], str], ...] = field(default=(), repr=False)

    def recognise(self, sentence: str) -> tuple[str, Mapping[str, str]] | None:
        """Find the text that a finished English sentence was made from, and what stands in its places.

        Sentences that come finished, such as the definitions of a stored model or the notes of a training, are said in
        another language this way: the packages below write English and know of no language.
        """
        if sentence in self.texts:
            return sentence, {}
        for pattern, text in self.patterns:
            if matched := pattern.fullmatch(sentence):
                return text, matched.groupdict()
        return None


@cache
def read_catalogue(code: str) -> TextCatalogue:
    """Read the catalogue of a language; that of English is empty: its texts are the keys."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if code == "en":
        return TextCatalogue(translations=NullTranslations())
    place = resources.files("tenure_serving.language") / "catalogues" / f"{code}.po"
    with place.open("rb") as stored:
        messages = read_po(stored, locale=code)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    texts: dict[str, str | None] = {}
    for entry in (message.id for message in messages if message.id):
        texts |= {entry: None} if isinstance(entry, str) else dict.fromkeys(entry, entry[0])
    patterns = [(_pattern(text), text) for text in sorted(texts, key=_literal, reverse=True) if "{" in text]
    return TextCatalogue(
        translations=GNUTranslations(compiled),
        texts=texts,
        patterns=tuple((pattern, text) for pattern, text in patterns if _literal(text)),
    )


def places(text: str) -> Iterator[str]:
    """Name the placeholders of a text, in order.

    Examples
    --------
    >>> list(places("{count} of {all:,.0f} customers"))
    ['count', 'all']
    """
    yield from (name for _, name, _, _ in Formatter().parse(text) if name)


def _literal(text: str) -> int:
    return sum(sum(map(str.isalpha, part)) for part, *_ in Formatter().parse(text))


def _pattern(text: str) -> re.Pattern[str]:
    """Match what a text becomes once it is filled in; a counted noun may stand in the singular."""
    parts: list[str] = []
    seen: set[str] = set()
    inserted = ".*?" if _literal(text) >= _LEAST_LITERAL else _CODES
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(_PLURAL.sub(r"\1s?", re.escape(literal)) if seen else re.escape(literal))
        if name:
            key = name.replace(".", "_")
            parts.append(f"(?P={key})" if key in seen else f"(?P<{key}>{inserted})")
            seen.add(key)
    return re.compile("".join(parts), re.DOTALL)
