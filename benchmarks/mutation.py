"""How many mistakes the tests notice: a seeded sample of small changes to the code, each met by the tests that run it.

``python benchmarks/mutation.py --mutants 200`` changes one thing at a time in models, families of features and
decisions (a comparison, an operator, a number, a truth, a returned value, a call), runs the tests that run the changed
line, the quickest first, and prints the share of changes that made a test fail, then the changes that nobody noticed.
Which test runs which line is recorded once, in ``--lines``, and again for files of tests that have changed. Every
verdict is a line of ``--report``; a run that is stopped and begun again goes on from there, and with ``--again`` the
changes that nobody noticed are judged once more, by the tests of today. Changes that change nothing a caller could see
are named with their reason in ``equivalent_changes.json``; the share is printed with and without them.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coverage_map import CoveringTest, LineRecorder, covering_tests, read_tests, within
from judging import SURVIVED, UNCOVERED, Mutant, Verdict, judge_anew, judge_loaded, start, unsound_tests, wait

REPOSITORY = Path(__file__).resolve().parents[1]
SUBJECTS = (
    "training/tenure_training/models",
    "features/tenure_features/families",
    "decisions/tenure_decisions",
)
PRELOADED = ("pandas", "pyarrow", "scipy.stats", "scipy.optimize", "sklearn.linear_model", "ibis", "duckdb", "xgboost")
"""Loaded before the fork: nothing of ours, nothing that pytest has to see first."""
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
TESTS = ("tests/decisions", "tests/features", "tests/training", *SUBJECTS)
"""Folders of tests, and the folders whose doctests are tests."""
LEFT_OUT = (
    "fuzz", "tests/features/identity", "tests/features/reading", "tests/features/tables", "tests/training/tuning",
)  # fmt: skip
"""Minutes of damaged files; what comes before any of the subjects is asked; and processes that are started anew, which
wait for ever for what a forked one has loaded."""
EQUIVALENT = Path(__file__).with_name("equivalent_changes.json")


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every changed form of one node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _is_text(node):
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1 if isinstance(node.value, int) else node.value * 1.5 or 1.0)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_nothing(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def reachable(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk what tests can be asked to notice: no types, no messages of errors, no imports for types."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(node, ast.Raise | ast.TypeAlias):
                continue
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                continue
            if isinstance(node, ast.FunctionDef) and node.name == "__repr__":
                continue
            yield node
            yield from reachable(node)


def mutants(path: str, text: str) -> list[Mutant]:
    """List every change of a module."""
    data, starts, changes = text.encode(), [0], []
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in reachable(ast.parse(text)):
        for variant in variants(node):
            begin = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
            end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
            written = ast.unparse(ast.fix_missing_locations(variant))
            written = f"({written})" if isinstance(variant, ast.expr) else written
            before = data[begin:end].decode()
            changed = (data[:begin] + written.encode() + data[end:]).decode()
            changes.append(Mutant(path, node.lineno, before, written, changed))  # type: ignore[attr-defined]
    return changes


def copy_of_tree(target: Path) -> Path:
    """Copy the files git sees, so that changes never touch the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target / name)
    return target


def record(tree: Path, known: Path) -> list[CoveringTest]:
    """Run the tests of a tree, but those of files that are as they were, and note which lines each of them runs."""
    files = _digests(tree)
    rows = json.loads(known.read_text()) if known.is_file() else {}
    rows = {file: row for file, row in rows.items() if row["digest"] == files.get(file)}
    for folder in TESTS:
        new = [file for file in files if file.startswith(f"{folder}/") and file not in rows]
        out = tree / "lines.json"
        ended = (
            wait(start(tree, new, plugin=LineRecorder(tree, folders=SUBJECTS, out=out)), limit=7200) if new else None
        )
        if ended in {0, 1}:  # all passed, or some failed: anything else did not come to its end
            rows |= {file: {"digest": files[file], "tests": {}} for file in new}
            for name, row in json.loads(out.read_text()).items():
                rows[name.partition("::")[0]]["tests"][name] = row
            known.write_text(json.dumps(rows))
    return [test for file in rows.values() for test in read_tests(file["tests"])]


def _tests_in(tree: Path, folder: str) -> Iterator[str]:
    """Name the files of a folder that hold tests, but those that start Spark."""
    for path in sorted((tree / folder).rglob("*.py")):
        file, text = str(path.relative_to(tree)), path.read_text()
        tests = path.name.startswith("test_") and "spark" not in text and not any(part in file for part in LEFT_OUT)
        if ">>> " in text if folder in SUBJECTS else tests:
            yield file


def _digests(tree: Path) -> dict[str, str]:
    """Tell files of tests by their text and by all the code that may be changed, whose lines move."""
    modules = [path for subject in SUBJECTS for path in sorted((tree / subject).rglob("*.py"))]
    code = b"".join(path.read_bytes() for path in modules)
    files = [file for folder in TESTS for file in _tests_in(tree, folder)]
    return {file: hashlib.sha256((tree / file).read_bytes() + code).hexdigest() for file in files}


def earlier(report: Path, *, again: bool) -> dict[str, dict[str, Any]]:
    """Read what a report says of the changes it has judged, by key; without those to be judged again."""
    latest = {row["key"]: row for row in _rows(report)}
    return {key: row for key, row in latest.items() if not (again and row["outcome"] in {SURVIVED, UNCOVERED})}


def _rows(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text().splitlines()] if report.is_file() else []


def choose(sample: Sequence[Mutant], tree: Path, *, lines: Path, seconds: float) -> dict[Mutant, list[CoveringTest]]:
    """Choose the tests of each change."""
    every, modules = record(tree, lines), [path for home in SUBJECTS for path in (tree / home).rglob("*.py")]
    texts = {str(path.relative_to(tree)): path.read_text() for path in modules}
    return {
        mutant: within(covering_tests(every, path=mutant.path, line=mutant.line, texts=texts), seconds=seconds)
        for mutant in sample
    }


def judge(sample: Sequence[Mutant], tree: Path, *, asked: argparse.Namespace, again: bool) -> list[Verdict]:
    """Judge what the report does not hold yet, and give all verdicts."""
    report = asked.report.resolve()
    known = earlier(report, again=again)
    rest = [mutant for mutant in sample if mutant.key not in known]
    if rest:
        tests = choose(rest, tree, lines=asked.lines.resolve(), seconds=asked.seconds)
        begun = _rows(report)
        judge_loaded(tests, tree, report=report)
        judged = {row["key"] for row in _rows(report)[len(begun) :]}
        judge_anew({mutant: tests[mutant] for mutant in rest if mutant.key not in judged}, tree, report=report)
    latest, said = earlier(report, again=False), ("outcome", "by", "tests", "seconds")
    return [Verdict(mutant, *(latest[mutant.key][name] for name in said)) for mutant in sample]


def drawn(number: int, *, seed: int, subjects: Sequence[str] = SUBJECTS) -> list[Mutant]:
    """Draw changes of all modules of the subjects, each as likely as any other.

    Neighbours in a module stay together, modules come in a drawn order: what a stopped run has judged is a fair part.
    """
    every = [
        mutant
        for subject in subjects
        for path in sorted((REPOSITORY / subject).rglob("*.py"))
        for mutant in mutants(str(path.relative_to(REPOSITORY)), path.read_text())
    ]
    dice = random.Random(seed)  # noqa: S311  # no secret
    sample = dice.sample(every, min(number, len(every)))
    place = {path: dice.random() for path in sorted({mutant.path for mutant in sample})}
    return sorted(sample, key=lambda mutant: (place[mutant.path], mutant.line))


def equivalent_changes() -> dict[tuple[str, str, str], str]:
    """Read why some changes change nothing: by file, what stood there with its line, and what stands there instead."""
    rows = json.loads(EQUIVALENT.read_text())
    return {(row["path"], row["line"], row["after"]): row["reason"] for row in rows}


def reason_of(mutant: Mutant, reasons: Mapping[tuple[str, str, str], str]) -> str | None:
    """Say why a change changes nothing, if it is named, by the text of its line."""
    original = (REPOSITORY / mutant.path).read_text().splitlines()
    return reasons.get((mutant.path, original[mutant.line - 1].strip(), mutant.after))


def summary(verdicts: Sequence[Verdict], *, reasons: Mapping[Mutant, str]) -> list[str]:
    """Say what share was noticed, by subject and altogether, with and without changes that change nothing."""
    lines = ["| changed | changes | noticed | of those that change something |", "|---|---:|---:|---:|"]
    for subject in (*SUBJECTS, ""):
        of = [verdict for verdict in verdicts if verdict.mutant.path.startswith(subject)]
        noticed = sum(verdict.noticed for verdict in of)
        real = sum(verdict.noticed or verdict.mutant not in reasons for verdict in of)
        if real:
            lines.append(f"| {subject or 'all'} | {len(of)} | {noticed / len(of):.1%} | {noticed / real:.1%} |")
    for title, equivalent in (("Not noticed", False), ("Changes nothing", True)):
        lines += ["", f"{title}:"]
        for verdict in verdicts:
            mutant = verdict.mutant
            if not verdict.noticed and (mutant in reasons) == equivalent:
                why = f": {reasons[mutant]}" if equivalent else f" ({verdict.outcome}, {verdict.tests} tests)"
                lines.append(
                    f"- {mutant.path}:{mutant.line}: `{_short(mutant.before)}` -> `{_short(mutant.after)}`{why}"
                )
    return lines


def _short(text: str) -> str:
    return " ".join(text.split())[:100]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0, help="of tests for a change, at most")
    parser.add_argument("--subject", action="append", help="a folder or file instead of all three")
    parser.add_argument("--lines", type=Path, default=Path("mutants_lines.json"), help="which test runs which line")
    parser.add_argument("--report", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("--again", action="store_true", help="judge what the report says nobody noticed once more")
    return parser.parse_args()


def main() -> None:
    asked = parse()
    sample = drawn(asked.mutants, seed=asked.seed, subjects=asked.subject or SUBJECTS)
    os.environ.update(
        OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE", PYTHONDONTWRITEBYTECODE="1"
    )
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    for name in PRELOADED:
        __import__(name)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copy_of_tree(Path(folder).resolve())
        verdicts = judge(sample, tree, asked=asked, again=asked.again)
        wrong = unsound_tests(verdicts, tree)
    named = equivalent_changes()
    reasons = {mutant: reason for mutant in sample if (reason := reason_of(mutant, named))}
    print("\n".join(summary([verdict for verdict in verdicts if verdict.by not in wrong], reasons=reasons)))
    for name in wrong:
        print(f"Not counted: {name} fails without a change too")


if __name__ == "__main__":
    main()
