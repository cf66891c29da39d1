"""E-mail addresses as expressions: what two spellings of one mailbox have in common."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

ADDRESS = r"^[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+$"
"""What can be an address at all: one @, no spaces, a dot in the domain."""

DOTLESS = ("gmail.com",)
"""Providers that ignore dots in the name (Google's help says so of Gmail alone)."""

PLUS_DOMAINS = (
    "gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com",
    "fastmail.com", "fastmail.fm", "proton.me", "protonmail.com", "pm.me", "yandex.ru", "yandex.com", "ya.ru",
    "zoho.com",
)  # fmt: skip
"""Providers that deliver ``name+tag`` to ``name``, by their own documentation."""

SAME_DOMAIN = {"googlemail.com": "gmail.com"}
"""Domains that are one: Gmail is called Google Mail where the name was taken."""


def tidy_email(text: ir.StringValue) -> ir.StringValue:
    """Trim, take off ``mailto:``, lower the case: what services hash when they hash an address."""
    return text.lower().re_replace(r"^\s*(mailto:)?\s*|\s+$", "")


def normal_email(text: ir.StringValue, *, plus_domains: Sequence[str] = ()) -> ir.StringValue:
    """Write an address the way its provider reads it; null where it is none.

    Dots and tags go only where the provider ignores them. Typing errors are left alone: what looks like a mistyped
    domain is sometimes another person's address, and probabilistic linking weighs it with the rest of the evidence.

    Parameters
    ----------
    text
        Text as people type it.
    plus_domains
        Domains beside `PLUS_DOMAINS` whose provider ignores ``+tag``; ``"*"`` for all.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> [evaluate(normal_email(ibis.literal(text)))
    ...  for text in (" Ada.Lovelace+shop@GoogleMail.com", "Ada.B+shop@example.com", "ada at example.com")]
    ['adalovelace@gmail.com', 'ada.b+shop@example.com', None]
    """
    bare = tidy_email(text)
    typed = bare.re_replace(r"^.*@", "")
    domain = typed.cases(*SAME_DOMAIN.items(), else_=typed)
    name = bare.re_replace(r"@.*$", "")
    untagged = name.re_extract(r"^(.[^+]*)", 1)  # a replacement by a group is written differently on Spark
    if "*" not in plus_domains:
        untagged = domain.isin([*PLUS_DOMAINS, *plus_domains]).ifelse(untagged, name)
    mailbox = domain.isin(list(DOTLESS)).ifelse(untagged.replace(".", ""), untagged)
    return bare.re_search(ADDRESS).ifelse(mailbox + "@" + domain, ibis.null("string"))
