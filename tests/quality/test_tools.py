"""The rules of the house that a tool can check: style, docstrings, types, and who may import whom."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


@pytest.mark.parametrize(
    "tool",
    [
        pytest.param(["-m", "ruff", "check"], id="ruff-check"),
        pytest.param(["-m", "ruff", "format", "--check"], id="ruff-format"),
        pytest.param(["-c", LINT_IMPORTS, "--no-logo"], id="import-linter"),
        pytest.param(["-m", "mypy"], id="mypy", marks=pytest.mark.slow),
    ],
)
def test_tool__has_nothing_to_say(repository: Path, tool: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, *tool], cwd=repository, capture_output=True, text=True, check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
