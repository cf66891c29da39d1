"""What the service answers: the scores of the batch, cards, segments, the model; and what it refuses."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import InvalidArgument, Unsatisfiable
from schemathesis import GenerationMode

from tenure_serving.http.keys import ApiKey, KeyRing, add_key, allows, revoke_key
from tenure_serving.http.service import ServedModel
from tenure_serving.scorer import Scorer
from tests.serving.conftest import AS_OF, FEATURES, Halving, make_bundle, make_snapshot
from tests.serving.http.conftest import HEADER_SECONDS, LIMITS, Served, rows_of

LATER = "2024-07-01T00:00:00"
PROBLEM = "application/problem+json"


def ask_score(served: Served, rows: object, **more: Any) -> Any:
    return served.ask("POST", "/v1/score", json={"as_of": LATER, "rows": rows}, **more)


def test_score__gives_what_the_batch_gives(served):
    snapshot = make_snapshot(20, as_of=pd.Timestamp(LATER), seed=5)
    answer = ask_score(served, rows_of(snapshot))
    assert answer.status_code == 200
    expected = served.service.model.scorer.score(snapshot)
    got = pd.DataFrame(answer.json()["scores"])
    for name in ("churn_probability", "expected_value", "value_low", "value_high"):
        assert got[name].tolist() == pytest.approx(expected[name].tolist(), rel=1e-12)
    assert got["segment"].tolist() == expected["segment"].tolist()
    assert got["customer_id"].tolist() == snapshot["customer_id"].tolist()


def columns_of(snapshot: pd.DataFrame) -> dict[str, Any]:
    features = {name: [None if pd.isna(value) else float(value) for value in snapshot[name]] for name in FEATURES}
    return {"customer_id": snapshot["customer_id"].tolist(), "features": features}


def test_score__of_columns_is_that_of_rows_to_the_last_digit(served):
    snapshot = make_snapshot(12, as_of=pd.Timestamp(LATER), seed=8)
    body = {"as_of": LATER, "columns": columns_of(snapshot)}
    by_columns = served.ask("POST", "/v1/score", json=body).json()
    assert by_columns == ask_score(served, rows_of(snapshot)).json()
    expected = served.service.model.scorer.score(snapshot)
    assert [row["churn_probability"] for row in by_columns["scores"]] == expected["churn_probability"].tolist()
    assert [row["next_order_at"] for row in by_columns["scores"]] == [
        None if pd.isna(moment) else moment.isoformat() for moment in expected["next_order_at"]
    ]


def test_answers__say_model_moment_and_schema(served):
    schema = served.service.model.schema_hash
    rows = rows_of(make_snapshot(1))
    answers = [
        ask_score(served, rows),
        served.ask("GET", "/v1/customers/c00003"),
        served.ask("GET", "/v1/segments"),
        served.ask("GET", "/v1/model"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    for answer in answers:
        said = answer.json()
        assert (said["model"], said["schema"]) == (served.service.model.version, schema)
        assert pd.Timestamp(said["as_of"]) >= AS_OF
        assert answer.headers["X-Tenure-Model"] == said["model"]


def test_score__leaves_reasons_out_where_nobody_asks(served):
    body = {"as_of": LATER, "rows": rows_of(make_snapshot(1)), "reasons": False}
    (row,) = served.ask("POST", "/v1/score", json=body).json()["scores"]
    assert "churn_reasons" not in row
    assert "churn_probability" in row


def test_customer__has_the_latest_scores_their_meaning_and_the_history(served):
    said = served.ask("GET", "/v1/customers/c00003", role="read").json()
    row = served.scores.set_index("customer_id").loc["c00003"]
    assert said["scores"]["churn_probability"] == row["churn_probability"]
    assert said["scores"]["next_step"] == row["next_step"]
    assert said["definitions"]["churn"] == "no order with positive revenue within 90 days from as_of"
    assert [one["as_of"] for one in said["history"]] == ["2024-06-01T00:00:00"]
    assert served.ask("GET", "/v1/customers/nobody").status_code == 404


def test_segments__hold_everybody_once(served):
    said = served.ask("GET", "/v1/segments").json()["segments"]
    assert sum(row["customers"] for row in said) == len(served.scores)


def test_model__has_its_card_and_features(served):
    said = served.ask("GET", "/v1/model").json()
    assert [feature["name"] for feature in said["features"]] == list(FEATURES)
    assert "## What the numbers mean" in said["card"]


def test_probes__need_no_key_and_metrics_have_a_histogram_for_each_stage(served):
    ask_score(served, rows_of(make_snapshot(1)))
    assert served.ask("GET", "/livez", role=None).json() == {"status": "alive"}
    assert served.ask("GET", "/readyz", role=None).json()["model"] == served.service.model.version
    metrics = served.ask("GET", "/metrics", role=None).text
    for stage in ("parse", "features", "predict", "reasons"):
        assert f'tenure_stage_seconds_bucket{{le="0.01",stage="{stage}"}}' in metrics
    assert 'tenure_requests_total{method="POST",route="/v1/score",status="200"}' in metrics
    assert "c00003" not in metrics


def test_docs__need_nothing_from_elsewhere(served):
    page = served.ask("GET", "/docs", role=None).text
    assert "POST /v1/score" in page
    assert "http://" not in page.replace(served.url, "")
    assert "https://" not in page
    paths = served.ask("GET", "/openapi.json", role=None).json()["paths"]
    assert {"/v1/score", "/v1/customers/{customer_id}", "/v1/segments", "/v1/model"} <= set(paths)


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [(None, "/v1/model", 401), ("read", "/v1/model", 200), ("admin", "/v1/model", 200)],
)
def test_keys__let_read(served, role, path, status):
    answer = served.ask("GET", path, role=role)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["content-type"] == PROBLEM
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_keys__of_readers_do_not_score_and_strange_ones_do_nothing(served):
    assert ask_score(served, rows_of(make_snapshot(1)), role="read").status_code == 403
    for wrong in (
        "Bearer wrong",
        "Bearer ",
        "Basic abc",
        "Bearer " + "x" * 5000,
        "Bearer é".encode().decode("latin-1"),
    ):
        assert served.ask("GET", "/v1/model", role=None, headers={"Authorization": wrong}).status_code == 401


def test_keys__are_good_until_revoked(served):
    secret = add_key(served.keys, "for-a-while", role="read")
    headers = {"Authorization": f"Bearer {secret}"}
    assert served.ask("GET", "/v1/model", role=None, headers=headers).status_code == 200
    assert secret not in served.keys.read_text()
    revoke_key(served.keys, "for-a-while")
    assert served.ask("GET", "/v1/model", role=None, headers=headers).status_code == 401


def test_keys__every_one_is_compared_in_constant_time(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "tenure_serving.http.keys.hmac.compare_digest", lambda mine, theirs: seen.append(mine) or mine == theirs
    )
    ring = KeyRing(tuple(ApiKey(name=name, role="read", sha256=name * 32) for name in ("ab", "cd", "ef")))
    assert ring.find("nothing") is None
    assert len(seen) == 3
    assert [allows(ApiKey(name="a", role=role, sha256=""), "score") for role in ("read", "score", "admin")] == [
        False,
        True,
        True,
    ]


def edited(**changes: object) -> list[dict[str, Any]]:
    (row,) = rows_of(make_snapshot(1))
    return [row | changes]


def in_columns(customer_ids: list[str], features: dict[str, list[float]]) -> dict[str, Any]:
    return {"as_of": LATER, "columns": {"customer_id": customer_ids, "features": features}}


def with_order(**changes: object) -> dict[str, Any]:
    order = {"ordered_at": "2024-06-02T00:00:00", "revenue": 1.0, **changes}
    return {"as_of": LATER, "customers": [{"customer_id": "a", "orders": [order]}]}


def with_feature(value: object) -> list[dict[str, Any]]:
    (row,) = rows_of(make_snapshot(1))
    return [{**row, "features": {**row["features"], "revenue_total": value}}]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"as_of": LATER, "rows": edited(customer_id="x\x00")}, 422, id="control-character"),
        pytest.param({"as_of": LATER, "rows": edited(customer_id="x" * 201)}, 422, id="long-id"),
        pytest.param({"as_of": LATER, "rows": edited(customer_id=7)}, 422, id="id-of-another-type"),
        pytest.param({"as_of": LATER, "rows": edited(customer_id="'; DROP TABLE scores; --")}, 200, id="sql-in-an-id"),
        pytest.param({"as_of": LATER, "rows": edited(features={})}, 422, id="no-features"),
        pytest.param({"as_of": LATER, "rows": with_feature("1; DROP TABLE x")}, 422, id="text-for-a-number"),
        pytest.param({"as_of": LATER, "rows": with_feature(1e308)}, 422, id="huge-number"),
        pytest.param({"as_of": LATER, "rows": with_feature([[1]])}, 422, id="list-for-a-number"),
        pytest.param({"as_of": LATER, "rows": edited() * 2}, 422, id="twice"),
        pytest.param({"as_of": LATER, "rows": []}, 422, id="nobody"),
        pytest.param({"as_of": LATER, "rows": edited(), "customers": []}, 422, id="both"),
        pytest.param(in_columns(["a"], {}), 422, id="empty-columns"),
        pytest.param(in_columns(["a"], {name: [1.0, 2.0] for name in FEATURES}), 422, id="longer-column"),
        pytest.param(in_columns([f"c{n}" for n in range(1_001)], {}), 413, id="too-many-in-columns"),
        pytest.param({"as_of": LATER, "rows": edited(features={"a; DROP TABLE x": 1.0})}, 422, id="sql-for-a-feature"),
        pytest.param({"as_of": LATER, "rows": edited(customer_id="\ud800")}, 422, id="half-a-character"),
        pytest.param({"as_of": LATER, "rows": edited(customer_id="../../etc/passwd")}, 200, id="path-in-an-id"),
        pytest.param(with_order(ordered_at="2199-01-01T00:00:00"), 422, id="order-of-the-far-future"),
        pytest.param(with_order(revenue=1e308), 422, id="huge-order"),
        pytest.param(with_order(table="../../etc/passwd"), 422, id="path-for-a-table"),
        pytest.param(with_order(), 422, id="orders-where-only-features-are-taken"),
        pytest.param({"as_of": LATER}, 422, id="neither"),
        pytest.param({"as_of": "2024-05-01T00:00:00", "rows": edited()}, 422, id="before-the-training"),
        pytest.param({"as_of": "9999-12-31T00:00:00", "rows": edited()}, 422, id="far-future"),
        pytest.param({"as_of": "yesterday", "rows": edited()}, 422, id="no-moment"),
        pytest.param({"as_of": LATER, "rows": edited(), "model": "../../etc/passwd"}, 422, id="unknown-field"),
        pytest.param({"as_of": LATER, "rows": edited() * 1_001}, 413, id="too-many-rows"),
        pytest.param([], 422, id="list"),
        pytest.param(None, 422, id="null"),
    ],
)
def test_score__refuses_what_breaks_the_contract_in_a_sentence(served, body, status):
    answer = served.ask("POST", "/v1/score", data=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["status"] == status
        assert "DROP" not in answer.text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(b"{", {400, 422}, id="broken"),
        pytest.param(b"\xff\xfe\x00", {400, 422}, id="no-text"),
        pytest.param(b"[" * 200_000, {400, 422}, id="deep"),
        pytest.param(json.dumps({"as_of": LATER, "rows": with_feature(math.nan)}).encode(), {422}, id="nan"),
        pytest.param(json.dumps({"as_of": LATER, "rows": with_feature(math.inf)}).encode(), {422}, id="infinity"),
        pytest.param(b" " * 2_000_001, {413}, id="large"),
        pytest.param(b'{"rows": [' + b'{"customer_id": "a"},' * 100_000 + b"{}]}", {413}, id="hundred-thousand-rows"),
        pytest.param(b'{"as_of":' * 50_000, {400, 422}, id="deep-objects"),
    ],
)
def test_score__survives_bodies_that_are_none(served, text, status):
    answer = served.ask("POST", "/v1/score", data=text, headers={"Content-Type": "application/json"})
    assert answer.status_code in status
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("path", ["/v1/customers/..%2f..%2fetc%2fpasswd", "/v1/customers/%00", "/../etc/passwd", "/v2"])
def test_paths__lead_nowhere_else(served, path):
    answer = served.ask("GET", path)
    assert answer.status_code in {400, 404}
    assert "root:" not in answer.text


def raw(served: Served, text: bytes, *, pause: float = 0.0, then: bytes = b"") -> bytes:
    """Speak to the service in bytes."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as line:
        line.sendall(text)
        if pause:
            time.sleep(pause)
        try:
            line.sendall(then)
            return line.recv(65_536)
        except ConnectionError:
            return b""


def head(served: Served, length: int) -> bytes:
    key = served.secrets["score"]
    return (
        f"POST /v1/score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_connections__a_body_that_trickles_is_given_up(served):
    start = time.monotonic()
    answer = raw(served, head(served, 100) + b"{", pause=LIMITS.seconds + 0.5)
    assert b"503" in answer.split(b"\r\n")[0]
    assert time.monotonic() - start < 15
    assert served.ask("GET", "/livez").status_code == 200


def test_connections__headers_that_trickle_are_given_up(served):
    """A slow loris: hundreds of connections that send a byte now and then keep nobody out for long."""
    start = time.monotonic()
    loris = [socket.create_connection(("127.0.0.1", served.port), timeout=10) for _ in range(120)]
    try:
        for line in loris:
            line.sendall(b"GET /livez HTTP/1.1\r\nHost:")
        time.sleep(HEADER_SECONDS / 2)
        for line in loris:
            with contextlib.suppress(ConnectionError):
                line.sendall(b"x")
        assert _until_closed(loris[0]) == b""
        assert time.monotonic() - start < 4 * HEADER_SECONDS + 5
        assert served.ask("GET", "/livez").status_code == 200
    finally:
        for line in loris:
            line.close()


def _until_closed(line: socket.socket) -> bytes:
    with contextlib.suppress(ConnectionError):
        return line.recv(65_536)
    return b""


def test_connections__that_are_kept_alive_answer_one_after_another_and_are_closed_when_idle(served):
    ask = f"GET /v1/model HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.secrets['read']}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as line:
        line.sendall(ask * 50)  # all at once, none waited for
        answers = b""
        while part := line.recv(1 << 20):
            answers += part
    assert answers.count(b"HTTP/1.1 200 OK") == 50
    assert served.ask("GET", "/livez").status_code == 200


def test_connections__a_large_body_is_refused_before_it_is_sent(served):
    assert b"413" in raw(served, head(served, 10**12)).split(b"\r\n")[0]


def test_connections__idle_ones_and_strange_ones_do_not_keep_others_from_being_answered(served):
    idle = [socket.create_connection(("127.0.0.1", served.port), timeout=5) for _ in range(60)]
    try:
        assert b"400" in raw(served, b"\x00\x01\x02 nonsense\r\n\r\n").split(b"\r\n")[0]
        assert served.ask("GET", "/livez").status_code == 200
    finally:
        for line in idle:
            line.close()


def test_log__has_a_line_for_each_request_and_nothing_of_a_customer(served, caplog):
    log = logging.getLogger("tenure.http")
    log.addHandler(caplog.handler)
    caplog.set_level(logging.INFO, logger="tenure.http")
    try:
        served.ask("GET", "/v1/customers/c00007")
        ask_score(served, rows_of(make_snapshot(1)))
        until = time.monotonic() + 5
        while "/v1/score" not in caplog.text and time.monotonic() < until:
            time.sleep(0.01)  # a line is written once its answer has been sent
    finally:
        log.removeHandler(caplog.handler)
    lines = [json.loads(record.message) for record in caplog.records if record.name == "tenure.http"]
    lines = [line for line in lines if line["event"] == "request" and line["route"] != "/livez"]  # an earlier test's
    assert {(line["route"], line["status"], line["caller"]) for line in lines} == {
        ("/v1/customers/{customer_id}", 200, "score-key"),
        ("/v1/score", 200, "score-key"),
    }
    assert "c0000" not in caplog.text


def test_swap__under_load_loses_no_request_and_mixes_no_models(served, tmp_path: Path):
    first = served.service.model.scorer
    second = Scorer(make_bundle(tmp_path / "second", Halving(half_life=60.0)))
    snapshot = make_snapshot(5, as_of=pd.Timestamp(LATER))
    expected = {scorer.version: scorer.score(snapshot)["churn_probability"].tolist() for scorer in (first, second)}
    body, answers, stop = {"as_of": LATER, "rows": rows_of(snapshot)}, [], threading.Event()

    def load() -> None:
        while not stop.is_set():
            answers.append(served.ask("POST", "/v1/score", json=body))

    workers = [threading.Thread(target=load) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        for scorer in (second, first, second, first):
            time.sleep(0.3)
            served.service.swap(scorer)
    finally:
        stop.set()
        for worker in workers:
            worker.join(timeout=20)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["model"] for answer in answers} == set(expected)
    for answer in answers:
        said = answer.json()
        assert {row["model_version"] for row in said["scores"]} == {said["model"]}
        assert [row["churn_probability"] for row in said["scores"]] == pytest.approx(expected[said["model"]])


def test_model__that_says_something_else_than_where_it_was_made_is_not_served(tmp_path: Path):
    from dataclasses import replace

    from tenure_features.errors import QualityGateError
    from tenure_serving.golden import GOLDEN, golden_rows

    bundle = make_bundle(tmp_path / "bundle", Halving())
    golden = golden_rows(bundle.candidate, bundle.info.features, as_of=bundle.info.as_of)
    assert ServedModel.warm(Scorer(replace(bundle, extras={GOLDEN: golden}))).version == bundle.version
    other = golden | {"expected_value": [1.0, 2.0, 3.0]}
    with pytest.raises(QualityGateError, match="does not say here what it said where it was made"):
        ServedModel.warm(Scorer(replace(bundle, extras={GOLDEN: other})))


def test_api__answers_whatever_its_description_allows_without_a_failure(served):
    """Cases of every operation, those that break the description among them."""
    headers = {"Authorization": f"Bearer {served.secrets['admin']}"}
    described = schemathesis.openapi.from_url(served.url + "/openapi.json")
    statuses: dict[str, set[int]] = {}
    for operation in (result.ok() for result in described.get_all_operations()):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with contextlib.suppress(Unsatisfiable, InvalidArgument):  # an operation that takes nothing

                @given(case=operation.as_strategy(generation_mode=mode))
                @settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
                def ask(case):
                    statuses.setdefault(case.operation.label, set()).add(
                        case.call(headers=headers, timeout=20).status_code
                    )

                ask()
    assert {label: {status for status in seen if status >= 500} for label, seen in statuses.items()} == {
        label: set() for label in statuses
    }
    assert len(statuses) >= 7
    assert statuses["POST /v1/score"] & {422}
