"""``tenure run`` and ``tenure score`` that are killed, whenever, leave a whole result: the one before or their own."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tenure import simulate_shop
from tenure_training.models.bundle import read_bundle

pytestmark = pytest.mark.slow

KILLED_RUNS, KILLED_SCORINGS = 3, 27
"""A run trains for most of its time and touches no result: it is killed from the moment on that it builds one."""
NOTHING_TO_DO = 99
"""The very scores are there already."""
RESULT = {"scores.parquet", "manifest.json"}
OF_A_REPORT = {"call_list.csv", "charts", "report.html"}
OF_A_RUN = RESULT | OF_A_REPORT | {"model"}


class Commands:
    """Commands of ``tenure`` in processes of their own."""

    def __init__(self, folder: Path) -> None:
        quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._log = (folder / "commands.log").open("w")
        self.server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("command_server.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=folder,
            env={**os.environ, **quiet, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"},
        )  # fmt: skip

    def _line(self) -> int:
        assert self.server.stdout is not None
        return int(self.server.stdout.readline())

    def start(self, *words: object) -> int:
        """Start a command, and return its process."""
        assert self.server.stdin is not None
        self.server.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self.server.stdin.flush()
        return self._line()

    def end(self) -> int:
        """Wait until the command has ended: its exit code, or minus the signal that killed it."""
        return self._line()

    def kill(self, process: int) -> int:
        """Kill a command and whatever it started; -9 where it had not ended by itself."""
        os.killpg(process, signal.SIGKILL)  # its id is nobody else's until the next command starts
        return self.end()

    def close(self) -> None:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.close()
        self.server.wait(timeout=30)
        self.server.stdout.close()
        self._log.close()


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    commands = Commands(tmp_path)
    yield commands
    commands.close()


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """Orders of 200 customers as of a month ago, of now, and of now in another currency: their results all differ."""
    orders = simulate_shop("tiny", customers=200, seed=1)["orders"][["customer_id", "ordered_at", "revenue"]]
    last = orders["ordered_at"].max()
    earlier = orders[orders["ordered_at"] <= last - pd.Timedelta(days=30)]
    files = [tmp_path / f"orders{number}.parquet" for number in range(3)]
    for file, rows in zip(files, (earlier, orders, orders.assign(revenue=orders["revenue"] * 90)), strict=True):
        rows.to_parquet(file, index=False)
    return files


def whole_result(out: Path) -> str:
    """Return the hash of the one result in a folder, and fail where a part is missing, damaged or of another."""
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    scores = out / "scores.parquet"
    assert hashlib.sha256(scores.read_bytes()).hexdigest() == manifest["sha256"]
    table = pd.read_parquet(scores)
    assert len(table) > 100
    assert set(table["model_version"]) == {manifest["model_version"]}
    there = {path.name for path in out.iterdir()}
    if "model" in there:
        assert read_bundle(out / "model").version == manifest["model_version"]
        assert there >= OF_A_RUN
    if OF_A_REPORT & there:
        assert there >= OF_A_REPORT
        assert (out / "report.html").read_text("utf-8").rstrip().endswith("</html>")
        assert all(chart.stat().st_size for chart in (out / "charts").iterdir())
    return str(manifest["sha256"])


def works(out: Path) -> set[str]:
    """Name the folders in which a result is built beside its place, and those that killed commands left."""
    return {path.name for path in out.parent.iterdir() if path.name.startswith(f".{out.name}.tenure-")}


def wait_for_work(out: Path, commands: Commands, *, beside: set[str]) -> set[str]:
    """Wait until a result is built in a folder that was not there, and return that."""
    until = time.monotonic() + 120
    while not (new := works(out) - beside):
        assert time.monotonic() < until, "no result was built"
        assert commands.server.poll() is None
        time.sleep(0.005)
    return new


def wait_for_end_of(work: set[str], out: Path) -> None:
    """Wait until a result has taken its place."""
    until = time.monotonic() + 120
    while works(out) & work:
        assert time.monotonic() < until, "the result did not take its place"
        time.sleep(0.005)


def test_run_and_score__killed_at_thirty_instants_leave_the_old_result_or_the_new(
    commands: Commands, logs: list[Path], tmp_path: Path
) -> None:
    chance = random.Random(11)  # noqa: S311  # instants, not secrets
    out, scored = tmp_path / "results" / "run", tmp_path / "results" / "scored"
    out.parent.mkdir()
    run = ("run", "--trust-customers", "--horizon", 30, "--candidate", "recency", "--no-register", "--out", out)
    commands.start(*run, "--orders", logs[0])
    work = wait_for_work(out, commands, beside=set())
    began = time.monotonic()
    wait_for_end_of(work, out)
    building = time.monotonic() - began
    assert commands.end() == 0, (tmp_path / "commands.log").read_text()
    statuses, results = [], [whole_result(out)]
    for number in range(KILLED_RUNS):
        leftovers = works(out)
        process = commands.start(*run, "--orders", logs[1])
        work = wait_for_work(out, commands, beside=leftovers)
        if number < KILLED_RUNS - 1:
            time.sleep(chance.uniform(0, building))
        else:  # right after it has taken its place, before it is recorded
            wait_for_end_of(work, out)
        statuses.append(commands.kill(process))
        results.append(whole_result(out))
    assert results[-1] != results[0]
    score = ("score", "--trust-customers", "--model", out / "model", "--out", scored)
    commands.start(*score, "--no-report", "--orders", logs[2])
    began = time.monotonic()
    assert commands.end() == 0, (tmp_path / "commands.log").read_text()
    scoring = time.monotonic() - began
    results.append(whole_result(scored))
    for number in range(KILLED_SCORINGS):
        reported = "--no-report" if number % 3 else "--report"
        process = commands.start(*score, reported, "--orders", logs[1 + number % 2])
        time.sleep(chance.uniform(0, 1.5 * scoring))
        statuses.append(commands.kill(process))
        results.append(whole_result(scored))
    assert statuses.count(-signal.SIGKILL) > 15, "most had ended before they were killed"
    for command, folder, parts in ((run, out, OF_A_RUN), (score, scored, RESULT | OF_A_REPORT)):
        commands.start(*command, "--orders", logs[1])
        assert commands.end() in {0, NOTHING_TO_DO}
        whole_result(folder)
        assert {path.name for path in folder.iterdir()} == parts
    assert {path.name for path in out.parent.iterdir()} == {"run", "scored"}
