"""What two spellings of one identifier have in common."""

import hashlib

import ibis
import pytest

from tenure_features.errors import UsageError
from tenure_features.identity import IdentitySettings, KindRule
from tenure_features.identity.emails import normal_email
from tenure_features.identity.hashes import hash_key, md5_of
from tenure_features.identity.kinds import KINDS, identifier_kind, is_blocked
from tenure_features.reading.engine import evaluate


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Ada.B@Example.COM\t", "ada.b@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("a.d.a+news@gmail.com", "ada@gmail.com"),
        ("A.da@GoogleMail.com", "ada@gmail.com"),
        ("ada.b+shop@outlook.com", "ada.b@outlook.com"),  # Outlook ignores tags, not dots
        ("+ada@gmail.com", "+ada@gmail.com"),  # a tag of nobody
        ("ada+shop@example.com", "ada+shop@example.com"),  # nobody says example.com does
        ("ada+shop@firm.example", "ada@firm.example"),  # the settings say this one does
        ("ada@@example.com", None),
        ("ada@example", None),
        ("ada example.com", None),
        ("", None),
    ],
)
def test_normal_email__reads_an_address_as_its_provider_does(typed, normal):
    assert evaluate(normal_email(ibis.literal(typed), plus_domains=("firm.example",))) == normal


@pytest.mark.parametrize(
    ("kind", "key", "blocked"),
    [
        ("email", "test@test.com", True),
        ("email", "none@somewhere.org", True),
        ("email", "no-reply@shop.example", True),
        ("email", "tester@shop.example", False),
        ("phone", "+10000000000", True),
        ("phone", "+491234567890", True),
        ("phone", "+4915107654321", False),
        ("device", "00000000-0000-0000-0000-000000000000", True),
        ("device", "unknown", True),
        ("cookie", "(not set)", True),
        ("user_id", "00000", True),
        ("user_id", "7", False),
        ("loyalty_card", "SECRET-1", True),  # blocked in the settings, in another case
    ],
)
def test_is_blocked__tells_placeholders_from_identifiers(kind, key, blocked):
    rules = IdentitySettings(blocked=("secret-1",))
    assert evaluate(is_blocked(ibis.literal(kind), ibis.literal(key), rules)) is blocked


@pytest.mark.parametrize(
    ("written", "kind"),
    [("E-Mail", "email"), ("email_sha256", "email"), ("Device ID", "device"), ("MSISDN", "phone"), ("shoe size", None)],
)
def test_kind_of__understands_other_words(written, kind):
    assert evaluate(identifier_kind(ibis.literal(written), tuple(KINDS))) == kind


@pytest.mark.parametrize("engine", ["duckdb", "pyspark", "postgres", "snowflake", "bigquery"])
def test_normalisation__compiles_for_every_engine(engine):
    rows = ibis.table({"kind": "string", "value": "string"}, name="rows")
    keyed = rows.mutate(
        kind=identifier_kind(rows.kind, tuple(KINDS)),
        email=normal_email(rows.value),
        blocked=is_blocked(rows.kind, rows.value, IdentitySettings(blocked=("x",))),
        md5=md5_of(rows.value, engine=engine),
        sha256=hash_key(rows.value, engine=engine),
    )
    assert "FROM" in ibis.to_sql(keyed, dialect=engine)


@pytest.mark.parametrize(
    ("kind", "plain", "hashed"),
    [
        ("email", " Ada.B+x@GMAIL.com", "adab@gmail.com"),
        ("email", " Ada.B+x@GMAIL.com", "ada.b+x@gmail.com"),  # as ad networks hash: merely tidy
        ("phone", "0151 07654321", "+4915107654321"),
        ("phone", "0151 07654321", "4915107654321"),
        ("loyalty_card", "lc 12-34", "LC1234"),
        ("user_id", "u-77", "u-77"),
    ],
)
@pytest.mark.parametrize("digest", [hashlib.md5, hashlib.sha256], ids=["md5", "sha256"])
@pytest.mark.parametrize("written", [str.lower, str.upper])
def test_hash__meets_its_plain_form(linked, groups, kind, plain, hashed, digest, written):
    value = written(digest(hashed.encode()).hexdigest())
    assert groups(linked([("shop", "1", kind, plain), ("crm", "2", kind, value)])) == {frozenset({"1", "2"})}


def test_hash__of_unknown_values_link_each_other(linked, groups):
    value = hashlib.sha256(b"nobody@example.com").hexdigest()
    rows = [("shop", "1", "email", value), ("crm", "2", "email", value.upper()), ("crm", "3", "email", "x@example.com")]
    assert groups(linked(rows)) == {frozenset({"1", "2"}), frozenset({"3"})}


def test_settings__impossible_ones_are_refused():
    with pytest.raises(UsageError, match="region"):
        IdentitySettings(default_region="Germany")
    with pytest.raises(UsageError, match="limit"):
        KindRule(1, 1)
    with pytest.raises(UsageError, match="largest"):
        IdentitySettings(largest=1)


def test_problems__are_counted_and_the_source_ids_stay(linked, groups):
    rows = [("s", "1", "email", "not an address"), ("s", "2", "shoe size", "42"), ("s", "3", "phone", "+10000000000")]
    found = linked(rows)
    assert groups(found) == {frozenset({"1"}), frozenset({"2"}), frozenset({"3"})}
    problems = found.problems.set_index("problem")["identifiers"].to_dict()
    assert problems == {"unreadable": 1, "kind unknown": 1, "blocked": 1}
