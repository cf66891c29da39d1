# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""From identifiers as they were typed to the keys that are compared."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from tenure_features.identity.emails import normal_email, tidy_email
from tenure_features.identity.hashes import hash_key, is_hash, md5_of
from tenure_features.identity.kinds import IdentitySettings, identifier_kind, is_blocked
from tenure_features.identity.phones import compact_phone, to_e164
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import count, fetch, without_warnings

ACCOUNT_COLUMNS = ["source", "source_id"]
UNKNOWN_KIND, UNREADABLE, BLOCKED = "kind unknown", "unreadable", "blocked"


def keys_of(rows: ir.Table, *, as_of: pd.Timestamp | None, settings: IdentitySettings, work: Workspace) -> ir.Table:
    """Normalise identifiers seen strictly before a moment.

    Parameters
    ----------
    rows
        ``source, source_id, kind, value`` (text, nothing missing) and ``seen_at`` (missing where it is not known:
        such identifiers are taken as always known).
    as_of
        Identifiers seen at or after it are not read; all are when None.
    settings
        How identifiers are read.
    work
        Where intermediate tables lie.

    Returns
    -------
    Table
        ``source, source_id, kind, key, seen_at, problem``: the key two spellings of one identifier share, or why
        there is none.
    """
    return keys_at(normalise(_filter_seen(rows, as_of), settings=settings, work=work), settings=settings, work=work)


def normalise(rows: ir.Table, *, settings: IdentitySettings, work: Workspace) -> ir.Table:
    """Write every identifier in its normal form, each for itself: what does not depend on the moment.

    Returns
    -------
    Table
        ``source, source_id, seen_at, kind, value, hashed, key``, for `keys_at`.
    """
    kind = identifier_kind(rows.kind, settings.by_trust)
    hashed = is_hash(rows.value) & ~kind.isin(["device", "cookie"]).fill_null(False)
    typed = rows.select("source", "source_id", "seen_at", kind=kind, value=rows.value, hashed=hashed)
    plain = work.keep(typed.mutate(plain=_plain(typed, settings)))
    return _with_phones(plain, settings, work)


def keys_at(
    normal: ir.Table, *, as_of: pd.Timestamp | None = None, settings: IdentitySettings, work: Workspace
) -> ir.Table:
    """Give what was seen strictly before a moment its keys; a hash meets its plain form once that one was seen."""
    read = _filter_seen(normal, as_of)
    if count(read.filter(read.hashed).limit(1)):
        read = _resolve_hashes(work.keep(read), work)
    problem = ibis.cases(
        (read.kind.isnull(), UNKNOWN_KIND),
        (read.key.isnull() | (read.key == ""), UNREADABLE),
        (is_blocked(read.kind, read.key, settings), BLOCKED),
        else_=ibis.null("string"),
    )
    keyed = read.mutate(problem=problem)
    usable = keyed.problem.isnull().ifelse(keyed.key, ibis.null("string"))
    return work.keep(keyed.select("source", "source_id", "kind", key=usable, seen_at="seen_at", problem="problem"))


def _filter_seen(rows: ir.Table, as_of: pd.Timestamp | None) -> ir.Table:
    return rows if as_of is None else rows.filter(rows.seen_at.isnull() | (rows.seen_at < as_of.to_pydatetime()))


def _plain(rows: ir.Table, settings: IdentitySettings) -> ir.StringValue:
    """Normalise what needs no look-up; phone numbers are only made comparable."""
    bare = rows.value.strip()
    uuid = bare.re_search(r"^[0-9A-Fa-f-]{32,36}$").ifelse(bare.lower(), bare)
    return ibis.cases(
        (rows.hashed, bare.lower()),
        (rows.kind == "email", normal_email(rows.value, plus_domains=settings.plus_domains)),
        (rows.kind == "phone", compact_phone(rows.value)),
        (rows.kind == "loyalty_card", bare.upper().re_replace(r"[\s-]", "")),
        (rows.kind == "device", uuid),
        else_=bare,
    )


def _with_phones(rows: ir.Table, settings: IdentitySettings, work: Workspace) -> ir.Table:
    """Give phone numbers their E.164 form, found once per distinct number."""
    is_phone = (rows.kind == "phone") & ~rows.hashed
    distinct = rows.filter(is_phone).select(number=rows.plain).distinct().order_by("number")
    with without_warnings():
        numbers = distinct.to_pyarrow()["number"].combine_chunks()
    if len(numbers) == 0:
        return rows.rename(key="plain")
    e164 = to_e164(numbers, default_region=settings.default_region)
    parsed = work.load(pa.table({"number": numbers.cast(pa.string()), "e164": e164}))
    others = rows.filter(~is_phone.fill_null(False)).rename(key="plain")
    phones = rows.filter(is_phone)
    joined = phones.left_join(parsed, phones.plain == parsed.number).rename(key="e164")
    return others.union(joined.select(others.columns))


def _resolve_hashes(rows: ir.Table, work: Workspace) -> ir.Table:
    """Give hashes the key of the plain value they are a hash of, where it is known."""
    hashed, plain = rows.filter(rows.hashed), rows.filter(~rows.hashed & rows.key.notnull())
    kinds = fetch(hashed.select("kind").distinct())["kind"].dropna().tolist()
    engine = work.backend.name
    forms = [
        kind.select("kind", "key", digest=digest(form, engine=engine))
        for kind, form in _forms(plain.filter(plain.kind.isin(kinds)).select("kind", "key", "value").distinct())
        for digest in (md5_of, hash_key)
    ]
    digests = ibis.union(*forms)
    plain_keys = work.keep(digests.group_by("kind", "digest").aggregate(plain_key=digests.key.min()))
    joined = hashed.left_join(plain_keys, (hashed.kind == plain_keys.kind) & (hashed.key == plain_keys.digest))
    resolved = joined.mutate(key=ibis.coalesce(joined.plain_key, joined.key))
    return rows.filter(~rows.hashed).union(resolved.select(rows.columns))


def _forms(plain: ir.Table) -> Sequence[tuple[ir.Table, ir.StringValue]]:
    """Ways in which a value is written before it is hashed: normalised, merely tidy, and without the plus."""
    emails, phones = plain.filter(plain.kind == "email"), plain.filter(plain.kind == "phone")
    return [
        (plain, plain.key),
        (emails, tidy_email(emails.value)),
        (phones, phones.key.replace("+", "")),
    ]
