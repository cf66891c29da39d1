"""What holds for every command, one that somebody adds tomorrow too: its help, its exit codes, and what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

from tenure.cli import app
from tenure_simulator import preset, simulate

Call = Callable[..., Any]
MOST_HELP_S = 0.5
HEAVY = ("altair", "duckdb", "ibis", "mlflow", "numpy", "optuna", "pandas", "pyarrow", "scipy", "shap", "sklearn")
INPUTS = {"config": "--config", "scores": "--scores", "orders": "--orders"}
"""Parameters that name what a command reads, the one that everything rests on first."""


def _leaves(group: Any, *above: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, *above, name)
        else:
            yield (*above, name), command


COMMANDS = dict(_leaves(typer.main.get_command(app)))
NAMES = sorted(COMMANDS)


def options_of(name: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the spellings of the parameters of a command by their names."""
    return {str(each.name): [*each.opts] for each in COMMANDS[name].params}


def needed(name: tuple[str, ...], place: Path, *, without: str = "") -> list[str]:
    """Fill in what a command cannot be called without, and where it writes."""
    words: list[str] = []
    for each in COMMANDS[name].params:
        if each.required and each.name != without:
            words += ["x"] if each.param_type_name == "argument" else [each.opts[0], "x"]
    return [*words, "--out", str(place / "out")] if "out" in options_of(name) else words


def test_help__of_every_command_answers_at_once_and_loads_nothing_heavy() -> None:
    script = (
        "import json, sys, time\n"
        "from contextlib import redirect_stdout\n"
        "from io import StringIO\n"
        "start = time.process_time()\n"
        "from tenure.cli import main\n"
        "loading, took = time.process_time() - start, {}\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    if words: import typer._adapters\n"  # typer's own load of pydantic for all but the root
        "    start = time.process_time()\n"
        "    with redirect_stdout(StringIO()) as shown:\n"
        "        try: main([*words, '--help'])\n"
        "        except SystemExit as stopped: assert not stopped.code\n"
        "    assert f\"Usage: tenure {' '.join(words)}\" in shown.getvalue()\n"
        "    took[' '.join(words)] = loading + time.process_time() - start\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(json.dumps({'took': took, 'loaded': sorted(loaded)}))"
    )
    words = json.dumps([[], *map(list, NAMES)])
    tries = []
    for _ in range(3):  # other processes on the same cores lengthen processor time, too: the best of three counts
        ran = subprocess.run([sys.executable, "-c", script, words], capture_output=True, text=True, check=True)
        seen = json.loads(ran.stdout)
        tries.append(seen["took"])
    took = {name: min(each[name] for each in tries) for name in tries[0]}
    assert len(took) == len(NAMES) + 1
    assert {name: seconds for name, seconds in took.items() if seconds > MOST_HELP_S} == {}
    assert set(HEAVY) & set(seen["loaded"]) == set()


@pytest.mark.parametrize("name", NAMES, ids=" ".join)
def test_usage__an_unknown_option_exits_with_2(call: Call, name: tuple[str, ...]) -> None:
    failed = call(*name, "--orderz", "x")
    assert (failed.code, failed.out) == (2, "")
    assert "Error" in failed.err


@pytest.mark.parametrize("name", NAMES, ids=" ".join)
def test_quiet__is_taken_before_and_after_every_command(call: Call, name: tuple[str, ...]) -> None:
    for words in (("-q", *name, "--help"), (*name, "-q", "--help"), (*name, "--help", "--quiet")):
        shown = call(*words)
        assert (shown.code, shown.err) == (0, "")
        assert f"Usage: tenure {' '.join(name)}" in shown.out


SERVERS = {("serve",)}
"""Commands that end when they are stopped, and so have no result to print."""
PRINTING = [name for name in NAMES if name not in SERVERS]


@pytest.mark.parametrize("name", PRINTING, ids=" ".join)
def test_json__is_an_option_of_every_command(name: tuple[str, ...]) -> None:
    assert "--json" in options_of(name)["json"]


READING = [name for name in PRINTING if set(INPUTS) & set(options_of(name))]


@pytest.mark.parametrize("name", READING, ids=" ".join)
def test_input__that_is_not_there_exits_with_2_or_3_and_a_sentence(
    call: Call, name: tuple[str, ...], tmp_path: Path
) -> None:
    known = options_of(name)
    missing = next(each for each in INPUTS if each in known)
    failed = call(
        *name, *needed(name, tmp_path, without=missing), INPUTS[missing], tmp_path / "nowhere", "--json", "-q"
    )
    assert failed.code in {2, 3}, failed
    said = json.loads(failed.out)
    assert (said["schema_version"], said["command"], said["exit_code"]) == (1, "error", failed.code)
    assert said["message"] in failed.err
    assert "nowhere" in said["message"] or "'x'" in said["message"]  # what had to be filled in may be looked at first
    assert "bug in Tenure" not in failed.err


OF_ORDERS = [name for name in READING if "orders" in options_of(name)]
ANOTHER_FIRST = {"promote", "score", "segments", "card", "audience", "init", "features"}
"""Commands that stop for another reason before they come to the rows, or do not read them."""


@pytest.mark.parametrize("name", [name for name in OF_ORDERS if name[0] not in ANOTHER_FIRST], ids=" ".join)
def test_data__that_break_their_contract_exit_with_3(call: Call, name: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    broken = tmp_path / "log" / "orders.csv"
    broken.write_text("customer_id,ordered_at,revenue\nc1,2024-01-01,lots\nc2,2024-01-02,plenty\n")
    failed = call(*name, *needed(name, tmp_path), "--orders", broken, "-q")
    assert failed.code == 3, failed
    assert "revenue" in failed.out + failed.err
    assert "bug in Tenure" not in failed.err


ELSEWHERE = {"pull", "serve", "experiment", "models", "promote", "rollback", "keys", "uplift", "target", "survey"}
"""Commands that need more than a shop, whose results the tests of their jobs look at."""
DEAR = {"demo", "backtest", "audit", "identity", "channels", "growth", "budget", "bids"}
"""Commands that take long; what they print, the tests of their jobs look at."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> Path:
    """A small shop, and where its results go."""
    folder = tmp_path_factory.mktemp("shop")
    new_store(folder / "mlruns")
    written = simulate(preset("shop", customers=120, seed=6), folder / "tables", expectations=False)
    written.config_path.write_text(
        '[orders]\nuri = "orders.parquet"\ntrust_customers = true\n[run]\nas_of = 2025-01-01\n'
    )
    return folder


def results(shop: Path) -> dict[str, list[list[object]]]:
    """Return the calls whose results are looked at, by command, in their order."""
    config, out = ["--config", shop / "tables" / "tenure.toml"], shop / "out"
    store = ["--tracking-uri", f"sqlite:///{shop / 'mlruns' / 'mlflow.db'}"]
    quick = ["--candidate", "recency", "--horizon", 60]
    scored = ["--scores", out]
    return {
        "run": [[*config, *quick, *store, "--out", out]],
        "init": [["--orders", shop / "tables" / "orders.parquet", "--out", shop / "tenure.toml"]],
        "check": [config],
        "features": [["--list"]],
        "score": [["--model", out / "model", *config, "--out", shop / "scored", "--no-report"]],
        "explain": [[customer_of, *scored]],
        "card": [[customer_of, *scored]],
        "segments": [scored],
        "audience": [["klaviyo", *scored, "--contacts", shop / "contacts.csv", "--out", shop / "audience.csv"]],
        "powerbi": [[*scored, "--out", shop / "powerbi"]],
        "cohorts": [config],
        "forget": [[customer_of, "--in", shop / "scored"]],
        "simulate": [["--customers", 20, "--preset", "tiny", "--out", shop / "simulated"]],
    }


def customer_of(shop: Path) -> str:
    return str(pd.read_parquet(shop / "out" / "scores.parquet")["customer_id"].iloc[0])


def test_result__of_every_command_is_one_object_and_nothing_else_when_quiet(call: Call, shop: Path) -> None:
    wanted = results(shop)
    missing = {name[0] for name in NAMES} - set(wanted) - ELSEWHERE - DEAR
    assert missing == set(), "say in results() how a new command is called"
    for command, calls in wanted.items():
        if command == "audience":
            ids = pd.read_parquet(shop / "out" / "scores.parquet")["customer_id"]
            contacts = pd.DataFrame({"customer_id": ids, "email": ids.str.lower() + "@example.com", "consent": "yes"})
            contacts.to_csv(shop / "contacts.csv", index=False)
        for words in calls:
            done = call(command, *(word(shop) if callable(word) else word for word in words), "--json", "-q")
            assert (done.code, done.err) == (0, ""), (command, done)
            said = json.loads(done.out)
            assert (said["schema_version"], said["command"]) == (1, command)
