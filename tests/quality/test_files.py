"""The rules of the house that no tool checks: short files, short functions, nothing of one machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

LONGEST_FILE = 400
LONGEST_BODY = 40
LARGEST_FILE = 1024 * 1024

# One letter of each name in brackets, so that this file does not contain what it looks for.
REGISTRIES = re.compile(r"p[y]thonhosted|p[y]pi\.org|registry\.n[p]mjs|deb\.d[e]bian|conda\.a[n]aconda")
MACHINE_PATHS = re.compile(r"(?<![\w./~$}])/(?:w[o]rk|f[a]rm|r[o]ot|h[o]me|U[s]ers)/\w")


def bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file, and how many lines its body has without the docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_files__are_short(source_files: list[Path]) -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in source_files}
    assert lengths
    assert {path: lines for path, lines in lengths.items() if lines >= LONGEST_FILE} == {}


def test_functions__are_short(source_files: list[Path]) -> None:
    long = [
        f"{path}: {name} has {lines} lines"
        for path in source_files
        for name, lines in bodies(path)
        if lines >= LONGEST_BODY
    ]
    assert long == []


def _lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    found = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path}:{number}: {line}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)
        ]
    return found


def test_files__name_no_package_registry(project_files: list[Path]) -> None:
    assert _lines_with(REGISTRIES, project_files) == []


def test_files__name_no_path_of_one_machine(project_files: list[Path]) -> None:
    assert _lines_with(MACHINE_PATHS, project_files) == []


def test_files__hold_no_data(project_files: list[Path], repository: Path) -> None:
    data = {".parquet", ".csv", ".tsv", ".gz", ".zip", ".db", ".duckdb", ".pkl", ".joblib", ".ubj"}
    odd = [path for path in project_files if path.suffix in data or path.stat().st_size > LARGEST_FILE]
    assert [str(path.relative_to(repository)) for path in odd] == []


def unreadable(ids: Iterable[str]) -> list[str]:
    """Ids of tests that hold escaped bytes: they may differ between workers, such as a compressed file's time."""
    return [one for one in ids if "\\x" in one]


def test_tests__have_readable_ids(request: pytest.FixtureRequest) -> None:
    assert unreadable(item.nodeid for item in request.session.items) == []


def test_rules__can_fail(tmp_path: Path) -> None:
    assert unreadable(["test[plain]", "test[\\x1f]"]) == ["test[\\x1f]"]
    file = tmp_path / "sample.py"
    file.write_text('"""."""\ndef f():\n    """Doc\n    string."""\n    a = 1\n    return a\n')
    assert list(bodies(file)) == [("f", 2)]
    registry, machine = "pyp" + "i.org", "/wor" + "k/data"
    file.write_text(f"see https://{registry}/project\nopen('{machine}/a.csv')\nhttps://example.org{machine}/a\n")
    assert len(_lines_with(REGISTRIES, [file])) == 1
    assert len(_lines_with(MACHINE_PATHS, [file])) == 1
