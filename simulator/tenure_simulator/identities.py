"""The ``identifiers`` table: e-mails with typing errors, phones in many formats, shared devices, cookies, cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tenure_simulator.accounts import SYSTEMS, account_ids, draw_accounts
from tenure_simulator.arrays import Bools, Floats, Ints, expand_ragged
from tenure_simulator.block import CustomerBlock
from tenure_simulator.columns import customer_ids, text_column, time_column
from tenure_simulator.streams import SHARED, Purpose, stream

_IDENTIFIER_KINDS = ("email", "phone", "device", "cookie", "loyalty_card", "user_id")
_GIVEN_NAMES = (
    "anna", "ben", "clara", "david", "elena", "felix", "greta", "henri", "ines", "jonas", "karla", "leon", "mara",
    "nils", "olga", "paul", "rosa", "simon", "tilda", "viktor",
)  # fmt: skip
_FAMILY_NAMES = (
    "adler", "bauer", "cordes", "decker", "ernst", "falk", "gruber", "hansen", "iversen", "jansen", "kramer", "lorenz",
    "maurer", "neumann", "otto", "peters", "richter", "schulz", "thomsen", "ullrich", "vogel", "weber", "ziegler",
)  # fmt: skip
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
PHONES = (
    "+49 {a} {b}", "0{a} {b}", "0049{a}{b}", "+49{a}{b}", "(0{a}) {b}", "0{a}/{b}", "0{a}-{b}",
)  # fmt: skip
LONGEST_COOKIES = 12


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Identifiers seen, aligned: position of the customer, system of the account, kind, value, and day."""

    customer: Ints
    system: Ints
    kind: Ints
    value: Sequence[str]
    day: Floats


def email_of(number: int) -> str:
    """Return the e-mail address of a customer number: names repeat, addresses do not.

    Examples
    --------
    >>> email_of(21)
    'ben.bauer21@example.com'
    """
    given_name, family = (
        _GIVEN_NAMES[number % len(_GIVEN_NAMES)],
        _FAMILY_NAMES[number // len(_GIVEN_NAMES) % len(_FAMILY_NAMES)],
    )
    return f"{given_name}.{family}{number}@{DOMAINS[number % 7 % len(DOMAINS)]}"


def type_email(address: str, style: int, *, typo: int) -> str:
    """Return an address as a person might type it: in another case, with spaces or a tag, or mistyped.

    Parameters
    ----------
    address
        The right address.
    style
        0-5 as it is, 6 with capitals, 7 with a space at the end, 8 with a tag, 9 in upper case.
    typo
        Position of two letters that are exchanged; negative for none.
    """
    name, _, domain = address.partition("@")
    if typo >= 0:
        place = typo % (len(name) - 1)
        name = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    styles = {6: f"{name.title()}@{domain}", 7: f"{name}@{domain} ", 8: f"{name}+shop@{domain}"}
    return f"{name}@{domain}".upper() if style == 9 else styles.get(style, f"{name}@{domain}")


def _emails(block: CustomerBlock, owner: Ints, rng: np.random.Generator) -> list[str]:
    """E-mail of each account; some of the further accounts have an address of their own."""
    n = len(owner)
    style = rng.integers(0, 10, n)
    typo = np.where(rng.random(n) < block.config.identities.typo, rng.integers(0, 1000, n), -1)
    other = rng.random(n) < block.config.identities.other_email
    addresses = [email_of(int(number)) for number in block.traits.number[owner]]
    first = np.r_[True, owner[1:] != owner[:-1]] if n else np.zeros(0, dtype=bool)
    work = ["w." + address if mine else address for address, mine in zip(addresses, other & ~first, strict=True)]
    return [type_email(a, int(s), typo=int(t)) for a, s, t in zip(work, style, typo, strict=True)]


def _phones(block: CustomerBlock, owner: Ints, rng: np.random.Generator) -> list[str]:
    form = rng.integers(0, len(PHONES), len(owner))
    mixed = block.traits.number[owner] * 7_654_321 % 10**8
    prefix = 151 + block.traits.number[owner] % 9
    return [PHONES[f].format(a=a, b=f"{b:08d}") for f, a, b in zip(form, prefix, mixed, strict=True)]


def _devices(block: CustomerBlock, rng: np.random.Generator) -> Ints:
    """Device number of each customer: some share with the next customer of the block."""
    number = block.traits.number.copy()
    shares = np.flatnonzero(rng.random(len(number)) < block.config.identities.shared_device / 2)
    shares = shares[shares + 1 < len(number)]
    number[shares] = number[shares + 1]
    return number


def _rows(block: CustomerBlock, has: Bools, rng: np.random.Generator) -> list[Rows]:
    traits, config = block.traits, block.config
    owner, system = np.nonzero(has)
    seen = traits.arrival[owner] + rng.exponential(60.0, len(owner)) * (system > 0)
    phone = np.flatnonzero(rng.random(len(owner)) < config.identities.phone)
    app = np.flatnonzero((system == SYSTEMS.index("app")) | ((system == 0) & (rng.random(len(owner)) < 0.5)))
    card = np.flatnonzero((system == SYSTEMS.index("store")) | ((system == 0) & (rng.random(len(owner)) < 0.25)))
    card = card[has[owner[card], SYSTEMS.index("store")]]
    device = _devices(block, rng)
    life = np.minimum(block.purchases.left, float(config.days)) - traits.arrival
    cookies = 1 + rng.poisson(np.maximum(life, 0.0) / config.identities.cookie_days)
    who, turn = expand_ragged(np.minimum(cookies, LONGEST_COOKIES))
    start = traits.arrival[who] + turn * config.identities.cookie_days * rng.uniform(0.7, 1.3, len(who))

    def rows(kind: str, at: Ints, value: Sequence[str]) -> Rows:
        return Rows(
            customer=owner[at],
            system=system[at],
            kind=np.full(len(at), _IDENTIFIER_KINDS.index(kind)),
            value=value,
            day=seen[at],
        )

    return [
        rows("email", np.arange(len(owner)), _emails(block, owner, rng)),
        rows("phone", phone, _phones(block, owner[phone], rng)),
        rows("device", app, [f"dev-{number * 40_503 % 10**9:09d}" for number in device[owner[app]]]),
        rows("loyalty_card", card, [f"LC{number * 48_271 % 10**9:09d}" for number in traits.number[owner[card]]]),
        Rows(
            customer=who,
            system=np.zeros(len(who), dtype=np.int64),
            kind=np.full(len(who), _IDENTIFIER_KINDS.index("cookie")),
            value=[f"ck-{value:016x}" for value in rng.integers(0, 2**62, len(who))],
            day=start,
        ),
    ]


def identifiers_table(block: CustomerBlock) -> pa.Table:
    """Return the visible ``identifiers`` of a block, by system and account."""
    config, n = block.config, len(block.traits)
    rng = stream(config.seed, Purpose.IDENTITIES, block=SHARED - 1 - block.index)
    parts = _rows(block, draw_accounts(config, block.index)[:n], rng)
    customer, system, kind = (np.concatenate([getattr(p, k) for p in parts]) for k in ("customer", "system", "kind"))
    day = np.concatenate([part.day for part in parts])
    value = np.array([text for part in parts for text in part.value], dtype=object)
    seen = np.flatnonzero(day < config.days)
    seen = seen[np.lexsort((day[seen], kind[seen], customer[seen], system[seen]))]
    return pa.table(
        {
            "source": text_column(system[seen], SYSTEMS),
            "source_id": account_ids(block.traits.number[customer[seen]], system[seen]),
            "kind": text_column(kind[seen], _IDENTIFIER_KINDS),
            "value": pa.array(value[seen].tolist(), type=pa.string()),
            "seen_at": time_column(day[seen], config.start),
        }
    )


def identities_table(block: CustomerBlock) -> pa.Table:
    """Return the truth of a block: whose account is whose, as ``source, source_id, customer_id``."""
    has = draw_accounts(block.config, block.index)[: len(block.traits)]
    owner, system = np.nonzero(has)
    numbers = block.traits.number[owner]
    return pa.table(
        {
            "source": text_column(system, SYSTEMS),
            "source_id": account_ids(numbers, system),
            "customer_id": customer_ids(numbers),
        }
    )
