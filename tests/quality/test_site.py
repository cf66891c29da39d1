"""The docs as a site: built strictly, offline, with a reference of every package and a current picture."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


def tool(repository: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", repository / "docs" / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_site__builds_strictly(repository: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=repository, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert "OrderHistory" in (tmp_path / "api" / "tenure_features.html").read_text()
    assert (tmp_path / "project" / "readme.html").is_file()


def test_picture__is_current(repository: Path) -> None:
    imports = tool(repository, "imports")
    drawn = imports.draw(*imports.read_imports())
    assert (repository / "docs" / "imports.svg").read_text() == drawn, "run: python docs/tools/imports.py"


def test_picture__leaves_out_what_follows(repository: Path) -> None:
    imports = tool(repository, "imports")
    assert imports.reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": ["b"], "b": ["c"], "c": []}
    assert imports.rank("a", {"a": {"b", "c"}, "b": {"c"}, "c": set()}) == 2


@pytest.mark.parametrize(
    ("here", "home", "written", "expected"),
    [
        ("cli.md", "docs/cli.md", "[a](models.md#x)", "[a](models.md#x)"),
        ("README.md", "docs/README.md", "[a](../README.md)", "[a](project/readme.md)"),
        ("project/readme.md", "README.md", "[a](docs/adr/README.md)", "[a](../adr/README.md)"),
        ("README.md", "docs/README.md", "[a](../notebooks)", "a"),
    ],
)
def test_links__lead_to_pages_of_the_site(repository: Path, here: str, home: str, written: str, expected: str) -> None:
    site = tool(repository, "site")
    assert site.relinked(site.LINK.search(written), here, home) == expected


def test_decisions__are_numbered_told_alike_and_listed(repository: Path) -> None:
    folder = repository / "docs" / "adr"
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [int(path.name[:4]) for path in pages] == list(range(1, len(pages) + 1))
    assert len(pages) >= 10
    for path in pages:
        headings = [line for line in path.read_text().splitlines() if line.startswith("## ")]
        assert headings == ["## Context", "## Decision", "## Consequences", "## Commits"], path.name
        assert f"({path.name})" in (folder / "README.md").read_text()
        assert path.name in (repository / "mkdocs.yml").read_text()
