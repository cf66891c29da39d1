"""A column of a list: what of a contact it holds, how that is written, how it is hashed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tenure_connectors.audiences.contacts import hash_texts, tidy_emails, tidy_phones


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A way of writing one text of a contact.

    Attributes
    ----------
    meaning
        What is done, in words: the pages of platforms say it.
    write
        From texts and the region of phones without a country code to texts; what can be none is missing.
    """

    meaning: str
    write: Callable[[pd.Series[str], str | None], pd.Series[str]]


@dataclass(frozen=True, kw_only=True)
class ListColumn:
    """One column of a list.

    Attributes
    ----------
    holds
        Column of contacts.
    writing
        How it is written.
    algorithm
        Hash of what was written, as `hashlib` calls it; None: it goes as it is.
    """

    holds: str
    writing: Writing
    algorithm: str | None = None

    def build(self, contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
        """Write the column of contacts; what is empty is missing, and is never hashed."""
        texts = self.writing.write(contacts[self.holds].astype("str"), region)
        texts = texts.where(texts != "")
        return texts if self.algorithm is None else hash_texts(texts, algorithm=self.algorithm)


def _trim(texts: pd.Series[str]) -> pd.Series[str]:
    # A letter and its accent are one sign or two, by the system that typed them: one name must have one hash.
    return texts.str.normalize("NFC").str.strip()


def _own_id(texts: pd.Series[str], pattern: str) -> pd.Series[str]:
    """Take off the source that a store puts before an id, and keep the ids of a pattern."""
    ids = texts.str.rpartition(":")[2]
    return ids.where(ids.str.fullmatch(pattern).fillna(False).astype("bool"))


AS_TYPED = Writing(meaning="trimmed", write=lambda texts, _: _trim(texts))
LOWERED = Writing(meaning="trimmed, lower case", write=lambda texts, _: _trim(texts).str.lower())
UPPERED = Writing(meaning="trimmed, upper case", write=lambda texts, _: _trim(texts).str.upper())
LETTERS = Writing(
    meaning="trimmed, lower case, without punctuation",
    write=lambda texts, _: _trim(texts).str.lower().str.replace(r"[^\w\s]", "", regex=True),
)
COMPACT = Writing(
    meaning="lower case, without blanks and dashes",
    write=lambda texts, _: _trim(texts).str.lower().str.replace(r"[\s-]", "", regex=True),
)
ADDRESS_LOWERED = Writing(
    meaning="trimmed, lower case; what is no address stays out", write=lambda texts, _: tidy_emails(texts)
)
ADDRESS_OF_GOOGLE = Writing(
    meaning="trimmed, lower case; at gmail.com and googlemail.com without dots and what follows a plus; what is no "
    "address stays out",
    write=lambda texts, _: tidy_emails(texts, without_tags=True),
)
PHONE_WITH_PLUS = Writing(
    meaning="digits with the code of the country, + first (E.164); without a country code and --region it stays out",
    write=lambda texts, region: tidy_phones(texts, region=region, plus=True),
)
PHONE_DIGITS = Writing(
    meaning="digits with the code of the country, no +; without a country code and --region it stays out",
    write=lambda texts, region: tidy_phones(texts, region=region, plus=False),
)
OWN_NUMBER = Writing(
    meaning="the number of the contact there; an id that is no number stays out",
    write=lambda texts, _: _own_id(texts, r"\d+"),
)
ID_OF_SALESFORCE = Writing(
    meaning="the id of an account (001...) or a contact (003...); other ids stay out",  # others do not tell their kind
    write=lambda texts, _: _own_id(texts, "00[13][A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?"),
)
