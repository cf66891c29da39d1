"""The files of the project, as git sees them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project_files(repository: Path) -> list[Path]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.split("\0") if name and (path := repository / name).is_file()]


@pytest.fixture(scope="session")
def source_files(project_files: list[Path], repository: Path) -> list[Path]:
    """The Python files of the packages: neither tests nor benchmarks nor notebooks nor what makes the docs."""
    elsewhere = {"tests", "benchmarks", "notebooks", "docs"}
    return [
        path
        for path in project_files
        if path.suffix == ".py" and path.relative_to(repository).parts[0] not in elsewhere
    ]
