"""Serving: features of single customers are those of batches, and nobody listens to the world without keys."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import requests

from tenure.config import EconomicsConfig
from tenure.jobs.serve import Serving, featurise_with, require_safe
from tenure_features import OrderSource, open_shop, snapshots
from tenure_features.errors import UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_serving.http.application import create_application
from tenure_serving.http.guard import Application, Limits
from tenure_serving.http.keys import add_key
from tenure_serving.http.messages import RawCustomer
from tenure_serving.http.service import ServedModel, Service
from tenure_serving.http.telemetry import Telemetry
from tenure_serving.scorer import Scorer
from tenure_training.models import bundle as bundles
from tests.serving.conftest import FEATURES as SERVED_FEATURES
from tests.serving.conftest import Halving, make_bundle

FEATURES = ("recency_days", "orders_total", "revenue_total", "adbt_days", "order_channels_total", "revenue_90d")
AS_OF = pd.Timestamp("2024-06-01")
ORDERS = [
    ("a", "2024-01-05T10:00:00", 20.0, "web"),
    ("a", "2024-03-01T09:30:00", 35.5, "app"),
    ("a", "2024-07-01T09:30:00", 900.0, "app"),
    ("b", "2024-05-30T23:00:00", 12.0, None),
]


def scorer() -> Any:
    """What a scorer says of the features it reads."""
    info = SimpleNamespace(
        catalogue=BUILT_IN.describe(FEATURES), features=FEATURES, active_days=None, horizon_days=30, currency="EUR",
        returns="net",
    )  # fmt: skip
    return SimpleNamespace(bundle=SimpleNamespace(info=info))


SERVER = """
import sys
from pathlib import Path

from tenure.jobs.serve import run_until_stopped
from tenure_serving.http.application import create_application
from tenure_serving.http.guard import Limits
from tenure_serving.http.service import ServedModel, Service
from tenure_serving.http.telemetry import Telemetry
from tenure_serving.scorer import Scorer
from tests.serving.conftest import Halving, make_bundle

service = Service(ServedModel.warm(Scorer(make_bundle(Path(sys.argv[1]), Halving()))))
application = create_application(service, keys=None, telemetry=Telemetry(), limits=Limits())
run_until_stopped(application, service, host="127.0.0.1", port=int(sys.argv[2]))
"""


def asked(**changes: Any) -> Serving:
    plain: dict[str, Any] = {"model": "m", "scores": None, "host": "127.0.0.1", "port": 1, "keys": None}
    return Serving(**(plain | changes), reload_seconds=0, limits=Limits())


def test_features__of_orders_in_a_request_are_those_of_a_batch() -> None:
    customers = [
        RawCustomer.model_validate(
            {
                "customer_id": name,
                "orders": [
                    {"ordered_at": at, "revenue": money, "channel": channel}
                    for who, at, money, channel in ORDERS
                    if who == name
                ],
            }
        )
        for name in ("a", "b")
    ]
    got = featurise_with(EconomicsConfig())(scorer(), customers, AS_OF).set_index("customer_id").sort_index()
    table = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at", "revenue", "channel"])
    table["ordered_at"] = pd.to_datetime(table["ordered_at"])
    shop = open_shop(OrderSource(table, trust_customers=True), AS_OF)
    expected = snapshots(shop, AS_OF, features=FEATURES).set_index("customer_id").sort_index()
    pd.testing.assert_frame_equal(got[list(FEATURES)], expected[list(FEATURES)], check_dtype=False)
    assert got["revenue_to_date"].tolist() == [55.5, 12.0]  # nothing at or after the moment


def test_score__of_orders_in_a_request_is_that_of_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "CANDIDATES", {**bundles.CANDIDATES, "halving": Halving})
    scorer = Scorer(make_bundle(tmp_path / "bundle", Halving()))
    service = Service(ServedModel.warm(scorer), featurise=featurise_with(EconomicsConfig()))
    application = create_application(service, keys=None, telemetry=Telemetry(), limits=Limits())
    customers = [
        {
            "customer_id": name,
            "orders": [{"ordered_at": at, "revenue": money} for who, at, money, _ in ORDERS if who == name],
        }
        for name in ("a", "b")
    ]
    answer = post(application, {"as_of": AS_OF.isoformat(), "customers": customers})
    table = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at", "revenue", "channel"]).drop(columns="channel")
    table["ordered_at"] = pd.to_datetime(table["ordered_at"])
    shop = open_shop(OrderSource(table, trust_customers=True), AS_OF)
    batch = scorer.score(snapshots(shop, AS_OF, features=scorer.bundle.info.features)).set_index("customer_id")
    assert {row["customer_id"] for row in answer["scores"]} == set(batch.index)
    for row in answer["scores"]:
        for name in ("churn_probability", "expected_value", "value_low", "value_high", "segment", "churn_reasons"):
            assert row[name] == batch.loc[row["customer_id"], name]


def post(application: Application, content: dict[str, Any]) -> Any:
    """Post to an application without a server, and read its answer."""
    body, sent = json.dumps(content).encode(), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/score", "raw_path": b"/v1/score", "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "http_version": "1.1", "scheme": "http", "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(application(scope, receive, send))
    assert sent[0]["status"] == 200, sent
    return json.loads(sent[1]["body"])


def test_features__leave_out_who_had_not_ordered_yet() -> None:
    orders = {"a": "2024-01-05T10:00:00Z", "late": "2024-06-01T00:00:00Z"}
    customers = [
        RawCustomer.model_validate({"customer_id": name, "orders": [{"ordered_at": at, "revenue": 5}]})
        for name, at in orders.items()
    ]
    assert featurise_with(EconomicsConfig())(scorer(), customers, AS_OF)["customer_id"].tolist() == ["a"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org"])  # noqa: S104  # it is refused
def test_serve__beyond_loopback_needs_keys(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="listens on loopback alone"):
        require_safe(asked(host=host))
    with pytest.raises(UsageError, match="There is no key in"):
        require_safe(asked(host=host, keys=tmp_path / "keys.json"))
    add_key(tmp_path / "keys.json", "crm", role="score")
    require_safe(asked(host=host, keys=tmp_path / "keys.json"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_serve__on_loopback_needs_none(host: str) -> None:
    require_safe(asked(host=host))


def test_serve__stopped_under_load_answers_what_has_begun_refuses_what_is_new_and_ends_well(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    row = {"customer_id": "c", "features": dict.fromkeys(SERVED_FEATURES, 1.0)}
    body = json.dumps({"as_of": "2024-06-01T00:00:00", "rows": [row]}).encode()
    head = (
        f"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path / "bundle"), str(address[1])]) as process:
        wait_for(address, process)
        begun = [socket.create_connection(address, timeout=20) for _ in range(5)]
        for line in begun:
            line.sendall(head.encode() + body[:-5])
        requests.get(f"http://127.0.0.1:{address[1]}/livez", timeout=20)  # by now it has read what was sent before
        process.send_signal(signal.SIGTERM)
        wait_for(address, process, closed=True)
        assert process.poll() is None
        for line in begun:
            line.sendall(body[-5:])
            assert line.recv(12) == b"HTTP/1.1 200"
            line.close()
        assert process.wait(timeout=20) == 0


def wait_for(address: tuple[str, int], process: subprocess.Popen[bytes], *, closed: bool = False) -> None:
    """Wait until somebody listens at an address, or nobody any more."""
    for _ in range(1_000):
        with socket.socket() as line:
            if (line.connect_ex(address) != 0) == closed:
                return
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("it did not come to that")
