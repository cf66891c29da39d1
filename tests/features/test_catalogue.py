"""Every feature against an oracle written another way, and the catalogue people read."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from tenure_features import Catalogue, feature, snapshots
from tenure_features.errors import UsageError
from tenure_features.families.feature import Family

NAMES = [one.name for one in Catalogue()]
OF_ORDERS = [one.name for one in Catalogue() if one.table == "orders"]


@pytest.fixture(scope="module")
def origins():
    return ["2023-02-01", "2023-07-15 12:34:56", "2024-03-01"]


@pytest.mark.parametrize("spread", [True, False], ids=["lines at different times", "orders at one time"])
def test_catalogue__equals_the_oracle(opened, random_log, oracle, origins, spread):
    lines = random_log(7, spread=spread)
    shop = opened(lines)
    assert ("known_to" in shop.log.orders.columns) == spread, "both paths of the history are meant to be tested"
    table = snapshots(shop, origins)
    for origin, got in table.groupby("as_of"):
        expected = oracle(lines, str(origin))
        assert got["customer_id"].tolist() == expected["customer_id"].tolist()
        assert set(OF_ORDERS) == set(expected.columns) - {"customer_id"}
        for name in OF_ORDERS:
            np.testing.assert_allclose(
                got[name], expected[name].astype(float), rtol=1e-9, atol=6e-7, err_msg=f"{name} at {origin}"
            )


def test_catalogue__has_every_family_unit_meaning_and_reason():
    features = Catalogue()
    assert len(features) >= 90
    assert len({one.name for one in features}) == len(features)
    assert {one.family for one in features} == set(get_args(Family))
    for one in features:
        assert one.unit
        assert one.meaning.endswith(".")
        assert "\n" not in one.meaning
        assert one.say(12.0) != one.reason, f"{one.name} says no number"


def test_feature__says_its_value_in_words():
    by_name = {one.name: one for one in Catalogue()}
    assert by_name["recency_days"].say(96.3) == "silent for 96 days"
    assert by_name["orders_90d"].say(3) == "3 orders in the last 90 days"
    assert by_name["adbt_days"].say(math.nan) == "adbt_days is not known yet"


@pytest.mark.parametrize(
    ("name", "doc", "family", "reason", "sentence"),
    [
        ("new_one", "", "recency", "{value}", "does not say what it means"),
        ("new_one", "Days.", "zodiac", "{value}", "unknown family"),
        ("new_one", "Days.", "recency", "{days}", "cannot be filled in"),
        ("new_one", "Days.", "recency", "{value", "cannot be filled in"),
        ("new_one", "Days.", "recency", "{value.__class__}", "cannot be filled in"),
        ("new_one", "Days.", "recency", "{value:999999999.0f}", "cannot be filled in"),
    ],
)
def test_feature__refuses_what_cannot_be_explained(name, doc, family, reason, sentence):
    def build(history):
        return history.age_days.min()

    build.__name__, build.__doc__ = name, doc
    with pytest.raises(UsageError, match=sentence):
        feature(unit="days", family=family, reason=reason)(build)
