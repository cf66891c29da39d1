"""Lists as platforms want them: normalisation and hashes of their own documentation, consent, hold-outs, sizes."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from tenure_connectors.audiences.audience import build_audience, neutral_name
from tenure_connectors.audiences.contacts import consents, hash_texts, tidy_emails, tidy_phones
from tenure_connectors.audiences.platforms import PLATFORMS, platform_named
from tenure_features.errors import DataContractError, UsageError


def texts(*values):
    return pd.Series(list(values), dtype="str")


@pytest.mark.parametrize(
    ("written", "digest"),
    [  # Meta, Customer Information Parameters and Custom Audiences: examples of normalised and hashed values
        ("mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        ("valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        ("정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ],
    ids=["e-mail", "name", "accent", "Hangul", "phone"],
)
def test_hashes__are_those_of_the_documentation(written, digest):
    assert hash_texts(texts(written)).iloc[0] == digest


def test_emails__lose_dots_and_tags_at_google_alone_and_for_google_alone():
    emails = texts(" Jane.Doe+shop@GoogleMail.com", "Jane.Doe+shop@example.com", "no address", None)
    assert tidy_emails(emails, without_tags=True).tolist()[:2] == [
        "janedoe@googlemail.com",
        "jane.doe+shop@example.com",
    ]
    assert tidy_emails(emails).tolist()[:2] == ["jane.doe+shop@googlemail.com", "jane.doe+shop@example.com"]
    assert tidy_emails(emails).isna().tolist() == [False, False, True, True]


def test_phones__have_the_code_of_their_country_with_or_without_plus():
    phones = texts("7 (999) 555-11-11", "8 999 555 11 11", "+1 (650) 555-1212", "123", None)
    assert tidy_phones(phones, region="RU", plus=False).tolist()[:3] == ["79995551111", "79995551111", "16505551212"]
    assert tidy_phones(phones, region="RU", plus=True).tolist()[2] == "+16505551212"
    assert tidy_phones(phones, region=None, plus=True).isna().tolist() == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("platform", "typed", "hashed"),
    [
        ("meta", " Vale\u0301ry ", "valéry"),  # an accent that is a sign of its own
        ("meta", "정", "정"),
        ("meta", "О'Нил-Ёлкина", "онилёлкина"),  # without punctuation, as Meta asks
        ("google", "Ёлкина", "ёлкина"),
    ],
    ids=["accent", "Hangul", "punctuation", "Cyrillic"],
)
def test_names__of_other_alphabets_have_the_hash_of_their_lower_case(platform, typed, hashed):
    contacts = pd.DataFrame(
        [{**dict.fromkeys(CONTACTS.columns, ""), "value": "", "label": "l", "email": "a@b.example"}]
    )
    row = platform_named(platform).rows(contacts.assign(first_name=typed, last_name=typed), region=None).iloc[0]
    names = ("fn", "ln") if platform == "meta" else ("First Name", "Last Name")
    assert [row[name] for name in names] == [sha(hashed)] * 2


@pytest.mark.parametrize("platform", [platform.name for platform in PLATFORMS if not platform.own])
def test_blanks__are_never_hashed(platform):
    contacts = pd.DataFrame([dict.fromkeys([*CONTACTS.columns, "last_name", "value", "label"], "  ")])
    contacts = contacts.assign(customer_id="a", email="a@b.example", phone="+1 650 555 1212")
    cells = platform_named(platform).rows(contacts, region=None).to_numpy().ravel()
    assert not {sha(""), sha("  "), hashlib.md5(b"", usedforsecurity=False).hexdigest()} & set(cells)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


SCORES = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e"],
        "segment": ["x", "x", "x", "x", "y"],
        "expected_value": [9.5, 1, 0, 4, 5],
    }
)
CONTACTS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e"],
        "email": ["A.n+n@gmail.com", "ben@example.org", "cy@example.org", "dee@example.org", "e@example.org"],
        "phone": ["+1 650 555 1212", "", "", "", ""],
        "first_name": ["Mary", "Ben", "Cy", "Dee", "E"],
        "country": ["us", "de", "de", "de", "de"],
        "postal_code": ["94 043", "10115", "", "", ""],
        "consent": ["yes", "yes", "yes", "no", "yes"],
    }
).astype("str")


def audience(platform, **options):
    chosen = SCORES["segment"] == "x"
    return build_audience(
        SCORES, CONTACTS, platform_named(platform), chosen=chosen, label="list-1", region="US", **options
    )


def test_audience__keeps_consent_hold_outs_and_positive_values():
    built = audience("meta", without=["b"], value="expected_value")
    assert built.rows.to_dict("records") == [
        {"email": sha("a.n+n@gmail.com"), "phone": sha("16505551212"), "fn": sha("mary"), "ln": "",
         "country": sha("us"), "zip": sha("94043"), "extern_id": "a", "value": "9.5"}
    ]  # fmt: skip
    assert built.account == (
        "4 of 5 customers are chosen.", "1 must stay out: left out.", "1 have no positive expected_value: left out.",
        "1 did not agree to it, or have no contact: left out.",
    )  # fmt: skip
    assert built.too_small


@pytest.mark.parametrize(
    ("platform", "row"),
    [
        ("google", {"Email": sha("an@gmail.com"), "Phone": sha("+16505551212"), "First Name": sha("mary"),
                    "Last Name": "", "Country": "US", "Zip": "94 043"}),
        ("yandex_audience", {"phone": sha("16505551212"), "email": sha("a.n+n@gmail.com"), "external_id": "a"}),
        ("yandex_metrica", {"uniq_id": "a", "phones_md5": "944e0f618325354f3b573910938d8c17",
                            "emails_md5": "c0cad0e5d556e498b5c8659072b9461a"}),
        ("tiktok", {"Email_SHA256": sha("a.n+n@gmail.com"), "Phone_SHA256": sha("+16505551212")}),
        ("vk_emails", {"id": "c0cad0e5d556e498b5c8659072b9461a"}),
        ("vk_phones", {"id": "944e0f618325354f3b573910938d8c17"}),
        ("klaviyo", {"Email": "a.n+n@gmail.com", "Phone Number": "+16505551212", "First Name": "Mary",
                     "tenure_list": "list-1"}),
        ("mailchimp", {"Email Address": "a.n+n@gmail.com", "First Name": "Mary", "Tags": "list-1"}),
        ("unisender", {"email": "a.n+n@gmail.com", "phone": "16505551212", "Name": "Mary", "tags": "list-1"}),
    ],
)  # fmt: skip
def test_platforms__take_their_own_columns(platform, row):
    assert audience(platform).rows.to_dict("records")[0] == row


def test_platforms__of_others_are_told_no_plain_contact():
    for platform in PLATFORMS:
        if not platform.own:
            cells = {str(cell) for cell in audience(platform.name).rows.to_numpy().ravel()}
            assert not any("@" in cell or "555" in cell for cell in cells if len(cell) < 32), platform.name


def test_salesforce__is_told_accounts_and_contacts_by_their_ids():
    ids = ["salesforce:0015g00000AbCdE", "0035g00000AbCdEAAV", "0065g00000AbCdE", "a"]
    rows = platform_named("salesforce").rows(pd.DataFrame({"customer_id": ids, "label": "list-1"}), region=None)
    assert rows["Id"].tolist() == ["0015g00000AbCdE", "0035g00000AbCdEAAV"]


def test_audience__writes_a_column_of_scores_for_systems_of_ones_own_alone():
    assert set(audience("klaviyo", written="segment").rows["tenure_list"]) == {"x"}
    with pytest.raises(UsageError, match="told who is on a list, not why"):
        audience("meta", written="segment")


def test_consent__is_a_clear_yes_alone():
    assert consents(texts("yes", "TRUE", "1", "да", "no", "", None, "maybe")).tolist() == [True] * 4 + [False] * 4


def test_audience__says_what_contacts_lack():
    with pytest.raises(DataContractError, match=r"lack consent, email or phone.*customer_id, name"):
        build_audience(
            SCORES, pd.DataFrame({"customer_id": ["a"], "name": ["x"]}), PLATFORMS[0],
            chosen=SCORES["segment"] == "x", label="l",
        )  # fmt: skip
    with pytest.raises(UsageError, match=r"no platform 'gogle'.*google"):
        platform_named("gogle")


def test_names__tell_nothing_of_the_people():
    name = neutral_name("High value, leaving")
    assert name == neutral_name("High value, leaving")
    assert name != neutral_name("Low value, lost")
    assert "value" not in name.lower()
