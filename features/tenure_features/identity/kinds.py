"""What kinds of identifiers there are, how far each is trusted, and what is never one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from tenure_features.errors import UsageError


@dataclass(frozen=True)
class KindRule:
    """How far identifiers of one kind are trusted.

    Attributes
    ----------
    priority
        1 is the most trusted; the least trusted kinds are dropped first where a component is too large.
    limit
        A value carried by more source ids than this links none of them.
    strong
        Whether a shared value makes two source ids one person. A weak one (a device, which families share) only
        brings source ids without any strong identifier to the one person it is known for.
    """

    priority: int
    limit: int
    strong: bool = True

    def __post_init__(self) -> None:
        if self.limit < 2:
            raise UsageError("The limit of a kind is too low to link anything.", found=str(self.limit), fix="Use 2+.")


KINDS: Mapping[str, KindRule] = {
    "user_id": KindRule(1, 100),
    "loyalty_card": KindRule(2, 10),
    "email": KindRule(3, 20),
    "phone": KindRule(4, 10),
    "device": KindRule(5, 4, strong=False),
    "cookie": KindRule(6, 4, strong=False),
}
"""The kinds of the contract. Limits are what one person can plausibly have accounts for; a household has more."""

KIND_ALIASES: Mapping[str, str] = {
    "e_mail": "email", "mail": "email", "tel": "phone", "telephone": "phone", "mobile": "phone", "msisdn": "phone",
    "card": "loyalty_card", "device_id": "device", "idfa": "device", "gaid": "device", "cookie_id": "cookie",
    "login": "user_id",
}  # fmt: skip
"""Other words for the kinds."""

PROBABILISTIC = "probabilistic"
"""The kind of links that splink adds."""

PLACEHOLDERS = (
    "unknown", "none", "null", "nan", "na", "n/a", "n.a.", "nil", "undefined", "anonymous", "guest", "test", "tests",
    "dummy", "default", "empty", "missing", "not set", "(not set)", "notset", "no", "xxx", "-", "?",
)  # fmt: skip
"""Words that stand for no identifier, in lower case, whatever the kind."""

BLOCKED_NAMES = (
    "test", "tests", "testing", "none", "noemail", "no-email", "no.email", "nomail", "no-mail", "noreply", "no-reply",
    "donotreply", "unknown", "null", "na", "anonymous", "guest", "dummy", "example", "asdf", "xxx",
)  # fmt: skip
"""Names before the @ that are typed to get past a form."""

BLOCKED_DIGITS = ("1234567890", "123456789", "12345678", "0123456789", "9876543210")
"""Numbers that are typed to get past a form, as the end of a phone number or a whole card."""


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """How identifiers are read and linked.

    Attributes
    ----------
    default_region
        ISO 3166 region of phone numbers written without a country code, such as ``"DE"``; None: such numbers are set
        aside.
    kinds
        Rule by kind; kinds that are not named are set aside.
    blocked
        Further values that never link, as people write them; compared after normalisation and in lower case.
    plus_domains
        Further e-mail domains whose provider ignores ``+tag``; ``"*"`` stands for all of them.
    largest
        Source ids a person may have at most; larger components are split.
    """

    default_region: str | None = None
    kinds: Mapping[str, KindRule] = field(default_factory=lambda: dict(KINDS))
    blocked: tuple[str, ...] = ()
    plus_domains: tuple[str, ...] = ()
    largest: int = 25

    def __post_init__(self) -> None:
        if self.largest < 2:
            raise UsageError("The largest component is too small to link.", found=str(self.largest), fix="Use 2+.")
        if self.default_region is not None:
            _check_region(self.default_region)

    @property
    def strong(self) -> tuple[str, ...]:
        """Kinds that make one person, most trusted first."""
        return tuple(kind for kind in self.by_trust if self.kinds[kind].strong)

    @property
    def by_trust(self) -> tuple[str, ...]:
        """All kinds, most trusted first; ties by name."""
        return tuple(sorted(self.kinds, key=lambda kind: (self.kinds[kind].priority, kind)))


def _check_region(region: str) -> None:
    import phonenumbers

    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(
            "The default region of phone numbers is unknown.",
            found=repr(region),
            fix="Use an ISO 3166 code in capitals, such as DE.",
        )


def identifier_kind(column: ir.StringValue, kinds: tuple[str, ...]) -> ir.StringValue:
    """Read a kind: letter case, dashes, other words and endings such as ``_md5`` do not matter; null if unknown."""
    text = column.strip().lower().re_replace(r"[\s-]+", "_")
    bare = text.re_replace(r"^hashed_|_(md5|sha256|sha_256|hash|hashed)$", "")
    named = bare.cases(*KIND_ALIASES.items(), else_=bare)
    return named.isin(list(kinds)).ifelse(named, ibis.null("string"))


def is_blocked(kind: ir.StringValue, key: ir.StringValue, settings: IdentitySettings) -> ir.BooleanValue:
    """Tell placeholders and blocked values from identifiers: ``test@test.com``, ``+10000000000``, ``00000``, ..."""
    bare = key.lower().re_replace(r"[-_:.\s+]", "")
    # One letter over and over, such as the zero UUID; 7 and 22222 can be somebody's card.
    same = (bare.replace(bare.substr(0, 1), "") == "") & kind.isin(["email", "device", "cookie"])
    same |= bare.replace("0", "") == ""
    words = list(PLACEHOLDERS) + [value.strip().lower() for value in settings.blocked]
    name = key.re_extract(r"^([^@]*)@", 1)
    typed = (kind == "email") & name.isin(list(BLOCKED_NAMES))
    digits = kind.isin(["phone", "loyalty_card"]) & bare.re_search("(" + "|".join(BLOCKED_DIGITS) + ")$")
    # Country codes have up to three digits: what is left of +10000000000 is zeros.
    zeros = (kind == "phone") & bare.re_search(r"^\d{1,3}(0{7,}|1{7,}|9{7,})$")
    return same | key.lower().isin(words) | typed | digits | zeros


def kinds_text(rows: ir.Table, *, by: Sequence[str], name: str, by_trust: Sequence[str]) -> ir.Table:
    """Write the kinds of each group as one text, most trusted first, such as ``email+phone``.

    Parameters
    ----------
    rows
        ``kind`` and the columns of ``by``.
    by
        What makes a group.
    name
        Name of the text's column.
    by_trust
        The kinds, most trusted first.
    """
    # Spark cannot order what it concatenates, so there is a flag per kind.
    flags = {f"has_{kind}": (rows.kind == kind).any() for kind in by_trust}
    groups = rows.group_by(list(by)).aggregate(**flags)
    text = ibis.literal("")
    for kind in by_trust:
        text = text + groups[f"has_{kind}"].ifelse("+" + kind, "")
    return groups.select(*by, **{name: text.substr(1)})
