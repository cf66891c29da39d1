"""``tenure score`` whose tracking server is dead says so soon, with the exit code of something to try again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
SOON_S = 10.0
"""What a reader is promised; the patience inside is four seconds for each of at most two waits."""
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"


@pytest.fixture
def refusing() -> str:
    """Name a port of loopback that nobody listens on."""
    with closing(socket.socket()) as place:
        place.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{place.getsockname()[1]}"


def _listen(answers: list[bytes]) -> Iterator[str]:
    """Accept every caller, give the first ones an answer each, and leave the others waiting until the test is over."""
    over, held = threading.Event(), []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                try:
                    caller, _ = server.accept()
                except TimeoutError:
                    continue
                held.append(caller)
                if answers:
                    caller.recv(65536)
                    caller.sendall(answers.pop(0))
                    caller.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join(timeout=10)
        for caller in held:
            caller.close()


@pytest.fixture
def silent() -> Iterator[str]:
    """Serve connections, and never an answer."""
    yield from _listen([])


@pytest.fixture
def falling_silent() -> Iterator[str]:
    """Serve one answer, that all is well, and no more."""
    yield from _listen([HEALTHY])


@pytest.mark.parametrize("server", ["refusing", "silent", "falling_silent"])
def test_score__with_a_dead_server_exits_with_5_soon(
    call: Call, request: pytest.FixtureRequest, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow  # seconds on their own, and none of the server's  # noqa: F401

    import tenure.jobs.score  # noqa: F401

    for name in ("MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"):
        monkeypatch.delenv(name, raising=False)
    orders = tmp_path / "orders.csv"
    orders.write_text("customer_id,ordered_at,revenue\nc1,2024-01-01,10\n")
    uri = request.getfixturevalue(server)
    begun = time.monotonic()
    failed = call("score", "--orders", orders, "--tracking-uri", uri, "--out", tmp_path / "out", "-q")
    waited = time.monotonic() - begun
    assert failed.code == 5, failed
    assert failed.out == ""
    assert "answer" in failed.err
    assert "bug in Tenure" not in failed.err
    assert waited < SOON_S
    assert list((tmp_path / "out").iterdir()) == []
