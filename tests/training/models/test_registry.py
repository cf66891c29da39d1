"""Candidates are found by name; an unknown name gets a suggestion."""

from __future__ import annotations

import pytest

from tenure_features.errors import UsageError
from tenure_training.models.contract import Candidate
from tenure_training.models.registry import BASELINES, CANDIDATES, candidate_class


def test_registry__gives_each_candidate_by_its_own_name():
    assert all(candidate_class(name).name == name for name in CANDIDATES)
    assert all(issubclass(candidate, Candidate) for candidate in CANDIDATES.values())


def test_registry__holds_the_baselines_and_something_to_choose_besides():
    assert set(BASELINES) < CANDIDATES.keys()


def test_registry__suggests_the_nearest_name():
    with pytest.raises(UsageError) as caught:
        candidate_class("blendd")
    assert caught.value.fix == "Did you mean 'blend'?"
    assert "logistic" in caught.value.found


def test_registry__lists_the_names_where_none_is_near():
    with pytest.raises(UsageError, match="Choose one of these"):
        candidate_class("???")
