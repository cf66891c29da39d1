"""Values say what is what: more than four fields are given by name, and nothing is handed over as a bag of anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

MOST_BY_PLACE = 4
ROOMS = ("connectors", "decisions", "features", "serving", "simulator", "tenure", "training")
BAG = "dict[str, Any]"


def by_place(tree: ast.AST) -> Iterator[str]:
    """Dataclasses of more than four fields that can be made by place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            marks = [mark for mark in node.decorator_list if "dataclass" in ast.unparse(mark)]
            fields = [line for line in node.body if isinstance(line, ast.AnnAssign)]
            fields = [line for line in fields if "ClassVar" not in ast.unparse(line.annotation)]
            if marks and len(fields) > MOST_BY_PLACE and "kw_only=True" not in ast.unparse(marks[0]):
                yield node.name


def bags(tree: ast.AST) -> Iterator[str]:
    """Functions that take anything by name, and calls that are given a bag of anything."""
    made = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) == BAG
    }
    made |= {
        ast.unparse(node.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == BAG
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.args.kwarg and node.args.kwarg.annotation:
            if ast.unparse(node.args.kwarg.annotation) == "Any":
                yield f"{node.name}(**{node.args.kwarg.arg}: Any)"
        elif isinstance(node, ast.Call):
            given = [keyword.value for keyword in node.keywords if keyword.arg is None]
            names = [ast.unparse(value.func if isinstance(value, ast.Call) else value) for value in given]
            yield from (f"{ast.unparse(node.func)}(**{name})" for name in names if name in made)


def in_rooms(source_files: list[Path], repository: Path) -> list[Path]:
    return [path for path in source_files if path.relative_to(repository).parts[0] in ROOMS]


def test_dataclasses__of_many_fields_are_made_by_name(source_files: list[Path], repository: Path) -> None:
    files = in_rooms(source_files, repository)
    assert files
    assert [f"{path}: {name}" for path in files for name in by_place(ast.parse(path.read_text()))] == []


def test_calls__are_given_no_bag_of_anything(source_files: list[Path], repository: Path) -> None:
    files = [path for path in in_rooms(source_files, repository) if "simulator" not in path.parts]
    assert [f"{path}: {call}" for path in files for call in bags(ast.parse(path.read_text()))] == []


def test_rules__can_fail() -> None:
    many = "@dataclass(frozen=True)\nclass Many:\n" + "".join(f"    f{number}: int\n" for number in range(5))
    assert list(by_place(ast.parse(many))) == ["Many"]
    assert list(by_place(ast.parse(many.replace("frozen", "kw_only=True, frozen")))) == []
    bag = "def f(**settings: Any): ...\ndef g() -> dict[str, Any]: ...\nh(**g())\nx: dict[str, Any] = {}\nh(a, **x)"
    assert list(bags(ast.parse(bag))) == ["f(**settings: Any)", "h(**g)", "h(**x)"]
