"""``tenure run`` and ``tenure score`` that are killed, whenever, leave a whole result: the one before or their own.

What lies in a folder between any two changes to its files is what a kill there leaves, so one command that is watched
stands for one that is killed at each of these instants (`tests.instants`). Some are killed for all that, so that
locks which die with their process and files that end in the middle are among what is found.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
import pytest

from tenure import simulate_shop
from tenure_training.models.bundle import read_bundle

pytestmark = pytest.mark.slow

NOTHING_TO_DO = 99
"""The very scores are there already."""
RESULT = {"scores.parquet", "manifest.json"}
OF_A_REPORT = {"call_list.csv", "charts", "report.html"}
OF_A_RUN = RESULT | OF_A_REPORT | {"model"}


class Commands:
    """Commands of ``tenure`` in processes of their own."""

    def __init__(self, folder: Path) -> None:
        quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self.log = folder / "commands.log"
        self._log = self.log.open("w")
        root = Path(__file__).resolve().parents[2]
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.tenure.command_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=root,
            env={**os.environ, **quiet, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"},
        )  # fmt: skip

    def run(self, *words: object, **asked: object) -> int:
        """Run a command to its end: its exit code, or minus the signal that killed it."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        command = {"words": [str(word) for word in words], **asked}
        self.server.stdin.write(json.dumps(command, default=str) + "\n")
        self.server.stdin.flush()
        self.server.stdout.readline()  # its process
        return int(self.server.stdout.readline())

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


def whole_partition(lake: Path) -> str:
    """Return the hash of the one partition in a folder, and fail where it is not what its manifest says."""
    (place,) = lake.glob("as_of=*")
    manifest = json.loads((place / "_manifest.json").read_text("utf-8"))
    assert hashlib.sha256((place / "scores.parquet").read_bytes()).hexdigest() == manifest["sha256"]
    read = ds.dataset(lake, partitioning="hive").to_table(["model_version"])
    assert len(read) == manifest["rows"] > 100
    return str(manifest["sha256"])


def run_watched(commands: Commands, words: tuple[object, ...], folder: Path, copies: Path) -> list[Path]:
    """Run a command, and return the states of a folder at all instants of it."""
    assert commands.run(*words, watch=folder, copies=copies) == 0, commands.log.read_text()
    return sorted(copies.iterdir())


def test_run_and_score__leave_the_old_result_or_the_new_at_whatever_instant(
    commands: Commands, logs: list[Path], tmp_path: Path
) -> None:
    results = tmp_path / "results"
    out, scored = results / "run", results / "scored"
    results.mkdir()
    run = ("run", "--trust-customers", "--horizon", 30, "--candidate", "recency", "--no-register", "--out", out)
    assert commands.run(*run, "--orders", logs[0]) == 0, commands.log.read_text()
    old = whole_result(out)
    states = run_watched(commands, (*run, "--orders", logs[1]), results, tmp_path / "of_run")
    new = whole_result(out)
    assert len(states) > 20
    found = [whole_result(state / "run") for state in states]
    assert found == sorted(found, key=[old, new].index)
    assert {*found} == {old, new}
    score = ("score", "--trust-customers", "--model", out / "model", "--out", scored)
    assert commands.run(*score, "--no-report", "--orders", logs[2]) == 0, commands.log.read_text()
    old = whole_result(scored)
    states = run_watched(commands, (*score, "--orders", logs[1]), results, tmp_path / "of_score")
    new = whole_result(scored)
    assert {whole_result(state / "scored") for state in states} == {old, new}
    plain = (*score, "--no-report", "--orders", logs[2])
    for asked in ({"most_bytes": 2_000}, {"kill_at": 2}, {"kill_at": 7}):
        watch = {"watch": results, "copies": tmp_path / "none"} if "kill_at" in asked else {}
        assert commands.run(*plain, **asked, **watch) in {-signal.SIGKILL, -signal.SIGXFSZ}
        assert whole_result(scored) in {old, new}
    assert commands.run(*score, "--orders", logs[1]) in {0, NOTHING_TO_DO}
    assert whole_result(scored) == new
    assert {path.name for path in scored.iterdir()} == RESULT | OF_A_REPORT
    assert {path.name for path in out.iterdir()} == OF_A_RUN
    assert {path.name for path in results.iterdir()} == {"run", "scored"}
    check_partitions(commands, logs, out / "model", tmp_path)


def check_partitions(commands: Commands, logs: list[Path], model: Path, tmp_path: Path) -> None:
    """Kill ``tenure score --to`` likewise."""
    lake = tmp_path / "lakes" / "lake"
    score = ("score", "--trust-customers", "--model", model, "--to", lake)
    assert commands.run(*score, "--orders", logs[2]) == 0, commands.log.read_text()
    old = whole_partition(lake)
    states = run_watched(commands, (*score, "--orders", logs[1]), lake.parent, tmp_path / "of_to")
    new = whole_partition(lake)
    found = [whole_partition(state / "lake") for state in states]
    assert len(states) > 15
    assert found == sorted(found, key=[old, new].index)
    assert {*found} == {old, new}
    back = (*score, "--orders", logs[2])
    for asked in ({"most_bytes": 3_000}, {"watch": lake.parent, "copies": tmp_path / "none", "kill_at": 9}):
        assert commands.run(*back, **asked) in {-signal.SIGKILL, -signal.SIGXFSZ}
        assert whole_partition(lake) == new
    assert commands.run(*back) == 0  # it goes on from what was there
    assert whole_partition(lake) == old
    assert commands.run(*back) == NOTHING_TO_DO
    assert {path.name for path in lake.iterdir()} <= {
        next(lake.glob("as_of=*")).name,
        ".tenure.lock",
        ".tenure-work.lock",
    }
