"""What holds for one table is an attribute of its contract: no code asks what a contract is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def asked_names(tree: ast.AST) -> Iterator[str]:
    """Comparisons, look-ups and matches by the name of a contract."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            sides = [node.subject]
        elif isinstance(node, ast.Subscript):
            sides = [node.slice]
        else:
            continue
        yield from (ast.unparse(node) for side in sides if _is_name_of_contract(side))


def _is_name_of_contract(side: ast.expr) -> bool:
    if not isinstance(side, ast.Attribute) or side.attr != "name":
        return False
    owner = side.value.attr if isinstance(side.value, ast.Attribute) else getattr(side.value, "id", "")
    return owner == "contract" or owner in {"ORDERS", "EVENTS", "CUSTOMERS", "FEEDBACK", "ORDER_LINES"}


def test_rules_of_a_table__are_attributes_of_its_contract(source_files: list[Path]) -> None:
    assert [f"{path}: {text}" for path in source_files for text in asked_names(ast.parse(path.read_text()))] == []


def test_tables__have_one_mechanism(source_files: list[Path]) -> None:
    """No second module that opens, cleans or accounts for tables that are not orders."""
    assert [path.name for path in source_files if path.name.startswith("side_")] == []


def test_rule__can_fail() -> None:
    for bad in ("contract.name == 'customers'", "mapped.contract.name in MAY_REPEAT", "SCALES[contract.name]"):
        assert list(asked_names(ast.parse(bad))) == [bad]
    assert list(asked_names(ast.parse("f(contract.name)\nfeature.name == 'recency'"))) == []
