"""Two models in one process: each speaks its own words, whichever was loaded first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest

from tenure_features import Catalogue
from tenure_serving.scorer import Scorer
from tenure_training.models.bundle import Bundle, read_bundle, write_bundle
from tenure_training.models.contract import Contributions
from tests.serving.conftest import Halving, make_bundle, make_snapshot

OWN = '''
from tenure_features import feature

@feature(unit="orders", family="frequency", reason="{{value:.0f}} {words}")
def large_orders(history):
    """Orders that are {words}."""
    return history.count(history.is_order & (history.revenue > {limit}))
'''
WORDS = {"a": "orders above fifty", "b": "deliveries by lorry"}


class Large(Halving):
    """Explained by large orders alone."""

    name = "large"

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        terms = np.ones((len(snapshot), 1))
        return Contributions(features=["large_orders"], churn=terms, churn_base=0.0, value=terms, value_base=0.0)

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls()


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Bundles of two shops whose files name a feature alike and mean other things."""
    for name, words in WORDS.items():
        (tmp_path / f"{name}.py").write_text(OWN.format(words=words, limit=len(name) * 50))
        catalogue = Catalogue().with_file(tmp_path / f"{name}.py")
        bundle = make_bundle(tmp_path / f"{name}_plain", Large())
        described = catalogue.describe([*bundle.info.features, "large_orders"])
        write_bundle(tmp_path / name, Large(), replace(bundle.info, catalogue=described), bundle.segments)
    return {name: tmp_path / name for name in WORDS}


@pytest.fixture
def read() -> Callable[[Path], Bundle]:
    return lambda folder: read_bundle(folder, candidates=[Large])


def _reasons(bundle: Bundle) -> set[str]:
    table = Scorer(bundle).score(make_snapshot(30).assign(large_orders=2.0))
    reasons = [*table["churn_reasons"].explode(), *table["value_reasons"].explode()]
    return {reason.partition(":")[0] for reason in reasons}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a"), ("a", "b", "a")])
def test_bundles__speak_their_own_words_in_any_order(folders, read, order: Sequence[str]) -> None:
    bundles = [(name, read(folders[name])) for name in order]
    for name, bundle in [*bundles, *reversed(bundles)]:
        assert _reasons(bundle) == {f"2 {WORDS[name]}"}
        assert bundle.info.catalogue[-1].meaning == f"Orders that are {WORDS[name]}."


def test_bundles__speak_their_own_words_whatever_files_are_loaded_later(folders, read, tmp_path: Path) -> None:
    bundle = read(folders["a"])
    other = OWN.format(words="something else", limit=1)
    (tmp_path / "a.py").write_text(other)
    (tmp_path / "c.py").write_text(other.replace("large_orders", "orders_in_all"))
    Catalogue().with_files([tmp_path / "a.py", tmp_path / "c.py"])
    assert _reasons(bundle) == {f"2 {WORDS['a']}"}


def test_bundles__speak_their_own_words_at_the_same_time(folders, read) -> None:
    def speak(name: str) -> tuple[str, set[str]]:
        return name, _reasons(read(folders[name]))

    with ThreadPoolExecutor(4) as threads:
        spoken = list(threads.map(speak, ["a", "b"] * 8))
    assert spoken == [(name, {f"2 {WORDS[name]}"}) for name in ["a", "b"] * 8]
