"""A user's feature: loaded from a file, known by its hash, held to the rules of all others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tenure.jobs.feature_check import assert_features_hold, check_features
from tenure_features import Catalogue
from tenure_features.errors import DataContractError, QualityGateError, UsageError
from tenure_features.families.stored_feature import description_from
from tenure_features.stored import Stored
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


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def writer(text: str, name: str = "mine.py") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return writer


def test_catalogue__takes_a_file_in_and_stays_as_it_was(write) -> None:
    catalogue = Catalogue()
    with_mine = catalogue.with_file(write(GOOD))
    (mine,) = with_mine.own
    assert (mine.name, mine.meaning, mine.file.name) == ("orders_over_ten", "Orders worth more than ten.", "mine.py")
    assert with_mine["orders_over_ten"] is mine
    assert len(with_mine) == len(catalogue) + 1
    assert with_mine.with_file(write(GOOD)) == with_mine
    assert catalogue == Catalogue()
    assert catalogue.get("orders_over_ten") is None


def test_catalogue__replaces_what_another_version_of_a_file_defined(write) -> None:
    before = Catalogue().with_file(write(GOOD))
    text = GOOD.replace("over_ten", "over_hundred").replace("> 10", "> 100")
    after = before.with_file(write(text))
    assert [one.name for one in after.own] == ["orders_over_hundred"]
    assert after.own[0].file.sha256 != before.own[0].file.sha256
    assert [one.name for one in before.with_file(write(text, "other.py")).own] == [
        "orders_over_ten", "orders_over_hundred",
    ]  # fmt: skip


def test_catalogue__does_not_take_what_a_file_imports_for_its_own(write) -> None:
    text = GOOD.replace("import feature", "import feature\nfrom tenure_features.families.frequency import orders_total")
    assert [one.name for one in Catalogue().with_file(write(text)).own] == ["orders_over_ten"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1", "mine.py defines no feature"),
        ("import nothing_of_that_name", "mine.py cannot be run.*nothing_of_that_name"),
        ("def", "mine.py cannot be run.*SyntaxError"),
        (GOOD.replace("orders_over_ten", "recency_days"), "There are two features named 'recency_days'"),
        (GOOD.replace('"frequency"', '"zodiac"'), "unknown family"),
        (GOOD.replace("reason=", 'table="clicks", reason='), "unknown table"),
    ],
)
def test_catalogue__refuses_a_file_with_a_sentence(write, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        Catalogue().with_file(write(text))
    with pytest.raises(UsageError, match="cannot be read"):
        Catalogue().with_file("nowhere.py")


def test_catalogue__says_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"There is no feature named 'recency_day'.*Did you mean 'recency_days'"):
        Catalogue()["recency_day"]
    with pytest.raises(UsageError, match="Choose from the catalogue"):
        Catalogue().select(["orders_total", "zzzzzzzz"])


def test_check__lets_a_good_feature_pass_and_catches_the_others(write) -> None:
    assert_features_hold(write(GOOD))
    checked = check_features(Catalogue().with_file(write(LEAKS, "bad.py")), customers=40)
    assert any("orders_in_all changes with rows at or after as_of" in one for one in checked.problems)
    assert any("infinite_ratio is infinite" in one for one in checked.problems)
    with pytest.raises(QualityGateError, match="reads the future"):
        assert_features_hold(write(LEAKS, "bad.py"))


def test_model__says_which_file_it_needs(write) -> None:
    catalogue = Catalogue().with_file(write(GOOD))
    stored = catalogue.describe(["orders_total", "orders_over_ten"])
    require_defined(stored, catalogue)
    changed = Catalogue().with_file(write(GOOD.replace("> 10", "> 11")))
    sha256 = stored[1].file.sha256
    with pytest.raises(DataContractError, match=rf"another version of mine.py.*at training sha256 {sha256}"):
        require_defined(stored, changed)
    with pytest.raises(DataContractError, match=r"mine.py defines, and that file was not given.*--features mine.py"):
        require_defined(stored, Catalogue())


@pytest.mark.parametrize("name", ["orders_over_ten", "region=north", "kind={value!r}", "customers.a{b}", "window_days"])
def test_description__comes_back_as_it_was_stored(write, name: str) -> None:
    (mine,) = Catalogue().with_file(write(GOOD.replace("orders_over_ten", "window_days"))).own
    catalogue = Catalogue((*Catalogue().with_file(write(GOOD)), replace(mine, file=None)))
    feature = catalogue[name]
    stored = json.loads(json.dumps(feature.description.to_dict()))
    description = description_from(Stored(stored, "bundle.json"))
    assert description == feature.description
    assert [description.say(value) for value in (0.0, 1.0, 3.0)] == [feature.say(value) for value in (0.0, 1.0, 3.0)]


def test_description__says_the_levels_of_a_shop_as_they_are_written() -> None:
    assert Catalogue()["kind={value!r} 1 dogs"].say(1.0) == "kind: {value!r} 1 dogs"
    assert Catalogue()["kind={}"].say(0.0) == "kind is not {}"
