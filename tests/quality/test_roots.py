"""Notebooks, the README and the docs import from package roots; a root is light, complete and says what it offers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOTS = (
    "tenure", "tenure_features", "tenure_training", "tenure_serving", "tenure_decisions", "tenure_simulator",
    "tenure_connectors",
)  # fmt: skip
PUBLIC = (*ROOTS, "tenure.sklearn")
"""What the docs may import from: roots, and the module that scikit-learn's users know as one."""
HEAVY = ("pandas", "numpy", "scipy", "ibis", "sklearn", "xgboost", "altair", "mlflow", "shap", "pydantic")


def imports_of(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name the modules of ours that a text imports, and what of them; texts inside it that are code count as well."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ".", tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "import " in node.value:
            try:
                yield from imports_of(node.value)
            except SyntaxError:  # prose
                continue


def beside_roots(text: str) -> list[str]:
    """List what a text imports of ours that no root offers."""
    ours = [(module, names) for module, names in imports_of(text) if re.match(r"tenure(_\w+)?(\.|$)", module)]
    deep = [module for module, _ in ours if module not in PUBLIC]
    return deep + [
        f"{module}.{name}"
        for module, names in ours
        if module in PUBLIC
        for name in names
        if name not in import_module(module).__all__
    ]


def test_notebooks__import_from_roots(repository: Path) -> None:
    notebooks = sorted((repository / "notebooks").glob("*.py"))
    assert notebooks
    assert {path.name: deep for path in notebooks if (deep := beside_roots(path.read_text("utf-8")))} == {}


def test_docs__import_from_roots(repository: Path) -> None:
    pages = ["README.md", *(f"docs/{path.name}" for path in sorted((repository / "docs").glob("*.md")))]
    blocks = [
        (page, block)
        for page in pages
        for block in re.findall(r"```python\n(.*?)```", (repository / page).read_text("utf-8"), re.DOTALL)
    ]
    assert {"README.md", "docs/identity.md"} <= {page for page, _ in blocks}
    assert [(page, deep) for page, block in blocks for deep in beside_roots(block)] == []


@pytest.mark.parametrize("root", ROOTS)
def test_root__offers_what_it_lists(root: str) -> None:
    module = import_module(root)
    offered = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    for_types = next(node for node in offered.body if isinstance(node, ast.If))
    names = [alias.asname or alias.name for line in for_types.body for alias in line.names]  # type: ignore[attr-defined]
    assert sorted(names) == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    places = {path.stem for path in Path(str(module.__file__)).parent.iterdir()}
    assert places & set(module.__all__) <= {"charts"}, (
        "a name that is a module's too is the module once that is imported"
    )
    with pytest.raises(AttributeError, match="no attribute 'wishes'"):
        _ = module.wishes


@pytest.mark.parametrize("root", ROOTS)
def test_root__brings_nothing_heavy(root: str) -> None:
    code = f"import sys, {root}; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_rule__can_fail() -> None:
    assert beside_roots("import tenure\nfrom tenure_features import open_shop\nimport pandas") == []
    assert beside_roots("from tenure_features.shop import open_shop") == ["tenure_features.shop"]
    assert beside_roots(
        "import tenure.config as c\nx = '''from tenure_serving.card import y'''\nz = 'import of prose'"
    ) == [
        "tenure.config",
        "tenure_serving.card",
    ]
    assert beside_roots("from tenure_features import wishes") == ["tenure_features.wishes"]
