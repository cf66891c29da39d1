"""What a bundle says of a feature is words, and one number in them."""

from __future__ import annotations

import pytest

from tenure_features import catalogue
from tenure_features.errors import DataContractError
from tenure_features.families.stored_feature import feature_from
from tenure_features.stored import Stored


def test_feature_from__reads_every_feature_of_the_catalogue_back():
    for feature in catalogue():
        assert feature_from(Stored(feature.to_dict(), "bundle.json")) == feature


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
def test_feature_from__refuses_what_is_no_description(changes):
    with pytest.raises(DataContractError):
        feature_from(Stored(catalogue()[0].to_dict() | changes, "bundle.json"))
