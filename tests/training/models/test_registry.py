"""Candidates are found by name; an unknown name gets a suggestion."""

from __future__ import annotations

import pytest

from tenure_features.errors import UsageError
from tenure_training.models.baselines.rules import StatusQuo
from tenure_training.models.contract import Candidate
from tenure_training.models.registry import BASELINES, CANDIDATES, candidate_class, candidates_by_name, new_candidate
from tenure_training.models.search_space import Integer, defaults


def test_registry__gives_each_candidate_by_its_own_name():
    assert all(candidate_class(name).name == name for name in CANDIDATES)
    assert all(issubclass(candidate, Candidate) for candidate in CANDIDATES.values())


def test_registry__holds_the_baselines_and_something_to_choose_besides():
    assert set(BASELINES) < CANDIDATES.keys()
    assert set(BASELINES) == {"zero", "status_quo", "recency"}


def test_registry__suggests_the_nearest_name():
    with pytest.raises(UsageError) as caught:
        candidate_class("blendd")
    assert caught.value.fix == "Did you mean 'blend'?"
    assert "logistic" in caught.value.found


def test_registry__lists_the_names_where_none_is_near():
    with pytest.raises(UsageError, match="Choose one of these"):
        candidate_class("???")


class Steady(StatusQuo):
    name = "steady"


def test_candidates_by_name__takes_classes_beside_names_and_keeps_the_registry_as_it_is():
    assert candidates_by_name(["zero", Steady, "zero"]) == {"zero": CANDIDATES["zero"], "steady": Steady}
    assert "steady" not in CANDIDATES
    with pytest.raises(TypeError):
        CANDIDATES["steady"] = Steady


@pytest.mark.parametrize("name", ["blend", "steady"])
def test_candidates_by_name__refuses_a_name_that_is_taken(name):
    other = type("Other", (StatusQuo,), {"name": name})
    with pytest.raises(UsageError, match=f"named '{name}' already"):
        candidates_by_name([Steady, other])


FILE = """
from tenure_training.models.baselines.rules import Zero

class Mine(Zero):
    name = "mine"

number = 3
"""


def test_registry__finds_a_class_in_a_file_or_a_module(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    mine = candidate_class("my_models.py:Mine")
    assert (mine.name, issubclass(mine, Candidate)) == ("mine", True)
    assert candidate_class(f"{tmp_path / 'my_models.py'}:Mine") is mine
    assert candidate_class("tenure_training.models.hurdle.blend:Blend").name == "blend"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nowhere.py:Mine", "There is no file .*nowhere.py"),
        ("broken.py:Mine", "fails when it is imported.*ZeroDivisionError"),
        ("my_models.py:number", "is not a candidate.*3"),
        ("my_models.py:Yours", "is not a candidate.*nothing of that name"),
        ("no_such_package.models:Mine", "cannot be imported.*no_such_package"),
    ],
)
def test_registry__says_what_is_wrong_with_a_users_candidate(address, message, tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(FILE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        candidate_class(address)


@pytest.mark.parametrize("name", CANDIDATES)
def test_search_space__holds_its_defaults_and_lies_beside_the_model(name):
    space = candidate_class(name).search_space
    assert all(parameter.holds(parameter.default) for parameter in space.values())
    assert all(parameter.low < parameter.high for parameter in space.values())
    whole = {key for key, parameter in space.items() if isinstance(parameter, Integer)}
    assert all(isinstance(defaults(space)[key], int) for key in whole)


def test_new_candidate__takes_the_settings_of_its_name():
    settings = {"blend": {"rounds": 60}, "logistic": {}}
    assert dict(new_candidate("blend", settings).settings) == {"rounds": 60}
    assert dict(new_candidate("bgnbd", settings).settings) == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"round": 60}, "no setting 'round'.*Did you mean 'rounds'"),
        ({"rounds": 1}, "outside its range.*1.*from 50 to 400"),
        ({"rounds": 60.5}, "outside its range"),
        ({"eta": float("nan")}, "outside its range"),
    ],
)
def test_new_candidate__refuses_settings_that_cannot_stand(settings, message):
    with pytest.raises(UsageError, match=message):
        new_candidate("blend", {"blend": settings})
