"""The mutation check changes one thing at a time, the same ones for a seed, and finds the tests beside a module."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def mutation(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutation", repository / "benchmarks" / "mutation.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutation"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_mutants__change_one_thing_each(mutation: ModuleType) -> None:
    body = ["    note(a)", "    if not a >= 2:", "        raise ValueError(a + 1)", "    return a + 1.5"]
    text = "\n".join(["def f(a: int = 3) -> bool:", *body])
    changes = {(mutant.line, mutant.before, mutant.after) for mutant in mutation.mutants("m.py", text)}
    assert changes == {
        (1, "3", "(4)"), (2, "note(a)", "pass"), (3, "not a >= 2", "(a >= 2)"), (3, "a >= 2", "(a > 2)"),
        (3, "2", "(3)"), (5, "return a + 1.5", "return None"), (5, "a + 1.5", "(a - 1.5)"), (5, "1.5", "(2.25)"),
    }  # fmt: skip
    assert all(ast.parse(mutant.text) for mutant in mutation.mutants("m.py", text))


def test_sample__is_the_same_for_a_seed(mutation: ModuleType) -> None:
    assert mutation.drawn(20, seed=3) == mutation.drawn(20, seed=3) != mutation.drawn(20, seed=4)


def test_tests__of_a_module_mirror_or_import_it(mutation: ModuleType, repository: Path) -> None:
    budget = mutation.tests_of("decisions/tenure_decisions/economics/budget.py", repository)
    assert budget[:2] == ("decisions/tenure_decisions/economics/budget.py", "tests/decisions/economics/test_budget.py")
    visits = mutation.tests_of("features/tenure_features/families/visits.py", repository)
    assert "tests/features/test_tables_catalogue.py" in visits


def test_summary__counts_what_was_noticed(mutation: ModuleType) -> None:
    mutant = mutation.Mutant("decisions/tenure_decisions/a.py", 7, "a  <\n b", "(a <= b)", "")
    verdicts = [mutation.Verdict(mutant, outcome, 1.0) for outcome in ("killed", "survived", "out of time", "killed")]
    lines = mutation.summary([*verdicts, mutation.Verdict(mutant, mutation.UNSOUND, 1.0)])
    assert "| all | 4 | 75% |" in lines
    assert lines[-1] == "- decisions/tenure_decisions/a.py:7: `a < b` -> `(a <= b)`"


def test_judge__goes_on_from_its_report(mutation: ModuleType, tmp_path: Path) -> None:
    mutant = mutation.Mutant("decisions/tenure_decisions/a.py", 7, "a < b", "(a <= b)", "return (a <= b)")
    report = tmp_path / "mutants.jsonl"
    rows = [{"key": mutant.key, "outcome": outcome, "seconds": 2.0} for outcome in ("killed", "survived")]
    report.write_text("".join(json.dumps(row) + "\n" for row in rows))
    nowhere = tmp_path / "no tree is needed for what was judged"
    assert list(mutation.judge([mutant], nowhere, limit=1.0, report=report)) == [
        mutation.Verdict(mutant, "survived", 2.0)
    ]
    assert mutation.earlier(report, again=True) == {}
    assert mutation.earlier(tmp_path / "none.jsonl", again=False) == {}
