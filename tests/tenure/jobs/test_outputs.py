"""No command writes over what it reads: by the same name, through links, into its folder, or where a glob finds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.jobs.outputs import require_apart
from tenure_features.errors import UsageError

ROWS = "customer_id,ordered_at,revenue\na,2024-01-01,10\n"
FOLDER_COMMANDS = (["run"], ["score"], ["segments"], ["cohorts"], ["channels"], ["growth"], ["budget"], ["identity"])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an order log and a configuration that names it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "orders.csv").write_text(ROWS)
    (tmp_path / "tenure.toml").write_text('[orders]\nuri = "log/orders.csv"\n')
    return tmp_path


@pytest.mark.parametrize("command", FOLDER_COMMANDS, ids=" ".join)
def test_commands__refuse_a_folder_that_holds_an_input(
    call: Callable[..., Any], here: Path, command: list[str]
) -> None:
    done = call(*command, "--config", "tenure.toml", "--out", "log")
    assert done.code == 2
    assert "The folder log holds an input" in done.err
    assert {path.name for path in here.rglob("*")} == {"log", "orders.csv", "tenure.toml"}
    assert (here / "log" / "orders.csv").read_text() == ROWS


@pytest.mark.parametrize(
    "command",
    [
        ["features", "--orders", "log/orders.csv", "--out", "log/orders.csv"],
        ["features", "--orders", "log/orders.csv", "--out", "link.csv"],
        ["features", "--orders", "log/orders.csv", "--out", "hard.csv"],
        ["features", "--orders", "log/*.csv", "--out", "log/orders.csv"],
        ["features", "--orders", "log/*.csv", "--out", "log/features.csv"],
        ["features", "--orders", "duckdb://log/orders.csv#orders", "--out", "log/orders.csv"],
        ["features", "--features", "mine.py", "--page", "mine.py"],
        ["card", "a", "--config", "tenure.toml", "--html", "log/orders.csv"],
        ["card", "a", "--config", "tenure.toml", "--html", "tenure.toml"],
        ["card", "a", "--scores", "log/orders.csv", "--html", "log/orders.csv"],
        ["score", "--orders", "log/orders.csv", "--model", "out", "--out", "out"],
        ["run", "--orders", "l*/**/*.csv", "--out", "log/out"],
    ],
    ids=" ".join,
)
def test_commands__refuse_an_output_that_is_an_input(call: Callable[..., Any], here: Path, command: list[str]) -> None:
    (here / "mine.py").write_text("from tenure_features.families.feature import feature\n")
    (here / "link.csv").symlink_to(here / "log" / "orders.csv")
    (here / "hard.csv").hardlink_to(here / "log" / "orders.csv")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    done = call(*command)
    assert done.code == 2
    assert "an input" in done.err
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("output", "inputs"),
    [
        ("out", ["log/orders.csv", "simple", "postgresql://user@host/shop/public.orders"]),
        ("log/out", ["log/orders.csv", "log/*.csv"]),
        ("log", ["log/april/*.csv"]),
        (".", ["log/orders.csv", "simple"]),
        ("features.parquet", ["*.csv", "log/**/*.csv"]),
    ],
)
def test_require_apart__lets_pass_what_is_apart(here: Path, output: str, inputs: list[str]) -> None:
    require_apart(Path(output), inputs, results=["tenure.toml", "models:/tenure-scorer@champion", None])


def test_require_apart__results_may_lie_where_others_are_written(here: Path) -> None:
    require_apart(Path("log"), [], results=["log/orders.csv"])
    with pytest.raises(UsageError, match="is an input"):
        require_apart(Path("log"), [], results=["log"])
