"""What is declared is imported, and what is imported is declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

BROUGHT = {"markupsafe": "jinja2", "psycopg": "ibis-framework", "starlette": "fastapi"}
"""Imported packages that another dependency, or one of its own extras, brings."""


def normal(name: str) -> str:
    """Name a distribution as the package index compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: Iterable[str]) -> set[str]:
    """Name the distributions of requirements."""
    return {normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements}


def requirements(project: dict[str, Any]) -> list[str]:
    """List what the default install and every extra require."""
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]


def imported(text: str) -> set[str]:
    """Name the top-level packages that a module imports, early or late."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    return dict(tomllib.loads((repository / "pyproject.toml").read_text())["project"])


@pytest.fixture(scope="module")
def needed(source_files: list[Path]) -> dict[str, set[str]]:
    """Each package of others that ours import, with the distributions that may hold it."""
    homes = packages_distributions()
    packages = set().union(*(imported(path.read_text()) for path in source_files)) - set(sys.stdlib_module_names)
    return {
        package: {BROUGHT[package]} if package in BROUGHT else {normal(name) for name in homes[package]}
        for package in packages
        if not package.startswith("tenure")
    }


def test_dependencies__are_imported(project: dict[str, Any], needed: dict[str, set[str]]) -> None:
    assert declared(project["dependencies"]) - set().union(*needed.values()) == set()


def test_extras__are_imported(project: dict[str, Any], needed: dict[str, set[str]]) -> None:
    extras, used = project["optional-dependencies"], set().union(*needed.values())
    assert {name: sorted(declared(extras[name]) - used) for name in extras} == {name: [] for name in extras}


def test_imports__are_declared(project: dict[str, Any], needed: dict[str, set[str]]) -> None:
    names = declared(requirements(project))
    assert {package: homes for package, homes in needed.items() if not homes & names} == {}


def test_dependencies__have_a_floor(project: dict[str, Any]) -> None:
    assert [requirement for requirement in requirements(project) if ">=" not in requirement] == []


def test_rules__can_fail() -> None:
    assert declared(["Ibis_framework[duckdb]>=12", "sqlglot<30"]) == {"ibis-framework", "sqlglot"}
    assert imported("import a.b\ndef f():\n    from c.d import e\n    from . import g\n") == {"a", "c"}
