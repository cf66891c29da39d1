"""Every job opens each table that it reads once: the orders, the identifiers and all others."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tenure.cli import main
from tenure_simulator import preset, simulate
from tests.openings import READERS, count_openings

pytestmark = pytest.mark.slow


def openings(folder: Path, *arguments: object) -> dict[str, int]:
    """Call ``tenure`` and count how often it opens each table of a folder."""
    err = io.StringIO()
    with (
        count_openings(folder) as counted,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as stopped,
    ):
        main([str(argument) for argument in arguments])
    assert not stopped.value.code, err.getvalue()
    return dict(counted)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> Path:
    """A shop whose orders carry ids of accounts, and the folder of its results."""
    folder = tmp_path_factory.mktemp("shop")
    written = simulate(preset("fragmented", customers=150, seed=6), folder, expectations=False)
    toml = written.config_path.read_text()
    written.config_path.write_text(toml.replace("[orders]\n", "[orders]\ntrust_customers = true\n"))  # one buys a lot
    new_store(folder / "mlruns")
    return folder


@pytest.fixture(scope="module")
def of_run(folder: Path) -> dict[str, int]:
    store = ["--tracking-uri", f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}", "--no-register"]
    # a short history has few moments at which people must be told apart anew
    horizon = ["--candidate", "recency", "--horizon", "30", "--as-of", "2022-03-01"]
    return openings(folder, "run", "--config", folder / "tenure.toml", *horizon, *store, "--out", folder / "out", "-q")


def test_run__opens_each_table_once(of_run: dict[str, int]) -> None:
    assert {"orders", "identifiers", "customers", "events"} <= set(of_run)
    assert set(of_run.values()) == {1}


@pytest.mark.parametrize("command", ["check", "score", "card", "segments", "channels"])
def test_commands__open_each_table_once(folder: Path, of_run: dict[str, int], command: str) -> None:
    out = folder / "out"
    arguments: dict[str, list[object]] = {
        "check": [],
        "score": ["--model", out / "model", "--out", folder / "again"],
        "card": [pd.read_parquet(out / "scores.parquet")["customer_id"].iloc[0], "--scores", out],
        "segments": ["--scores", out],
        "channels": ["--scores", out, "--as-of", "2022-03-01"],
    }
    counted = openings(folder, command, *arguments[command], "--config", folder / "tenure.toml")
    assert {"orders", "identifiers"} <= set(counted)
    assert set(counted.values()) == {1}


def test_count_openings__sees_every_reader(repository: Path) -> None:
    called = re.compile(r"import .*\bread_table\b")
    files = [path for path in (repository / "features").rglob("*.py") if called.search(path.read_text())]
    assert {".".join(path.relative_to(repository / "features").with_suffix("").parts) for path in files} == {*READERS}
