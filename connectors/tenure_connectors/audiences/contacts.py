"""Contacts as platforms want them: e-mails and phones written alike, then hashed."""

from __future__ import annotations

import hashlib
import re

import pandas as pd
import pyarrow as pa

from tenure_features.identity.emails import ADDRESS
from tenure_features.identity.phones import to_e164

GOOGLE_MAIL = ("gmail.com", "googlemail.com")
"""Domains whose names Google reads without dots and tags before it hashes them."""

CONSENT_WORDS = ("1", "1.0", "true", "t", "yes", "y", "granted", "subscribed", "да", "согласен", "подписан")
"""What is a clear yes."""


def tidy_emails(emails: pd.Series[str], *, without_tags: bool = False) -> pd.Series[str]:
    """Trim and lower e-mails; what is none is missing.

    Parameters
    ----------
    emails
        As people wrote them.
    without_tags
        Whether dots and what follows a plus go from names at Google's domains, as Google asks.

    Examples
    --------
    >>> tidy_emails(pd.Series([" Cloudy.San.Francisco+shop@Gmail.com", "Ann@example.org"]), without_tags=True).tolist()
    ['cloudysanfrancisco@gmail.com', 'ann@example.org']
    """
    text = emails.astype("str").str.strip().str.lower()
    text = text.where(text.str.fullmatch(ADDRESS).fillna(False).astype("bool"))
    return text.map(_without_tag, na_action="ignore") if without_tags else text


def _without_tag(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain}" if domain in GOOGLE_MAIL else email


def tidy_phones(phones: pd.Series[str], *, region: str | None, plus: bool) -> pd.Series[str]:
    """Write phones with the code of their country; what can be none is missing.

    Parameters
    ----------
    phones
        As people wrote them.
    region
        Region of numbers without a country code, such as ``DE``; None: they are missing.
    plus
        Whether ``+`` comes first (E.164: Google, TikTok); without it digits alone (Meta, Yandex).

    Examples
    --------
    >>> tidy_phones(pd.Series(["8 (999) 555-11-11", "+1 650 561-5622"]), region="RU", plus=False).tolist()
    ['79995551111', '16505615622']
    """
    typed = phones.astype("str").dropna()
    bare = [re.sub(r"[\s().\-/]", "", text) for text in typed]
    written = to_e164(pa.array(bare, pa.string()), default_region=region).to_pylist() if bare else []
    numbers = pd.Series(written, index=typed.index, dtype="str").reindex(phones.index)
    return numbers if plus else numbers.str.removeprefix("+")


def hash_texts(texts: pd.Series[str], *, algorithm: str = "sha256") -> pd.Series[str]:
    """Hash texts as lower-case hexadecimal; what is missing stays so.

    Examples
    --------
    >>> hash_texts(pd.Series(["mary"])).iloc[0][:8]
    '6915771b'
    """
    return texts.map(lambda text: hashlib.new(algorithm, text.encode()).hexdigest(), na_action="ignore")


def consents(column: pd.Series[str]) -> pd.Series[bool]:
    """Say who agreed: only a clear yes is one, whatever is missing or unclear is not."""
    return column.astype("str").str.strip().str.lower().isin(CONSENT_WORDS)
