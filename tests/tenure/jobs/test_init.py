"""A configuration for the files there are, and commands that work when they are pasted."""

from __future__ import annotations

import json
import shlex
import tomllib

import pytest

from tenure.cli import main

STRIPE = "id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n" + "".join(
    f"ch_{n},20{22 + n // 200}-{1 + n % 12:02d}-{1 + n % 28:02d} 10:00:00,{20 + n % 7}.00,0.00,eur,Paid,cus_{n % 60},\n"
    for n in range(500)
)
SPEND = "Day,Campaign,Cost,Clicks,Impr.,Currency code\n2022-01-05,May,12.50,7,900,EUR\n"


def run(words, capsys):
    try:
        main(words)
    except SystemExit as stop:
        code = stop.code or 0
    return code, capsys.readouterr().out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my exports").mkdir()
    (tmp_path / "my exports" / "payments.csv").write_text(STRIPE)
    (tmp_path / "my exports" / "google.csv").write_text(SPEND)
    (tmp_path / "my exports" / "other.csv").write_text("a,b\n1,2\n")
    return tmp_path


def test_init__writes_a_configuration_that_check_reads(folder, capsys):
    code, text = run(["init", "my exports"], capsys)
    assert code == 0
    assert "orders: my exports/payments.csv (Stripe payments export)" in text
    assert "not used: my exports/other.csv" in text
    written = (folder / "tenure.toml").read_text()
    settings = tomllib.loads(written)
    assert settings["orders"] == {"uri": "my exports/payments.csv", "preset": "stripe", "returns": "net"}
    assert settings["tables"] == {"spend": {"uri": "my exports/google.csv", "preset": "google_ads"}}
    assert "#   failed: the payment failed / платёж не прошёл\n" in written
    following = text.splitlines()[-1].removeprefix("Next: tenure ")
    code, text = run([*shlex.split(following), "--json"], capsys)
    checked = json.loads(text)
    figures = checked["tables"]["orders"]
    assert (code, figures["customers"], figures["orders"], figures["currency"]) == (0, 60, 500, "EUR")
    assert checked["tables"]["spend"]["rows_used"] == 1
    assert checked["next"] == "tenure run --config tenure.toml --out out"


def test_init__says_what_is_missing(folder, capsys):
    (folder / "tenure.toml").write_text("")
    for words, code in ((["init"], 2), (["init", "my exports"], 2), (["init", "nowhere", "--force"], 2)):
        assert run(words, capsys)[0] == code
    assert run(["init", "--orders", "my exports/other.csv", "--out", "x.toml"], capsys)[0] == 0
    (folder / "empty").mkdir()
    assert run(["init", "empty", "--out", "y.toml"], capsys)[0] == 3


def test_check__names_the_export_and_the_command_that_follows(folder, capsys):
    code, text = run(["check", "--orders", "my exports/payments.csv", "--quiet"], capsys)
    assert code == 0
    assert text.startswith("my exports/payments.csv was read as: Stripe payments export.\n500 sales (Paid).\n")
    assert text.splitlines()[-1] == "Next: tenure run --orders 'my exports/payments.csv' --out out"


def test_check__refuses_a_cost_report_in_the_place_of_orders(folder, capsys):
    main_words = ["check", "--orders", "my exports/google.csv", "--json"]
    code, text = run(main_words, capsys)
    assert code == 3
    assert "is no table of orders, but: Google Ads campaign report" in json.loads(text)["message"]
    assert "[tables.spend]" in json.loads(text)["message"]


@pytest.mark.slow
def test_check__ends_with_a_command_that_works_when_pasted(folder, capsys):
    code, text = run(["check", "--orders", "my exports/payments.csv", "--quiet"], capsys)
    following = shlex.split(text.splitlines()[-1].removeprefix("Next: tenure "))
    code, text = run([*following, "--candidate", "recency", "--candidate", "zero", "--quiet", "--json"], capsys)
    assert (code, json.loads(text)["customers"]) == (0, 60)
