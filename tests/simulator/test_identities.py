"""Accounts, typing errors, shared devices; the truth says who is who."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_simulator import preset
from tenure_simulator.accounts import MULTIPLIERS, PREFIXES, SYSTEMS, account_ids
from tenure_simulator.behaviour import IdentityHabits
from tenure_simulator.block import draw_block, orders_table
from tenure_simulator.columns import CUSTOMER_DIGITS, to_frame
from tenure_simulator.identities import email_of, identifiers_table, identities_table, type_email
from tenure_simulator.tabulate import BLOCK_TABLES


@pytest.fixture(scope="module")
def known(shop):
    """Identifiers with the person behind each."""
    block = draw_block(shop[0], 0)
    identifiers, truth = to_frame(identifiers_table(block)), to_frame(identities_table(block))
    return identifiers.merge(truth, on=["source", "source_id"], validate="many_to_one"), truth


@settings(deadline=None, max_examples=30, derandomize=True)
@given(numbers=st.lists(st.integers(0, 99_999_998), unique=True, min_size=1, max_size=50))
def test_account_ids__are_distinct(numbers):
    people = np.repeat(numbers, len(SYSTEMS))
    ids = account_ids(people, np.tile(np.arange(len(SYSTEMS)), len(numbers))).to_pylist()
    assert len(set(ids)) == len(ids)


def test_account_ids__never_repeat_within_a_system():
    assert all(math.gcd(int(multiplier), 10**CUSTOMER_DIGITS) == 1 for multiplier in MULTIPLIERS)
    assert len(set(PREFIXES)) == len(SYSTEMS)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(a=st.integers(0, 10**7), b=st.integers(0, 10**7))
def test_email_of__is_one_persons(a, b):
    assert (email_of(a) == email_of(b)) == (a == b)


@pytest.mark.parametrize(
    ("style", "typo", "typed"),
    [
        (0, -1, "ada.b7@example.com"),
        (6, -1, "Ada.B7@example.com"),
        (7, -1, "ada.b7@example.com "),
        (8, -1, "ada.b7+shop@example.com"),
        (9, -1, "ADA.B7@EXAMPLE.COM"),
        (0, 0, "daa.b7@example.com"),
    ],
)
def test_typed_email__is_how_people_type(style, typo, typed):
    assert type_email("ada.b7@example.com", style, typo=typo) == typed


def test_identities__everybody_has_a_shop_account_and_some_have_more(known, shop):
    _, truth = known
    assert (truth["source"] == "shop").sum() == shop[0].customers
    for system in SYSTEMS[1:]:
        assert (truth["source"] == system).sum() / shop[0].customers == pytest.approx(0.3, abs=0.02)
    assert truth["source_id"].is_unique


def test_emails__link_most_accounts_of_a_person_once_normalised(known):
    emails = known[0].query("kind == 'email'")
    clean = emails["value"].str.strip().str.lower().str.replace("+shop", "", regex=False)
    per_value = clean.groupby(clean).size()
    assert (emails.groupby(clean)["customer_id"].nunique() <= 2).all()
    pairs = emails.assign(clean=clean).groupby("customer_id")["clean"].agg(["size", "nunique"])
    several = pairs[pairs["size"] > 1]
    assert 0.5 < (several["nunique"] == 1).mean() < 0.9
    raw = emails.groupby("customer_id")["value"].nunique()[several.index]
    assert (raw == 1).mean() < 0.6 * (several["nunique"] == 1).mean()
    assert per_value.max() > 1


def test_phones__come_in_several_formats_of_one_number(known):
    phones = known[0].query("kind == 'phone'")
    digits = phones["value"].str.replace(r"\D", "", regex=True).str.replace("^(0049|49|0)", "", regex=True)
    assert digits.groupby(phones["customer_id"]).nunique().max() == 1
    assert phones["value"].str.contains("+49", regex=False).mean() < 0.5


def test_devices__are_shared_by_some(known):
    devices = known[0].query("kind == 'device'")
    people = devices.groupby("value")["customer_id"].nunique()
    assert people.max() >= 2
    assert (people > 1).mean() < 0.08


def test_cookies__are_never_shared_and_expire(known):
    cookies = known[0].query("kind == 'cookie'")
    assert cookies["value"].is_unique
    assert cookies.groupby("customer_id").size().max() > 4


def test_fragmented__every_table_speaks_of_accounts_and_the_truth_joins_them():
    config = preset("shop", customers=400, seed=6).model_copy(update={"identities": IdentityHabits(fragmented=True)})
    plain = config.model_copy(update={"identities": IdentityHabits()})
    block, whole = draw_block(config, 0), draw_block(plain, 0)
    truth = to_frame(identities_table(block)).set_index("source_id")["customer_id"]
    orders, same = to_frame(orders_table(block)), to_frame(orders_table(whole))
    assert orders["customer_id"].nunique() > 1.15 * same["customer_id"].nunique()
    resolved = orders["customer_id"].map(truth)
    pd.testing.assert_series_equal(resolved, same["customer_id"])
    for name in ("customers", "events", "feedback", "service_costs", "assignments"):
        ids = BLOCK_TABLES[name](block).column("customer_id").to_pylist()
        assert set(ids) <= set(truth.index), name
