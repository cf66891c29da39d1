"""A training in a real MLflow store: what is logged and registered, who becomes the champion, what is left alone."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DependencyUnavailableError, NothingToDoError, UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_training.metrics import PairedDifference
from tenure_training.mlflow_session import mlflow_session
from tenure_training.models.bundle import Bundle, BundleInfo, definitions, write_bundle
from tenure_training.models.contract import Candidate, Fitted, Prediction, TrainingFrame
from tenure_training.tracking import (
    CandidateRun,
    Decision,
    Registered,
    Store,
    decide,
    list_versions,
    promote,
    refuse,
    roll_back,
    track_training,
)

START = "from pathlib import Path; from tenure_training.tracking import Store; Store.local(Path({root!r}))"


class Rate(Candidate, Fitted):
    """Everybody buys with one probability."""

    name = "rate"

    def __init__(self, rate: float = 0.25) -> None:
        self.rate = rate

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        one = np.full(len(snapshot), self.rate)
        return Prediction(buy_probability=one, expected_orders=one, expected_value=one)

    def save(self, folder: Path) -> None:
        (folder / "rate.json").write_text(json.dumps({"rate": self.rate}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(**json.loads((folder / "rate.json").read_text()))


@dataclass(frozen=True)
class Model:
    loader: str = "tenure_serving.pyfunc"
    columns: dict[str, str] = field(default_factory=lambda: {"customer_id": "string", "churn_reasons": "strings"})
    purpose: str = "To be registered."

    def returns(self, bundle: Bundle, example: pd.DataFrame) -> dict[str, str]:
        return self.columns


MODELS = {"tenure-scorer": Model(), "tenure-churn": Model("tenure_serving.pyfunc.churn")}
YES, NO = Decision(promote=True, reason="Better."), Decision(promote=False, reason="Worse.")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        Store.local(root)
    return root / "mlruns" / "mlflow.db"


@pytest.fixture
def root(migrated, tmp_path, monkeypatch) -> Path:
    """A working directory with a migrated store of its own."""
    (tmp_path / "mlruns").mkdir()
    shutil.copy(migrated, tmp_path / "mlruns")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(root) -> Store:
    return Store.local(root)


def make_bundle(folder: Path, rate: float = 0.25) -> Bundle:
    info = BundleInfo(
        champion="rate",
        as_of=pd.Timestamp("2024-06-01"),
        horizon_days=90,
        label_days=90,
        definitions=definitions(horizon_days=90, returns="net"),
        returns="net",
        currency=None,
        catalogue=BUILT_IN.describe(["orders_total", "recency_days"]),
        active_days=None,
        fingerprint="0123abcd",
        seed=7,
        versions={},
    )
    return write_bundle(folder, Rate(rate), info, {})


def track(store: Store, bundle: Bundle, decision: Decision = YES, **more):
    candidates = [
        CandidateRun(
            name="rate",
            metrics={"auroc": 0.7, "crps": float("nan")},
            params={"rounds": 3},
            by_origin=[{"auroc": 0.6}, {"auroc": 0.8}],
        ),
        CandidateRun(name="zero", metrics={"auroc": 0.5}),
    ]
    backtest = pd.DataFrame({"candidate": ["rate", "zero"], "auroc": [0.7, 0.5]})
    more = {"params": {"trials": 20}, "models": MODELS, **more}
    return track_training(store, bundle, candidates=candidates, backtest=backtest, decision=decision, **more)


@pytest.mark.slow
def test_store__two_processes_may_start_it_together(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [sys.executable, "-c", START.format(root=str(tmp_path))]
    racing = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[1] for process in racing] == ["", ""]
    assert [process.returncode for process in racing] == [0, 0]


def test_store__everything_lies_in_mlruns_and_no_file_store_appears(store, root):
    track(store, make_bundle(root / "bundle"))
    assert store.tracking_uri == f"sqlite:///{root}/mlruns/mlflow.db"
    assert {path.name for path in (root / "mlruns").iterdir()} == {"mlflow.db", "artifacts", ".lock"}
    assert {path.name for path in root.iterdir()} == {"mlruns", "bundle"}
    assert not list(root.rglob("meta.yaml"))


def test_store__follows_the_environment(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    assert Store.local(root) == Store("https://mlflow.example.org", None)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root}/mlruns/mlflow.db")
    assert Store.local(root / "elsewhere").artifacts == root / "mlruns" / "artifacts"
    assert not (root / "elsewhere").exists()
    assert Store.at(f"sqlite:///{root}/mlruns/mlflow.db") == Store.local(root)


def test_store__of_another_mlflow_says_how_to_upgrade(root):
    import sqlite3

    with sqlite3.connect(root / "mlruns" / "mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    database.close()
    with pytest.raises(DependencyUnavailableError, match="run: mlflow db upgrade sqlite:///"):
        Store.local(root)


def test_store__that_somebody_has_locked_is_given_up_soon(root, monkeypatch):
    import sqlite3

    monkeypatch.setattr("tenure_training.tracking.store._PATIENCE_S", 0.1)
    with closing(sqlite3.connect(root / "mlruns" / "mlflow.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(
            DependencyUnavailableError, match=r"does not let us in\. Found: mlflow\.db: database is locked"
        ):
            Store.local(root)


def test_training__parent_run_says_what_was_learned_from_what(store, root):
    bundle = make_bundle(root / "bundle")
    charts, report = root / "charts", root / "report.html"
    charts.mkdir()
    (charts / "lift.svg").write_text("<svg/>")
    report.write_text("<html/>")
    run_id = track(store, bundle, files=[charts, report]).run_id
    with store.connect() as client:
        run = client.get_run(run_id)
        paths = {item.path for folder in ("", "charts") for item in client.list_artifacts(run_id, folder)}
        words = json.loads(Path(client.download_artifacts(run_id, "definitions.json")).read_text())
    expected = {"champion": "rate", "horizon_days": "90", "seed": "7", "trials": "20", "fingerprint": "0123abcd"}
    assert expected.items() <= run.data.params.items()
    assert run.data.metrics == {"auroc": 0.7}
    assert run.data.tags["data_fingerprint"] == "0123abcd"
    assert run.data.tags["gate"] == "Better."
    assert run.data.tags["model_version"] == bundle.version
    assert run.info.status == "FINISHED"
    assert {"backtest.csv", "backtest.parquet", "bundle.json", "report.html", "charts/lift.svg"} <= paths
    assert words == bundle.info.definitions


def test_training__every_candidate_has_a_child_run(store, root):
    run_id = track(store, make_bundle(root / "bundle")).run_id
    with store.connect() as client:
        experiment = client.get_experiment_by_name("tenure").experiment_id
        children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
        by_name = {child.data.tags["candidate"]: child for child in children}
        steps = client.get_metric_history(by_name["rate"].info.run_id, "origin/auroc")
    assert set(by_name) == {"rate", "zero"}
    assert {name: child.data.tags["chosen"] for name, child in by_name.items()} == {"rate": "true", "zero": "false"}
    assert by_name["rate"].data.params == {"rounds": "3"}
    assert by_name["rate"].data.metrics == {"auroc": 0.7, "origin/auroc": 0.8}
    assert by_name["rate"].info.status == "FINISHED"
    assert {step.step: step.value for step in steps} == {0: 0.6, 1: 0.8}


def test_training__registers_without_pickle_code_or_lock_files(store, root):
    for name in ("uv.lock", "pyproject.toml"):
        (root / name).write_text("[project]\nname = 'shop'\nversion = '1'\n")
    track(store, make_bundle(root / "bundle"))
    suffixes = {path.suffix for path in (store.artifacts / "tenure" / "models").rglob("*") if path.is_file()}
    assert suffixes == {"", ".json", ".txt", ".whl", ".yaml"}
    names = {path.name for path in store.artifacts.rglob("*")}
    assert not {"uv.lock", "code", "python_model.pkl"} & names
    (requirements, *_) = store.artifacts.rglob("requirements.txt")
    brought = f"wheels/tenure-{importlib.metadata.version('tenure')}-py3-none-any.whl"
    assert [line for line in requirements.read_text().split() if not line.startswith("mlflow==")] == [brought]
    assert (requirements.parent / brought).is_file()


def test_training__the_gate_moves_the_champion(store, root):
    first = track(store, make_bundle(root / "one"), YES)
    second = track(store, make_bundle(root / "two", 0.5), NO)
    assert (first.versions["tenure-scorer"], second.versions["tenure-scorer"]) == (1, 2)
    for name in MODELS:
        assert store.find_registered(name).version == 1
        assert store.find_registered(name, alias="challenger").version == 2
    third = make_bundle(root / "three", 0.75)
    track(store, third, YES)
    champion = store.find_registered()
    assert (champion.version, champion.model_version) == (3, third.version)
    with store.connect() as client:
        assert client.get_model_version("tenure-scorer", "2").tags["gate"] == "Worse."


def test_champions__are_on_record_and_can_be_taken_back(store, root):
    bundles = [make_bundle(root / str(rate), rate) for rate in (0.25, 0.5, 0.75)]
    one, two, three = (bundle.version for bundle in bundles)
    track(store, bundles[0], YES)
    track(store, bundles[1], NO)
    track(store, bundles[2], NO)
    refuse(store, two, reason="Beyond the limits.", tags={"gate_ece": "0.2 against 0.1"})
    promote(store, three, reason="Better by far.", tags={"gate_auroc": "0.7 against 0.6"})
    promote(store, two, reason="Better still.", tags={})
    assert store.find_registered("tenure-churn").model_version == two
    gone, back = roll_back(store, reason="Totals are off.")
    assert (gone.model_version, back.model_version, store.find_registered().model_version) == (two, three, three)
    _, back = roll_back(store, reason="Still off.")
    assert (back.model_version, store.find_registered("tenure-churn").model_version) == (one, one)
    with pytest.raises(NothingToDoError, match="no champion before the present one"):
        roll_back(store, reason="Once more.")
    versions = {version.tags["model_version"]: version for version in list_versions(store)}
    assert [version.version for version in list_versions(store)] == [3, 2, 1]
    assert {name: len(version.reigns) for name, version in versions.items()} == {one: 2, two: 1, three: 2}
    assert versions[one].aliases == ("champion",)
    assert versions[one].reigns[-1][1] is None
    assert versions[three].tags["gate"] == "Better by far."
    assert versions[three].tags["gate_auroc"] == "0.7 against 0.6"
    assert versions[two].tags["gate_ece"] == "0.2 against 0.1"


def test_champions__of_an_empty_store_are_none(store):
    assert list_versions(store) == ()
    with pytest.raises(UsageError, match="there is no champion"):
        roll_back(store, reason="Nothing.")


def test_store__no_model_registered_yet_is_none(store):
    assert store.find_registered() is None
    assert store.find_registered("tenure-clv", alias="challenger") is None


def test_training__a_missing_file_stops_it_before_anything_is_logged(store, root):
    with pytest.raises(UsageError, match=r"Found: report\.html"):
        track(store, make_bundle(root / "bundle"), files=[root / "report.html"])
    with store.connect() as client:
        assert client.get_experiment_by_name("tenure") is None


def test_training__a_failure_is_a_failed_run_and_moves_no_alias(store, root):
    bundle = make_bundle(root / "bundle")
    wrong = Model(columns={"customer_id": "no such type"})
    with pytest.raises(Exception, match="no such type"):
        track(store, bundle, models={"tenure-scorer": Model(), "tenure-churn": wrong})
    assert store.find_registered() is None
    with store.connect() as client:
        runs = client.search_runs([client.get_experiment_by_name("tenure").experiment_id], order_by=["start_time"])
    assert runs[0].info.status == "FAILED"


def test_store__one_that_does_not_answer_is_worth_another_try(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(DependencyUnavailableError, match=r"MLflow server at .* does not answer"):
        Store.local(root).find_registered()


def test_session__leaves_mlflow_as_it_was(store, monkeypatch):
    import mlflow

    monkeypatch.delenv("MLFLOW_UV_AUTO_DETECT", raising=False)
    level = logging.getLogger("mlflow").level
    before = mlflow.get_tracking_uri()
    with mlflow_session(store.tracking_uri):
        assert mlflow.get_tracking_uri() == store.tracking_uri
    assert mlflow.get_tracking_uri() == before
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert "MLFLOW_UV_AUTO_DETECT" not in os.environ
    assert logging.getLogger("mlflow").level == level


def _pair(name: str, verdict: str) -> PairedDifference:
    return PairedDifference(metric=name, a=0.52, b=0.5, difference=0.02, low=0.01, high=0.03, verdict=verdict)


CHAMPION = Registered("tenure-scorer", 4, "b168e0bbd2c0", "run")


@pytest.mark.parametrize(
    ("champion", "pairs", "promote", "reason"),
    [
        (None, [], True, "There was no champion."),
        (CHAMPION, [], False, "Not compared with champion b168e0bbd2c0 in a backtest."),
        (
            CHAMPION,
            [_pair("log_loss", "worse"), _pair("auroc", "better")],
            False,
            "Worse than champion b168e0bbd2c0 in the backtest: log_loss 0.52 against 0.5.",
        ),
        (
            CHAMPION,
            [_pair("auroc", "no difference")],
            True,
            "Not worse than champion b168e0bbd2c0 in the backtest: auroc 0.52 against 0.5.",
        ),
    ],
    ids=["nobody there", "not compared", "worse in one", "not worse"],
)
def test_gate__promotes_unless_shown_to_be_worse(champion, pairs, promote, reason):
    assert decide(champion, {pair.metric: pair for pair in pairs}) == Decision(promote, reason)


@pytest.mark.parametrize(
    ("means", "promote"),
    [
        ({"ece": (0.09, 0.03)}, False),
        ({"ece": (0.07, 0.03)}, True),
        ({"ece": (0.09, 0.10)}, True),
        ({"ece": (0.09, float("nan"))}, False),
        ({"coverage_80": (0.65, 0.82)}, False),
        ({"coverage_80": (0.95, 0.82)}, False),
        ({"coverage_80": (0.75, 0.82)}, True),
        ({"total_bias": (-0.3, 0.1)}, False),
        ({"total_bias": (-0.3, 0.4)}, True),
    ],
)
def test_gate__holds_a_challenger_beyond_the_limits_where_the_champion_is_nearer(means, promote):
    decision = decide(CHAMPION, {"auroc": _pair("auroc", "better")}, means=means)
    assert decision.promote is promote
    (name,) = means
    assert decision.checks[name].endswith("allowed" if promote else "beyond the limit")
    assert decision.checks["auroc"] == "0.52 against 0.5, difference 0.02 (0.01 to 0.03): better"
    assert ("Beyond the limits" in decision.reason) is not promote
