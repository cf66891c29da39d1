"""``tenure audience``: who is on a list, who is not, and what is written."""

from __future__ import annotations

import json
import stat

import pandas as pd
import pytest

from tenure.cli import main
from tests.connectors.api_server import api_server


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    people = [f"c{number}" for number in range(300)]
    table = pd.DataFrame({"customer_id": people, "churn_probability": 0.5, "expected_value": range(300)})
    table = table.assign(as_of=pd.Timestamp("2024-01-01"), horizon_days=90, expected_orders=1.0)
    table = table.assign(segment=["leaving" if number % 2 else "loyal" for number in range(300)])
    (tmp_path / "out").mkdir()
    table.to_parquet(tmp_path / "out" / "scores.parquet", index=False)
    contacts = pd.DataFrame({"Customer ID": people, "E-Mail": [f"{one}@example.org" for one in people]})
    contacts.assign(Consent="yes", **{"First name": "=cmd()"}).to_csv(tmp_path / "contacts.csv", index=False)
    pd.DataFrame({"customer_id": ["c1", "c3"]}).to_csv(tmp_path / "holdout.csv", index=False)
    return tmp_path


def run(words, capsys):
    code = 0
    try:
        main(words)
    except SystemExit as stop:
        code = stop.code or 0
    return code, capsys.readouterr()


def test_audience__writes_who_was_chosen_but_for_the_hold_out(shop, capsys):
    words = ["audience", "klaviyo", "--contacts", "contacts.csv", "--where", "segment = 'leaving'", "--name", "list-7"]
    code, printed = run([*words, "--without", "holdout.csv", "--out", "lists/mail.csv", "--json"], capsys)
    told = json.loads(printed.out)
    assert (code, told["rows"], told["name"]) == (0, 148, "list-7")
    rows = pd.read_csv(shop / "lists" / "mail.csv")
    assert rows["Email"].tolist()[:2] == ["c5@example.org", "c7@example.org"]
    assert set(rows["tenure_list"]) == {"list-7"}
    assert set(rows["First Name"]) == {"'=cmd()"}
    assert stat.S_IMODE((shop / "lists" / "mail.csv").stat().st_mode) == 0o600
    assert told["account"][:2] == ["150 of 300 customers are chosen.", "2 must stay out: left out."]


def test_audience__is_named_so_that_it_tells_nothing(shop, capsys):
    code, printed = run(["audience", "meta", "--contacts", "contacts.csv", "--value", "expected_value"], capsys)
    assert code == 0
    assert "299 rows for Meta custom audience, as list-" in printed.out
    assert printed.out.strip().endswith("audience.csv.\nNothing was sent.")
    assert "leaving" not in (shop / "audience.csv").read_text()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (
            ["meta", "--where", "expected_value > 290"],
            4,
            "The list has 9 rows; Meta custom audience uses none under 100",
        ),
        (["metta"], 2, "no platform 'metta'"),
        (["klaviyo", "--write", "sgment"], 2, "Did you mean 'segment'?"),
        (["meta", "--where", "segmnt = 'x'"], 2, "segmnt"),
        (["meta", "--value", "segment"], 2, "no number 'segment'"),
        (["meta", "--column", "consent=Newsletter"], 3, "no column Newsletter"),
        (["meta", "--without", "contacts.csv", "--column", "email=E-Mail"], 4, "The list has 0 rows"),
    ],
)
def test_audience__says_why_there_is_no_file(shop, capsys, words, code, sentence):
    got, printed = run(["audience", words[0], "--contacts", "contacts.csv", *words[1:]], capsys)
    assert (got, sentence in printed.err) == (code, True), printed.err
    assert not (shop / "audience.csv").exists()


def test_audience__says_what_would_go_and_sends_it_only_when_that_is_confirmed(shop, capsys, monkeypatch):
    monkeypatch.setenv("TENURE_HUBSPOT_TOKEN", "s3cret-s3cret")
    words = ["audience", "hubspot", "--contacts", "contacts.csv", "--where", "segment = 'leaving'", "--send"]
    words += ["--set", "property=risk", "--without", "holdout.csv"]
    with api_server(lambda asked: (200, {"results": asked.body["inputs"]})) as server:
        code, printed = run([*words, "--url", server.url], capsys)
        assert (code, server.asked) == (0, [])
        assert "148 contacts in 2 requests, property=risk." in printed.out
        assert "Nothing was sent: say --confirm with --send." in printed.out
        code, printed = run([*words, "--url", server.url, "--confirm", "--json"], capsys)
        assert (code, json.loads(printed.out)["sent"], len(server.asked)) == (0, 148, 2)
    assert "148 contacts in 2 requests" in printed.err  # said before it went
    sent = {item["id"] for one in server.asked for item in one.body["inputs"]}
    assert not {"c1@example.org", "c3@example.org"} & sent


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["klaviyo", "--send"], "makes contacts that it does not have"),
        (["tiktok", "--send"], "Nothing is sent to tiktok"),
        (["hubspot", "--confirm"], "go with --send"),
        (["hubspot", "--send", "--set", "propertie=x"], "Did you mean 'property'?"),
    ],
)
def test_audience__sends_nothing_by_mistake(shop, capsys, words, told):
    code, printed = run(["audience", *words, "--contacts", "contacts.csv"], capsys)
    assert code == 2
    assert told in printed.err
