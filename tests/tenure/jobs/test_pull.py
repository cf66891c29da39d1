"""Pulling as a user does it: the command, what it says, and the command it ends with."""

from __future__ import annotations

import json
import shlex

import pytest

from tenure.cli import main
from tests.connectors.api_server import api_server


def run(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    output = capsys.readouterr()
    return stop.value.code or 0, output.out, output.err


def money(amount):
    return {"shopMoney": {"amount": str(amount), "currencyCode": "EUR"}}


def order(number):
    at = f"2025-{1 + number % 12:02d}-05T08:00:00Z"
    return {
        "id": f"gid://shopify/Order/{number}", "name": f"#{number}", "createdAt": at, "updatedAt": at,
        "displayFinancialStatus": "PAID", "test": False,
        "customer": {"id": f"gid://shopify/Customer/{number % 7}"}, "totalPriceSet": money(20 + number % 5),
        "lineItems": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
    }  # fmt: skip


def answer(asked):
    last = {"hasNextPage": False, "endCursor": None}
    kind = "events" if "events(" in asked.body["query"] else "orders"
    nodes = [] if kind == "events" else [order(number) for number in range(40)]
    return 200, {"data": {kind: {"nodes": nodes, "pageInfo": last}}}


def test_pull__ends_with_a_command_that_reads_the_store(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_SHOPIFY_TOKEN", "s3cret-s3cret")
    words = ["pull", "shopify", "--set", "shop=mugs", "--into", "shop.duckdb", "--quiet"]
    with api_server(answer) as server:
        code, text, _ = run([*words, "--url", server.url], capsys)
        assert code == 0
        assert "40 records read, 40 new or changed." in text
        assert "Added to shop.duckdb: 40 of orders." in text
        following = shlex.split(text.splitlines()[-1].removeprefix("Next: "))
        code, text, _ = run([*words, "--url", server.url, "--json"], capsys)
    again = json.loads(text)
    assert (again["batch"], again["changes"], again["rows"]) == (2, 0, {})
    assert "s3cret" not in text
    code, text, _ = run([*following[1:], "--quiet"], capsys)
    assert code == 0
    assert "7 customers" in text
    assert run(["init", "shop.duckdb"], capsys)[0] == 0
    assert 'uri = "duckdb://shop.duckdb#tenure.orders"' in (tmp_path / "tenure.toml").read_text()
    code, through_file, _ = run(["check", "--config", "tenure.toml", "--quiet"], capsys)
    assert (code, "7 customers" in through_file) == (0, True)
    assert "shopify: 40 rows of orders of 7 customers, 2025-01-05 to 2025-12-05; last pulled " in text


def test_pull__lands_a_file_beside_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crm.csv").write_text("customer,order_date,total,order\nann,2026-01-02,100,1\n")
    code, text, _ = run(["pull", "crm.csv", "--set", "source=till", "--into", "shop.duckdb", "--quiet"], capsys)
    assert code == 0
    assert "crm.csv: 1 records read, 1 new or changed." in text
    code, text, _ = run(["pull", "crm.csv", "--set", "source=till", "--into", "shop.duckdb", "--json"], capsys)
    assert (json.loads(text)["source"], json.loads(text)["changes"]) == ("till", 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["shopify"], "must be told its shop"),
        (["shopify", "--set", "shopp=mugs"], "Did you mean 'shop'?"),
        (["shopyfi"], "There is no source 'shopyfi'. Found: shopify"),
        (["shopify", "--set", "shop=mugs"], "Set TENURE_SHOPIFY_TOKEN, or TENURE_SHOPIFY_CLIENT_ID and"),
    ],
)
def test_pull__says_what_is_missing(words, told, capsys, monkeypatch):
    monkeypatch.delenv("TENURE_SHOPIFY_TOKEN", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    code, _, text = run(["pull", *words], capsys)
    assert code == 2
    assert told in text
