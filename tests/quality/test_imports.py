"""No module needs, even late or for its types alone, a module that needs it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

PACKAGES = (
    "tenure", "tenure_features", "tenure_training", "tenure_serving", "tenure_decisions", "tenure_simulator",
    "tenure_connectors",
)  # fmt: skip


def circle(imports: Mapping[str, Set[str]]) -> list[str]:
    """Name the modules of a circle of imports, the first one again at the end; none where there is no circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """What each of our modules imports of our modules: anywhere in its text, inside functions and for types too."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_imports__make_no_circle(imports: dict[str, set[str]]) -> None:
    assert circle(imports) == []


def test_imports__of_a_function_count(imports: dict[str, set[str]], repository: Path) -> None:
    late = "            from tenure_features.reading.spark_session import connect_spark\n"
    assert late in (repository / "features" / "tenure_features" / "reading" / "engine.py").read_text()
    assert "tenure_features.reading.spark_session" in imports["tenure_features.reading.engine"]


def test_circle__names_its_modules() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circle({"a": {"b"}, "b": {"b"}}) == ["b", "b"]
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == {"b", "c"}
