"""A service on loopback, in a thread of the test process, with scores, keys and a small model."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
import uvicorn

from tenure_serving.batch import write_scores
from tenure_serving.http.application import create_application, watch_keys
from tenure_serving.http.guard import Limits
from tenure_serving.http.keys import KeyRole, add_key
from tenure_serving.http.patience import make_patient
from tenure_serving.http.service import ScoreTable, ServedModel, Service
from tenure_serving.http.telemetry import Telemetry
from tenure_serving.scorer import Scorer
from tests.serving.conftest import AS_OF, FEATURES, Halving, make_bundle, make_snapshot

HEADER_SECONDS, MOST_CONNECTIONS = 1.5, 512
LIMITS = Limits(body_bytes=2_000_000, rows=1_000, seconds=3.0)


@dataclass(frozen=True)
class Served:
    """A running service, and how to ask it."""

    url: str
    port: int
    service: Service
    keys: Path
    secrets: dict[str, str]
    scores: pd.DataFrame

    def ask(self, method: str, path: str, *, role: str | None = "score", **more: Any) -> requests.Response:
        """Ask with the key of a role; None for no key."""
        headers = {} if role is None else {"Authorization": f"Bearer {self.secrets[role]}"}
        return requests.request(method, self.url + path, headers=headers | more.pop("headers", {}), timeout=20, **more)


def rows_of(snapshot: pd.DataFrame) -> list[dict[str, Any]]:
    """Write a snapshot as the rows of a request."""
    return [
        {
            "customer_id": row["customer_id"],
            "features": {name: None if pd.isna(row[name]) else float(row[name]) for name in FEATURES},
        }
        for row in snapshot.to_dict("records")
    ]


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., int]]:
    """Start an application on a port of its own; all are stopped at the end."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def run(application: Any) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        config = uvicorn.Config(
            application, http=make_patient(HEADER_SECONDS), host="127.0.0.1", port=port, log_config=None,
            timeout_keep_alive=2, limit_concurrency=MOST_CONNECTIONS,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        running.append((server, thread))
        return port

    yield run
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, start: Callable[..., int]) -> Served:
    """A service with a model, the scores of two moments, and a key of each role."""
    folder = tmp_path_factory.mktemp("http")
    bundle = make_bundle(folder / "bundle", Halving())
    scorer = Scorer(bundle)
    scores = pd.DataFrame()
    for days in (0, 30):
        snapshot = make_snapshot(50, as_of=AS_OF + pd.Timedelta(days=days))
        scores = scorer.score(snapshot)
        write_scores(scores, folder / "scores", bundle=bundle, input_fingerprint=f"f{days}", partitioned=True)
    roles: tuple[KeyRole, ...] = ("read", "score", "admin")
    secrets = {role: add_key(folder / "keys.json", f"{role}-key", role=role) for role in roles}
    service = Service(ServedModel.warm(scorer), scores=ScoreTable.read(folder / "scores"))
    application = create_application(
        service, keys=watch_keys(folder / "keys.json"), telemetry=Telemetry(), limits=LIMITS
    )
    port = start(application)
    return Served(f"http://127.0.0.1:{port}", port, service, folder / "keys.json", secrets, scores)
