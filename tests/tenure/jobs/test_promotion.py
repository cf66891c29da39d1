"""A challenger becomes champion through the gate; otherwise the reasons are on record and the exit code is 4."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tenure.config import Config
from tenure.jobs import promotion
from tenure.progress import SilentProgress
from tenure_features.errors import NothingToDoError, QualityGateError, UsageError
from tenure_training.tracking import Decision, Registered

CONFIG = Config.model_validate({"orders": {"uri": "orders.csv"}, "run": {"active_days": 7}})
OLD = Registered(name="tenure-scorer", version=1, model_version="old", run_id="r")
NEW = Registered(name="tenure-scorer", version=2, model_version="new", run_id="s")


class Store:
    """Has a champion and a challenger."""

    tracking_uri = "sqlite://"

    def __init__(self, champion: Registered | None, challenger: Registered | None) -> None:
        self.champion, self.challenger = champion, challenger

    def find_registered(self, *, alias: str = "champion") -> Registered | None:
        return self.champion if alias == "champion" else self.challenger


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A gate that says what a test wants, and remembers what was asked and written."""
    seen = SimpleNamespace(store=Store(OLD, NEW), decision=Decision(promote=True, reason="Better."), wrote=[])
    kinds = {"models:/tenure-scorer@challenger": "blend", "models:/tenure-scorer@champion": "logistic"}

    def load(uri: str, **_: Any) -> Any:
        info = SimpleNamespace(champion=kinds[uri], horizon_days=45, active_days=None)
        return SimpleNamespace(bundle=SimpleNamespace(info=info))

    def train(config: Config, *, progress: Any) -> Any:
        seen.asked = config.run
        return SimpleNamespace(training=SimpleNamespace(backtest="backtest"))

    def compare(backtest: Any, challenger: str, champion: str, *, present: Registered) -> Decision:
        assert (backtest, challenger, champion, present) == ("backtest", "blend", "logistic", OLD)
        return Decision(seen.decision.promote, seen.decision.reason, {"ece": "0.1 against 0.2"})

    for name in ("promote", "refuse"):
        monkeypatch.setattr(
            promotion, name, lambda store, version, *, done=name, **more: seen.wrote.append((done, version, more))
        )
    monkeypatch.setattr(promotion, "store_of", lambda config: seen.store)
    monkeypatch.setattr(promotion, "Scorer", SimpleNamespace(load=load))
    monkeypatch.setattr(promotion, "train_shop", train)
    monkeypatch.setattr(promotion, "compare_models", compare)
    return seen


def test_promote__compares_both_kinds_over_the_window_of_the_challenger(gate: SimpleNamespace) -> None:
    result = promotion.promote_job(CONFIG, progress=SilentProgress())
    assert (result.model_version, result.previous_model_version, result.reason) == ("new", "old", "Better.")
    assert (gate.asked.candidates, gate.asked.horizon_days, gate.asked.active_days) == (["blend", "logistic"], 45, None)
    assert gate.wrote == [("promote", "new", {"reason": "Better.", "tags": {"gate_ece": "0.1 against 0.2"}})]


def test_promote__leaves_the_reasons_with_a_challenger_it_refuses(gate: SimpleNamespace) -> None:
    gate.decision = Decision(promote=False, reason="Worse.")
    with pytest.raises(QualityGateError, match=r"Model new stays a challenger\. Found: Worse\."):
        promotion.promote_job(CONFIG, progress=SilentProgress())
    assert gate.wrote == [("refuse", "new", {"reason": "Worse.", "tags": {"gate_ece": "0.1 against 0.2"}})]


def test_promote__needs_a_challenger_that_is_not_the_champion(gate: SimpleNamespace) -> None:
    gate.store = Store(OLD, OLD)
    with pytest.raises(NothingToDoError, match="old is the champion already"):
        promotion.promote_job(CONFIG, progress=SilentProgress())
    gate.store = Store(None, None)
    with pytest.raises(UsageError, match="there is no challenger"):
        promotion.promote_job(CONFIG, progress=SilentProgress())
    assert gate.wrote == []


def test_promote__a_challenger_without_a_champion_needs_no_comparison(gate: SimpleNamespace) -> None:
    gate.store = Store(None, NEW)
    result = promotion.promote_job(CONFIG, progress=SilentProgress())
    assert (result.previous_model_version, result.reason) == (None, "There was no champion.")
