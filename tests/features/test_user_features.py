"""A user's feature: loaded from a file, known by its hash, held to the rules of all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tenure.jobs.feature_check import assert_features_hold, check_features
from tenure_features import catalogue, load_features
from tenure_features.errors import DataContractError, QualityGateError, UsageError
from tenure_features.families import feature as registry
from tenure_features.families.catalogue import described
from tenure_features.families.feature import Feature, recall
from tenure_features.user_features import require_defined

GOOD = '''
from tenure_features import feature

@feature(unit="orders", family="frequency", reason="{value:.0f} orders over ten")
def orders_over_ten(history):
    """Orders worth more than ten."""
    return history.count(history.is_order & (history.revenue > 10))
'''
LEAKS = '''
from tenure_features import feature

@feature(unit="orders", family="frequency", reason="{value:.0f} orders in all")
def orders_in_all(history):
    """Orders, the coming ones too."""
    rows = history._rows
    whole = rows.op().parent.to_expr()
    while hasattr(whole.op(), "parent"):
        whole = whole.op().parent.to_expr()
    return history.count(history.is_order) + whole.count().as_scalar()

@feature(unit="ratio", family="frequency", reason="{value:.0f}")
def infinite_ratio(history):
    """One over zero."""
    return history.count(history.is_order) / (history.count(history.is_order) * 0.0)
'''


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Leave the catalogue as it was."""
    before = dict(registry._registry), dict(registry._recalled)
    yield
    for now, kept in zip((registry._registry, registry._recalled), before, strict=True):
        now.clear()
        now.update(kept)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def writer(text: str, name: str = "mine.py") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return writer


def test_load_features__join_the_catalogue_once(write) -> None:
    before = len(catalogue())
    (mine,) = load_features(write(GOOD))
    assert (mine.name, mine.meaning, mine.file.name) == ("orders_over_ten", "Orders worth more than ten.", "mine.py")
    assert load_features(write(GOOD)) == (mine,)
    assert len(catalogue()) == before + 1
    (changed,) = load_features(write(GOOD.replace("> 10", "> 100")))
    assert changed.file.sha256 != mine.file.sha256
    assert len(catalogue()) == before + 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1", "mine.py defines no feature"),
        ("import nothing_of_that_name", "mine.py cannot be run.*nothing_of_that_name"),
        ("def", "mine.py cannot be run.*SyntaxError"),
        (GOOD.replace("orders_over_ten", "recency_days"), "recency_days' is registered already"),
        (GOOD.replace('"frequency"', '"zodiac"'), "unknown family"),
        (GOOD.replace("reason=", 'table="clicks", reason='), "unknown table"),
    ],
)
def test_load_features__refuse_with_a_sentence_and_leave_no_trace(write, text: str, sentence: str) -> None:
    before = catalogue()
    with pytest.raises(UsageError, match=sentence):
        load_features(write(text))
    assert catalogue() == before
    with pytest.raises(UsageError, match="cannot be read"):
        load_features("nowhere.py")


def test_check__lets_a_good_feature_pass_and_catches_the_others(write) -> None:
    assert_features_hold(write(GOOD))
    checked = check_features(load_features(write(LEAKS, "bad.py")), customers=40)
    assert any("orders_in_all changes with rows at or after as_of" in one for one in checked.problems)
    assert any("infinite_ratio is infinite" in one for one in checked.problems)
    with pytest.raises(QualityGateError, match="reads the future"):
        assert_features_hold(write(LEAKS, "bad.py"))


def test_model__says_which_file_it_needs(write) -> None:
    (mine,) = load_features(write(GOOD))
    require_defined([mine])
    load_features(write(GOOD.replace("> 10", "> 11")))
    with pytest.raises(DataContractError, match=rf"another version of mine.py.*at training sha256 {mine.file.sha256}"):
        require_defined([mine])
    del registry._registry["orders_over_ten"]
    with pytest.raises(DataContractError, match=r"mine.py defines, and that file was not given.*--features mine.py"):
        require_defined([mine])


def test_model__explains_a_feature_whose_file_is_elsewhere(write) -> None:
    (mine,) = load_features(write(GOOD))
    stored = mine.to_dict()
    del registry._registry["orders_over_ten"]
    assert described(["orders_over_ten"]) == {}
    recall([Feature.from_dict(stored)])
    found = described(["orders_over_ten", "region=north", "btyd_rhythm"])
    assert [*found] == ["orders_over_ten", "region=north"]
    assert found["orders_over_ten"].say(3.0) == "3 orders over ten"
    assert found["orders_over_ten"].to_dict() == stored
