"""Changes of the code put to their tests: each in a process of its own that ends with the first test that fails.

A process that has collected the tests once forks for every change and puts the changed code into the functions that are
loaded. Where that is not the same as to load the changed file, for a line that runs on import, the file is changed and
everything is loaded again.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from coverage_map import CoveringTest, InOrder, LineListener, statement_lines

HOMES = (".", "features", "training", "serving", "decisions", "simulator")
KILLED, SURVIVED, LATE, UNCOVERED = "killed", "survived", "out of time", "no test runs it"
PASSED = {0, 5}
"""Exit statuses of pytest: all passed, or there was none to run."""
UNFIT = 77
"""Exit status of a process that could not change the loaded code."""
LOG, FAILED = "tests.log", "failed.txt"


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, what stood there, what stands there now, and the whole changed text."""

    path: str
    line: int
    before: str
    after: str
    text: str

    @property
    def key(self) -> str:
        """Name the change by the whole text that it makes, so that it is another one once its module has changed."""
        return hashlib.sha256(f"{self.path}\n{self.text}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Verdict:
    """What the tests said of a change: ``by`` names the test that failed, ``tests`` counts those that were chosen."""

    mutant: Mutant
    outcome: str
    by: str
    tests: int
    seconds: float

    @property
    def noticed(self) -> bool:
        """Whether a test failed, or did not end."""
        return self.outcome in {KILLED, LATE}

    @property
    def row(self) -> dict[str, Any]:
        """Its line of a report."""
        mutant = {name: value for name, value in asdict(self.mutant).items() if name != "text"}
        return {
            "key": self.mutant.key, **mutant,
            "outcome": self.outcome, "by": self.by, "tests": self.tests, "seconds": self.seconds,
        }  # fmt: skip


def start(tree: Path, tests: Sequence[str], *, plugin: object) -> int:
    """Run tests of a tree in a fork of this process, which has the libraries loaded; return its id."""
    child = os.fork()
    if child:
        return child
    code = 3
    try:
        os.setsid()
        os.chdir(tree)
        with (tree / LOG).open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        homes = [str(tree / home) for home in HOMES]
        sys.path[:0] = homes
        os.environ["PYTHONPATH"] = os.pathsep.join(homes)  # for what tests start
        sys.dont_write_bytecode = True
        code = int(
            pytest.main(["-q", "-n0", "-p", "no:cacheprovider", f"--basetemp={tree / 'tmp'}", *tests], plugins=[plugin])
        )
    finally:
        sys.stdout.flush()
        os._exit(code)


def wait(child: int, *, limit: float) -> int | None:
    """Wait for a run of tests, at most so many seconds, and give its exit status; None if it took longer."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


class Judge:
    """A plugin of pytest that collects tests, and for each change forks, changes the loaded code and runs its tests.

    Changes of lines that were run on import are left out: the loaded code holds what they made.
    """

    def __init__(self, tests: Mapping[Mutant, Sequence[CoveringTest]], tree: Path, *, report: Path) -> None:
        self._tests, self._tree, self._report = tests, tree, report
        self._lines = LineListener(tree)
        self._failed = tree / FAILED

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        """Begin to note what runs on import, the imports of the first conftest included."""
        self._lines.begin()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge one change after the other, instead of running all tests."""
        on_import = self._lines.end()
        items = {item.nodeid: item for item in session.items}
        for mutant, tests in self._tests.items():
            lines = statement_lines(ast.parse((self._tree / mutant.path).read_text()), mutant.line)
            chosen = [items[test.name] for test in tests if test.name in items]
            if lines is None or not chosen or any((mutant.path, line) in on_import for line in lines):
                continue
            began = time.monotonic()
            self._failed.write_text("")
            code = wait(self._fork(session, mutant, chosen), limit=_limit(tests))
            if code != UNFIT:
                append(self._report, _verdict(mutant, code, tests, failed=self._failed, began=began))
        return True

    def _fork(self, session: pytest.Session, mutant: Mutant, items: Sequence[pytest.Item]) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries have threads that wait; the child has none, and needs none
            child = os.fork()
        if child:
            return child
        code = UNFIT
        try:
            os.setsid()
            change_loaded(self._tree / mutant.path, mutant.text)
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    break
            code = 1 if session.testsfailed else 0
        finally:
            os._exit(code)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the name of a test that fails."""
        if report.failed:
            self._failed.write_text(report.nodeid)


def change_loaded(file: Path, text: str) -> None:
    """Put the functions of a changed file into those that are loaded, wherever they have gone.

    Raises
    ------
    ValueError
        If a function closes over other names than before.
    """
    old, new = ({}, {})
    for source, codes in ((file.read_text(), old), (text, new)):
        for code in _codes(compile(source, str(file), "exec", dont_inherit=True)):
            codes.setdefault(code.co_qualname, []).append(code)
    changed = {
        (before.co_qualname, before.co_firstlineno): after
        for name in old
        for before, after in zip(old[name], new.get(name, []), strict=False)
    }
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == str(file):
            place = (function.__code__.co_qualname, function.__code__.co_firstlineno)
            function.__code__ = changed.get(place, function.__code__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def judge_loaded(tests: Mapping[Mutant, Sequence[CoveringTest]], tree: Path, *, report: Path) -> None:
    """Judge the changes that can be put into loaded code; each verdict becomes a line of the report."""
    files = dict.fromkeys(test.name.partition("::")[0] for chosen in tests.values() for test in chosen)
    if files:
        limit = 600 + sum(_limit(chosen) for chosen in tests.values())
        wait(start(tree, list(files), plugin=Judge(tests, tree, report=report)), limit=limit)


def judge_anew(tests: Mapping[Mutant, Sequence[CoveringTest]], tree: Path, *, report: Path) -> None:
    """Judge changes by changing the file and loading everything again."""
    for mutant, chosen in tests.items():
        file, began = tree / mutant.path, time.monotonic()
        original = file.read_text()
        file.write_text(mutant.text)
        code = run_in_order(tree, [test.name for test in chosen], "-x", limit=_limit(chosen)) if chosen else 0
        file.write_text(original)
        append(report, _verdict(mutant, code, chosen, failed=tree / FAILED, began=began))


def _limit(tests: Sequence[CoveringTest]) -> float:
    return 60 + 5 * sum(test.seconds + test.shared for test in tests)


def _verdict(mutant: Mutant, code: int | None, tests: Sequence[CoveringTest], *, failed: Path, began: float) -> Verdict:
    outcome = UNCOVERED if not tests else LATE if code is None else SURVIVED if code in PASSED else KILLED
    by = failed.read_text().partition("\n")[0] if outcome == KILLED else ""
    return Verdict(mutant, outcome, by, len(tests), round(time.monotonic() - began, 1))


def append(report: Path, verdict: Verdict) -> None:
    """Write a verdict as a line of a report."""
    with report.open("a") as file:
        file.write(json.dumps(verdict.row) + "\n")


def run_in_order(tree: Path, names: Sequence[str], *options: str, limit: float) -> int | None:
    """Run tests by their names; give the exit status of pytest, None after the limit."""
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    return wait(start(tree, [*options, *files], plugin=InOrder(names, failed=tree / FAILED)), limit=limit)


def unsound_tests(verdicts: Sequence[Verdict], tree: Path) -> list[str]:
    """Name the tests that failed with a change and fail without one as well."""
    names = sorted({verdict.by for verdict in verdicts if verdict.by})
    if names:
        run_in_order(tree, names, limit=3600)
    return (tree / FAILED).read_text().splitlines() if names else []
