"""The mutation check changes one thing at a time, the same ones for a seed, and asks the tests that run the change."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def mutation(repository: Path) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(repository / "benchmarks")
        return import_module("mutation")


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
    few = ("decisions/tenure_decisions/economics",)
    samples = [mutation.drawn(20, seed=seed, subjects=few) for seed in (3, 3, 4)]
    assert samples[0] == samples[1] != samples[2]


LIMIT = """
STEP = 2

def at(
    size=3,
):
    if size < 1:
        return 0
    return size * STEP
"""
OTHER = "def other():\n    return 5"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (7, ["quick", "slow"]),  # the condition, not what it guards
        (8, ["slow"]),
        (9, ["quick"]),
        (5, ["quick", "slow"]),  # a default: tests of the body
        (2, ["quick", "slow"]),  # a constant: tests of the functions that name it
    ],
)
def test_covering_tests__run_the_line_the_quickest_first(line: int, names: list[str], mutation: ModuleType) -> None:
    def test(name: str, seconds: float, *places: tuple[str, int]) -> object:
        return sys.modules["coverage_map"].CoveringTest(name, seconds, 0.0, frozenset(places))

    tests = [
        test("slow", 2.0, ("limit.py", 7), ("limit.py", 8)),
        test("quick", 1.0, ("limit.py", 7), ("limit.py", 9)),
        test("elsewhere", 0.5, ("other.py", 2)),
    ]
    texts = {"limit.py": LIMIT, "other.py": OTHER}
    chosen = mutation.covering_tests(tests, path="limit.py", line=line, texts=texts)
    assert [test.name for test in chosen] == names
    assert [test.name for test in mutation.within(chosen, seconds=2.5)] == names[:1]


SHOP = """
def rate():
    return 0.25

TAX = rate()

def gross(net):
    if net > 100:
        return net
    return net * (1 + TAX)

def unused():
    return 1 + 1
"""
TEST_SHOP = """
import pytest
from shop import gross

@pytest.fixture(scope="module")
def price():
    return gross(100)

def test_first(price): assert price > 100
def test_second(price): assert price == 125
def test_third(): assert gross(200) == 200
def test_broken(): assert gross(1) == 1
"""
RUN = """
import json, sys
from pathlib import Path
from coverage_map import LineRecorder, read_tests
from judging import judge_anew, judge_loaded, start, unsound_tests, wait
from mutation import earlier, mutants, covering_tests, Verdict
tree, report = Path.cwd(), Path("report.jsonl")
wait(start(tree, ["tests"], plugin=LineRecorder(tree, folders=["shop.py"], out=tree / "lines.json")), limit=60)
tests = list(read_tests(json.loads(Path("lines.json").read_text())))
text = Path("shop.py").read_text()
changes = {
    change: covering_tests(tests, path="shop.py", line=change.line, texts={"shop.py": text})
    for change in mutants("shop.py", text)
}
judge_loaded(changes, tree, report=report)
loaded = earlier(report, again=False)
judge_anew({change: chosen for change, chosen in changes.items() if change.key not in loaded}, tree, report=report)
rows = earlier(report, again=False)
verdict = Verdict(next(iter(changes)), "killed", "tests/test_shop.py::test_broken", 1, 1.0)
print(json.dumps({
    "loaded": len(loaded), "rows": list(rows.values()), "again": len(earlier(report, again=True)),
    "unsound": unsound_tests([verdict], tree), "text": Path("shop.py").read_text() == text,
}))
"""


@pytest.fixture(scope="module")
def judged(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A shop of ten lines, all of whose changes were judged in a process of their own."""
    tree = tmp_path_factory.mktemp("shop")
    (tree / "tests").mkdir()
    (tree / "shop.py").write_text(SHOP)
    (tree / "tests" / "test_shop.py").write_text(TEST_SHOP)
    (tree / "tests" / "conftest.py").write_text("import shop")
    (tree / "pytest.ini").write_text("[pytest]\naddopts = -p xdist\n")
    code = f"import sys; sys.path.insert(0, {str(repository / 'benchmarks')!r})\n{RUN}"
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, env=environment, capture_output=True, text=True, check=True
    )
    answer: dict[str, object] = json.loads(ended.stdout)
    return answer


def test_judge__says_which_change_which_test_noticed(judged: dict[str, list[dict[str, object]]]) -> None:
    noticed = {(row["line"], row["before"]): str(row["by"]).rpartition("_")[2] for row in judged["rows"]}
    some = {place: noticed[place] for place in [(8, "net > 100"), (10, "net * (1 + TAX)"), (10, "1 + TAX")]}
    assert noticed == {
        (3, "return 0.25"): noticed[3, "return 0.25"],
        (3, "0.25"): "second",  # runs on import: everything was loaded again
        (8, "net > 100"): noticed[8, "net > 100"],
        (8, "100"): "",
        (9, "return net"): "third",
        (10, "return net * (1 + TAX)"): noticed[10, "return net * (1 + TAX)"],
        **some,
        (10, "1"): "second",
        (13, "return 1 + 1"): "",
        (13, "1 + 1"): "",
        (13, "1"): "",
    }
    assert set(noticed.values()) <= {
        "",
        "first",
        "second",
        "third",
        "shop.py",
    }  # several notice some: the quickest is named
    assert sum(row["outcome"] == "killed" for row in judged["rows"]) == 8
    assert judged["loaded"] == 11


def test_judge__goes_on_from_its_report(judged: dict[str, object]) -> None:
    assert judged["again"] == 8
    assert judged["text"]
    assert judged["unsound"] == ["tests/test_shop.py::test_broken"]


def test_summary__counts_what_was_noticed_with_and_without_what_changes_nothing(mutation: ModuleType) -> None:
    changes = [mutation.Mutant("decisions/tenure_decisions/a.py", 7, "a  <\n b", f"(a {n} b)", "") for n in range(5)]
    outcomes = ["killed", "survived", "out of time", "killed", "survived"]
    verdicts = [
        mutation.Verdict(change, outcome, "", 3, 1.0) for change, outcome in zip(changes, outcomes, strict=True)
    ]
    lines = mutation.summary(verdicts, reasons={changes[4]: "both are right"})
    assert "| all | 5 | 60.0% | 75.0% |" in lines
    assert "- decisions/tenure_decisions/a.py:7: `a < b` -> `(a 1 b)` (survived, 3 tests)" in lines
    assert lines[-1] == "- decisions/tenure_decisions/a.py:7: `a < b` -> `(a 4 b)`: both are right"


def test_equivalent_changes__are_still_in_the_code(mutation: ModuleType, repository: Path) -> None:
    for path, line, after in mutation.equivalent_changes():
        text = (repository / path).read_text()
        found = [change for change in mutation.mutants(path, text) if change.after == after]
        assert line in {text.splitlines()[change.line - 1].strip() for change in found}, (path, line, after)
