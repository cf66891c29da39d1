"""No process-global state decides what a model says: what a module holds does not change while the program runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED = {
    "training_matrix._matrices": "keyed by the frame itself, made of nothing else, and gone with it",
    "study._problem": "set once in each worker process of a tuning, which serves that tuning alone",
    "user_features.sys": "each version of a user's file is a module of its own: its name holds the hash of its content",
    "user_file.sys": "the name of a user's module, for dataclasses that look it up",
    "user_file._file": "a user's candidates stay the same classes for as long as the program runs",
    "phones._plan": "numbering plans of a library, by country and prefix",
    "spark._scorer": "keyed by the bytes of the bundle, in the process of an executor",
    "clock.make_clock": "drawn from its configuration, a value, alone",
    "channels.make_marketing": "drawn from its configuration, a value, alone",
    "catalogue.make_catalogue": "drawn from its configuration, a value, alone",
    "catalogue.read_catalogue": "texts of a language, read from the package and never changed",
}
CHANGES = frozenset({
    "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update",
})  # fmt: skip
MAKERS = frozenset({
    "dict", "list", "set", "defaultdict", "deque", "Counter", "OrderedDict", "WeakKeyDictionary", "WeakValueDictionary",
})  # fmt: skip
MEMOS = frozenset({"cache", "lru_cache"})


def _called(node: ast.expr | None) -> str:
    """Give the last part of a name, of what is called where it is a call."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _mutable(tree: ast.Module) -> set[str]:
    """Names a module binds to something that can change, the dictionary of modules among them."""
    names = {"sys"}
    for statement in tree.body:
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        literal = isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)
        if literal or (isinstance(value, ast.Call) and _called(value) in MAKERS):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _root(node: ast.expr) -> str:
    """Name at the left end of ``name.attribute[key]``."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _changed(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            yield _root(node.func.value)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.Delete | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
            yield from (_root(target) for target in targets if isinstance(target, ast.Subscript))


def _memo(function: ast.AST) -> bool:
    """Whether a function remembers answers by its arguments; one without arguments has one answer."""
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not ast.unparse(function.args):
        return False
    return any(_called(decorator) in MEMOS for decorator in function.decorator_list)


def global_state(source: str) -> set[str]:
    """Find what functions of a module change at its level, and functions that remember by argument."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    declared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    changed = {name for function in functions for name in _changed(function)}
    return (changed & (_mutable(tree) | declared)) | {function.name for function in functions if _memo(function)}


def test_modules__hold_nothing_that_changes(source_files: list[Path]) -> None:
    found = {f"{path.stem}.{name}" for path in source_files for name in global_state(path.read_text(encoding="utf-8"))}
    assert found - ALLOWED.keys() == set(), "make it part of a value that is passed, or say here why it does no harm"
    assert ALLOWED.keys() - found == set(), "no longer there"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("_registry = {}\ndef register(name):\n    _registry[name] = 1", {"_registry"}),
        ("_registry: dict[str, int] = dict()\ndef forget():\n    _registry.clear()", {"_registry"}),
        ("_reading = []\ndef read():\n    def inner():\n        _reading.append(1)\n    inner()", {"_reading"}),
        ("_last = None\ndef keep(value):\n    global _last\n    _last = value", {"_last"}),
        ("from functools import lru_cache\n@lru_cache(maxsize=2)\ndef load(path):\n    return path", {"load"}),
        ("import sys\ndef enter(module):\n    sys.modules['m'] = module", {"sys"}),
        ("NAMES = {'a': 1}\ndef read():\n    return dict(NAMES)", set()),
        ("def count():\n    total = {}\n    total['a'] = 1\n    return total", set()),
    ],
)
def test_global_state__is_found(source: str, names: set[str]) -> None:
    assert global_state(source) == names
