"""What a bundle says of a feature is words, and one number in them."""

from __future__ import annotations

import pytest

from tenure_features import Catalogue
from tenure_features.errors import DataContractError
from tenure_features.families.stored_feature import description_from
from tenure_features.stored import Stored


def test_description_from__reads_every_feature_of_the_catalogue_back():
    for feature in Catalogue():
        assert description_from(Stored(feature.to_dict(), "bundle.json")) == feature.description


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "{value.__class__}"},
        {"reason": "{value:9999999999}"},
        {"reason": "{value:{value}}"},
        {"reason": "{other}"},
        {"reason": "{"},
        {"family": "magic"},
        {"table": "secrets"},
        {"name": ""},
        {"columns": ["a", "a"]},
        {"file": {"name": "f.py", "sha256": "short"}},
        {"file": "f.py"},
        {"build": "evil"},
    ],
)
def test_description_from__refuses_what_is_no_description(changes):
    with pytest.raises(DataContractError):
        description_from(Stored(Catalogue()["recency_days"].to_dict() | changes, "bundle.json"))
