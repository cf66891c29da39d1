"""The commands on the page of every platform that takes lists or bids, run: what they write, say and send."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from tenure.cli import main
from tenure_connectors.audiences.delivery import DELIVERIES
from tenure_connectors.audiences.platforms import PLATFORMS, platform_named
from tenure_connectors.bid_files import BID_PLATFORMS
from tenure_simulator import preset, simulate
from tests.connectors.api_server import api_server

DOCS = Path(__file__).parents[2] / "docs"
SENT = {delivery.platform: delivery for delivery in DELIVERIES}


def commands(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    return [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def call(command, capsys, *more):
    with pytest.raises(SystemExit) as stop:
        main([*shlex.split(command)[1:], *more, "--json"])
    printed = capsys.readouterr()
    assert not stop.value.code, (command, printed.out, printed.err)
    return json.loads(printed.out)


def write_shop(platform):
    """As many customers as the platform asks for, a tenth more, two of whom must stay out."""
    count = max(platform.smallest, 20) * 11 // 10
    ids = [f"001{n:012d}" if platform.name == "salesforce" else f"{n}" for n in range(1, count + 1)]
    scores = pd.DataFrame({"customer_id": ids, "expected_value": 10.0, "churn_probability": 0.5, "risk_tier": "high"})
    scores = scores.assign(as_of=pd.Timestamp("2024-01-01"), horizon_days=90, expected_orders=1.0, segment="loyal")
    Path("out").mkdir()
    scores.to_parquet("out/scores.parquet", index=False)
    people = {"email": [f"p{n}@example.org" for n in range(count)], "phone": [f"650555{n:04d}" for n in range(count)]}
    pd.DataFrame({"customer_id": ids, **people, "consent": "yes"}).to_csv("contacts.csv", index=False)
    pd.DataFrame({"customer_id": ids[:2]}).to_csv("holdout.csv", index=False)
    return count - 2


def take_all(asked):
    """Answer as every system does that takes what it is sent."""
    if asked.path == "/services/oauth2/token":
        return 200, {"access_token": "t0ken-t0ken"}
    body = asked.body
    if "records" in body:
        return 200, [{"success": True} for _ in body["records"]]
    contacts = [{} for _ in body] if isinstance(body, list) else []
    inputs = body.get("inputs", ()) if isinstance(body, dict) else ()
    data = body.get("payload", {}).get("data", ()) if isinstance(body, dict) else ()
    return 200, {"result": True, "results": [{} for _ in inputs], "_embedded": {"contacts": contacts},
                 "num_received": len(data), "num_invalid_entries": 0}  # fmt: skip


@pytest.fixture
def secrets(monkeypatch):
    for delivery in DELIVERIES:
        for name in (name for group in delivery.source.secrets for name in group):
            hook = "https://portal.bitrix24.ru/rest/1/c0de-c0de/"
            monkeypatch.setenv(f"TENURE_{name.upper()}", hook if "webhook" in name else "s3cret-s3cret")


@pytest.mark.parametrize("name", [platform.name for platform in PLATFORMS])
@pytest.mark.usefixtures("secrets")
def test_commands__of_a_platform_write_its_file_and_send_it_when_confirmed(name, tmp_path, monkeypatch, capsys):
    shown, platform = commands(f"audiences/{name}.md"), platform_named(name)
    assert shown == commands(f"audiences/{name}.ru.md")
    assert len(shown) == 1 + platform.own + 2 * (name in SENT)
    monkeypatch.chdir(tmp_path)
    expected = write_shop(platform)
    for command in shown:
        with api_server(take_all) as server:
            result = call(command, capsys, *(["--url", server.url] if "--send" in command else []))
        confirmed = command.endswith(" --confirm")
        assert (result["rows"], result["sent"]) == (expected, expected if confirmed else None), command
        assert bool(server.asked) == confirmed
        rows = pd.read_csv("audience.csv", dtype="str")
        assert (tuple(rows.columns), len(rows)) == (tuple(platform.columns), expected)
        if "--write risk_tier" in command:
            assert set(rows.iloc[:, -1]) == {"high"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    simulate(preset("tiny", customers=300, seed=1), folder, tables=("orders", "customers", "spend"), expectations=False)
    return folder


@pytest.mark.parametrize("name", BID_PLATFORMS)
def test_commands__of_bids_write_the_file_of_the_platform(name, shop, monkeypatch, capsys):
    (shown,) = commands(f"bids/{name}.md")
    assert [shown] == commands(f"bids/{name}.ru.md")
    monkeypatch.chdir(shop)
    result = call(shown, capsys, "-q")
    assert any(f"For {name}: " in note for note in result["notes"])
    assert (shop / "bids" / BID_PLATFORMS[name].file).stat().st_size > 0
