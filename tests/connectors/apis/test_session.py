"""Requests: what is asked again, how long is waited, who is told what."""

from __future__ import annotations

import time

import keyring
import pytest
from keyring.errors import NoKeyringError

from tenure_connectors.apis.secret import read_secret, require_secrets
from tenure_connectors.apis.session import ApiSession
from tenure_features.errors import DependencyUnavailableError, UsageError
from tests.connectors.api_server import api_server


def session(url, **options):
    return ApiSession(url, sign_in=lambda _: {"Authorization": "Bearer t0ken-t0ken"}, secrets=["t0ken-t0ken"],
                      pause_s=0.001, **options)  # fmt: skip


def test_session__waits_as_long_as_it_is_asked_to():
    answers = [(429, {}, {"Retry-After": "0.3"}), (503, "", {"Retry-After": "0.2"}), (500, ""), (200, {"ok": 1})]
    with api_server(lambda _: answers.pop(0)) as server:
        begun = time.monotonic()
        assert session(server.url).get("/x") == {"ok": 1}
    assert 0.5 <= time.monotonic() - begun < 5


def test_session__gives_up_with_a_word_about_going_on():
    with api_server(lambda _: (503, {"error": "down"})) as server:
        with pytest.raises(DependencyUnavailableError, match=r"503 down.*what has been pulled is kept"):
            session(server.url).get("/x")
        assert len(server.asked) == 8


def test_session__sends_no_secret_where_an_answer_points():
    with api_server(lambda asked: (200, {"path": asked.path, "query": asked.query})) as server:
        answer = session(server.url + "/base").get("https://elsewhere.example.org/next?cursor=7")
    assert answer == {"path": "/base/next", "query": {"cursor": "7"}}


def test_session__follows_no_redirect():
    with api_server(lambda _: (302, "", {"Location": "http://127.0.0.1:1/"})) as server:
        with pytest.raises(DependencyUnavailableError, match="302"):
            session(server.url).get("/x")
        assert len(server.asked) == 1


def test_session__hides_secrets_in_addresses_and_failures():
    with pytest.raises(DependencyUnavailableError) as failure:
        session("http://127.0.0.1:9").get("/rest/1/t0ken-t0ken/crm.deal.list")
    assert "t0ken" not in str(failure.value)
    assert "/rest/1/***/crm.deal.list" in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_session__refuses_a_page_for_people():
    page = (200, "<html>", {"Content-Type": "text/html"})
    with api_server(lambda _: page) as server, pytest.raises(DependencyUnavailableError, match=r"no JSON.*text/html"):
        session(server.url).get("/x")


def test_secrets__come_from_the_environment_before_the_keyring(monkeypatch):
    monkeypatch.setattr(keyring, "get_password", lambda service, name: f"{service} {name}")
    assert read_secret("shopify_token") == "tenure shopify_token"
    monkeypatch.setenv("TENURE_SHOPIFY_TOKEN", " from-outside ")
    assert read_secret("shopify_token") == "from-outside"


def test_secrets__that_are_nowhere_are_asked_for_by_name(monkeypatch):
    def none(*_):
        raise NoKeyringError

    monkeypatch.setattr(keyring, "get_password", none)
    with pytest.raises(
        UsageError, match=r"TENURE_A_TOKEN, or TENURE_A_ID and TENURE_A_SECRET.*keyring set tenure a_token"
    ):
        require_secrets([("a_token",), ("a_id", "a_secret")], of="A")
    monkeypatch.setenv("TENURE_A_ID", "1")
    monkeypatch.setenv("TENURE_A_SECRET", "2")
    assert require_secrets([("a_token",), ("a_id", "a_secret")], of="A") == {"a_id": "1", "a_secret": "2"}
