"""Which lines of the code each test runs, so that a changed line is met by every test that could notice it.

Tests are run once under `LineRecorder`. A line that a fixture runs counts for all tests that use the fixture, not only
for the one it was made for. What a test starts as another process is not seen.
"""

from __future__ import annotations

import ast
import json
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

TOOL = sys.monitoring.COVERAGE_ID
Place = tuple[str, int]
"""A file, relative to the root of the code, and a line of it."""


@dataclass(frozen=True)
class CoveringTest:
    """One test that passed, what it takes, and the lines that it ran.

    ``seconds`` are its own and those of fixtures made for it alone, ``shared`` those of fixtures made for several.
    """

    name: str
    seconds: float
    shared: float
    places: frozenset[Place]


@dataclass
class Trace:
    """What one fixture or one test ran itself, and how long that took."""

    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    places: set[Place] = field(default_factory=set)
    shared: bool = False


class LineListener:
    """Notes each line of some folders when it runs for the first time since the set to note them in was changed."""

    def __init__(self, root: Path, *, folders: Sequence[str] = ("",)) -> None:
        self._root, self._prefixes = root, tuple(f"{root / folder}" for folder in folders)
        self.places: set[Place] = set()

    def begin(self) -> None:
        """Begin to listen."""
        sys.monitoring.use_tool_id(TOOL, "lines of tests")
        sys.monitoring.register_callback(TOOL, sys.monitoring.events.LINE, self._see)
        sys.monitoring.set_events(TOOL, sys.monitoring.events.LINE)

    def end(self) -> set[Place]:
        """Stop, and give what was noted."""
        sys.monitoring.set_events(TOOL, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(TOOL)
        return self.places

    def note_in(self, places: set[Place]) -> None:
        """Note lines in another set from now on, those that have run before as well."""
        self.places = places
        sys.monitoring.restart_events()

    def _see(self, code: CodeType, line: int) -> object:
        if code.co_filename.startswith(self._prefixes):
            self.places.add((code.co_filename.removeprefix(f"{self._root}/"), line))
        return sys.monitoring.DISABLE  # until events are restarted


class LineRecorder:
    """A plugin of pytest that notes which lines of some folders each test and each fixture runs."""

    def __init__(self, root: Path, *, folders: Sequence[str], out: Path) -> None:
        self._lines, self._out = LineListener(root, folders=folders), out
        self._running = [Trace()]
        self._fixtures: dict[int, Trace] = {}
        self._tests: dict[str, tuple[Trace, list[int]]] = {}
        self._failed: set[str] = set()

    def pytest_sessionstart(self) -> None:
        """Begin to listen."""
        self._lines.begin()

    def _begin(self) -> None:
        self._running.append(Trace())
        self._lines.note_in(self._running[-1].places)

    def _end(self) -> Trace:
        ended = self._running.pop()
        elapsed = time.monotonic() - ended.began
        ended.seconds += elapsed
        self._running[-1].seconds -= elapsed
        self._lines.note_in(self._running[-1].places)
        return ended

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Note what a fixture runs; of one that is made several times, everything and the longest time."""
        self._begin()
        try:
            return (yield)
        finally:
            ended = self._end()
            ended.shared = fixturedef.scope != "function"
            known = self._fixtures.setdefault(id(fixturedef), ended)
            known.seconds = max(known.seconds, ended.seconds)
            known.places |= ended.places

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note what a test runs itself, and which fixtures it uses."""
        self._begin()
        try:
            return (yield)
        finally:
            meant = getattr(item, "_fixtureinfo", None)  # nothing public says which fixture a name means
            fixtures = [one for several in meant.name2fixturedefs.values() for one in several] if meant else []
            self._tests[item.nodeid] = (self._end(), [id(fixture) for fixture in fixtures])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Leave out tests that fail or are skipped."""
        if report.outcome != "passed":
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write what was noted."""
        self._lines.end()
        self._out.write_text(json.dumps({name: self._row(name) for name in self._tests if name not in self._failed}))

    def _row(self, name: str) -> dict[str, object]:
        own, fixtures = self._tests[name]
        used = [self._fixtures[fixture] for fixture in fixtures if fixture in self._fixtures]
        lines: dict[str, list[int]] = {}
        for path, line in sorted(own.places.union(*(trace.places for trace in used))):
            lines.setdefault(path, []).append(line)
        alone = own.seconds + sum(trace.seconds for trace in used if not trace.shared)
        shared = sum(trace.seconds for trace in used if trace.shared)
        return {"seconds": round(alone, 4), "shared": round(shared, 4), "lines": lines}


class InOrder:
    """A plugin of pytest that runs the tests of a list and no others, in its order, and writes which of them failed."""

    def __init__(self, names: Sequence[str], *, failed: Path) -> None:
        self._order, self._failed = {name: place for place, name in enumerate(names)}, failed
        failed.write_text("")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose and order."""
        items[:] = [item for item in items if item.nodeid in self._order]
        items.sort(key=lambda item: self._order[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the name of a test that fails."""
        if report.failed:
            with self._failed.open("a") as file:
                file.write(f"{report.nodeid}\n")


def read_tests(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[CoveringTest]:
    """Read what a `LineRecorder` wrote."""
    for name, row in rows.items():
        places = frozenset((path, line) for path, lines in row["lines"].items() for line in lines)
        yield CoveringTest(name, row["seconds"], row["shared"], places)


def covering_tests(
    tests: Iterable[CoveringTest], *, path: str, line: int, texts: Mapping[str, str]
) -> list[CoveringTest]:
    """List the tests that run a line of one of several modules, the quickest first.

    A line that only the import of its module runs is no test's own. A default belongs to the tests that run its
    function, any other name to those that run a function with that name in it, in any module; where there are none,
    to those that run anything of the module.
    """
    tests, places = list(tests), set(_places(path, line, texts))
    found = [test for test in tests if places & test.places]
    found = found or [test for test in tests if any(other == path for other, _ in test.places)]
    return sorted(found, key=lambda test: (test.seconds + test.shared, test.name))


def within(tests: Sequence[CoveringTest], *, seconds: float) -> list[CoveringTest]:
    """Keep the first tests that together take at most so many seconds, one at least; what they share is made once."""
    kept: list[CoveringTest] = []
    alone, shared = 0.0, 0.0
    for test in tests:
        alone, shared = alone + test.seconds, max(shared, test.shared)
        if kept and alone + shared > seconds:
            break
        kept.append(test)
    return kept


def statement_lines(module: ast.Module, line: int) -> range | None:
    """Give the lines of the innermost statement in a function that holds a line; None outside the bodies."""
    inside = [function for function in _functions(module) if line in _body(function)]
    statements = [part for part in ast.walk(inside[-1]) if isinstance(part, ast.stmt)] if inside else []
    meant = [_header(part) for part in statements if line in _header(part)]
    return meant[-1] if meant else None  # the last is the innermost: `ast.walk` goes down level by level


def _places(path: str, line: int, texts: Mapping[str, str]) -> Iterator[Place]:
    module = ast.parse(texts[path])
    lines = statement_lines(module, line)
    around = [function for function in _functions(module) if function.lineno <= line <= _last(function)]
    if lines or around:
        yield from ((path, number) for number in lines or _body(around[-1]))
        return
    names = set(_names(module, line))
    for other, text in texts.items():
        if any(name in text for name in names):
            for function in _functions(ast.parse(text)):
                if names & set(_mentioned(function)):
                    yield from ((other, number) for number in _body(function))


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _last(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno


def _body(function: ast.FunctionDef) -> range:
    return range(function.body[0].lineno, _last(function) + 1)


def _header(statement: ast.stmt) -> range:
    """Give the lines of a statement without the statements in it."""
    inner = [part.lineno for part in ast.walk(statement) if isinstance(part, ast.stmt) and part is not statement]
    return range(statement.lineno, max(min(inner), statement.lineno + 1) if inner else _last(statement) + 1)


def _names(module: ast.Module, line: int) -> Iterator[str]:
    """Give what a line outside functions defines: a constant, a field, and the class around it."""
    for node in ast.walk(module):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= _last(node):
            continue
        if isinstance(node, ast.ClassDef):
            yield node.name
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _mentioned(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
