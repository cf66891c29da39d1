"""The gate compares with the champion there is, also where that is of a class of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from tenure.jobs import registration
from tenure_features.errors import DataContractError
from tenure_training import CANDIDATES
from tenure_training.models.contract import Candidate
from tenure_training.tracking.store import Registered


class Mine(CANDIDATES["recency"]):  # type: ignore[misc, name-defined]
    """A candidate of the user's own."""

    name = "mine"


class Store:
    """Has a champion of the class `Mine`."""

    tracking_uri = "sqlite://"

    def find_registered(self) -> Registered:
        return Registered(name="tenure-scorer", version=3, model_version="v3", run_id="r")


class Scorer:
    """Loads the champion if its class is given, as a bundle does."""

    @classmethod
    def load(cls, uri: str, *, tracking_uri: str, candidates: Sequence[type[Candidate]]) -> Any:
        assert (uri, tracking_uri) == ("models:/tenure-scorer@champion", "sqlite://")
        if Mine not in candidates:
            raise DataContractError("The bundle holds a model of another class.")
        return SimpleNamespace(bundle=SimpleNamespace(info=SimpleNamespace(champion="mine")))


def training_with(*competitors: type[Candidate]) -> Any:
    backtest = SimpleNamespace(predictions={}, windows=[])
    choice = SimpleNamespace(name="blend")
    return SimpleNamespace(backtest=backtest, choice=choice, candidate=CANDIDATES["blend"], competitors=competitors)


def test_decision__reads_a_champion_of_a_class_that_competed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "Scorer", Scorer)
    decision = registration._decision(Store(), training_with(CANDIDATES["blend"], Mine))  # type: ignore[arg-type]
    assert not decision.promote
    assert decision.reason == "Not compared with champion v3 in a backtest."


def test_decision__a_champion_nobody_can_load_holds_nobody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "Scorer", Scorer)
    decision = registration._decision(Store(), training_with(CANDIDATES["blend"]))  # type: ignore[arg-type]
    assert decision.promote
    assert decision.reason == "The present champion cannot be loaded any more."
