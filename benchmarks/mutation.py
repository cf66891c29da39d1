"""How many mistakes the tests notice: a seeded sample of small changes to the code, each met by the tests beside it.

``python benchmarks/mutation.py --mutants 200`` changes one thing at a time in models, families of features and
decisions (a comparison, an operator, a number, a truth, a returned value, a call), runs the tests that mirror or import
the changed module, and prints the share of changes that made a test fail, then the changes that nobody noticed.
Every verdict is a line of ``--report``; a run that is stopped and begun again goes on from there, and with ``--again``
the changes that nobody noticed are judged once more, by the tests of today.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SUBJECTS = (
    "training/tenure_training/models",
    "features/tenure_features/families",
    "decisions/tenure_decisions",
)
HOMES = (".", "features", "training", "serving", "decisions", "simulator")
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
ORACLES = {
    "features/tenure_features/families": (
        "tests/features/test_tables_catalogue.py",
        "tests/features/test_catalogue.py",
    ),
}
"""Tests that hold whole folders to a second implementation."""
MOST_FILES = 5
"""Of tests for a module, the nearest first."""
KILLED, SURVIVED, LATE, UNSOUND = "killed", "survived", "out of time", "not judged: its tests fail without it"


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
    """What the tests said of a change."""

    mutant: Mutant
    outcome: str
    seconds: float


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


def module_of(path: str) -> str:
    """Name the module of a file: ``training/tenure_training/labels.py`` is ``tenure_training.labels``."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[0 if parts[0] == "tenure" else 1 :]).removesuffix(".__init__")


def tests_of(path: str, root: Path) -> tuple[str, ...]:
    """Name the tests of a module: its mirror, files that import it or its names, else its folder; and its doctests."""
    parts = Path(path).parts
    folder = Path("tests", *parts[:1], *parts[2:-1])
    mirror = folder / f"test_{Path(path).stem}.py"
    near = [file.relative_to(root) for file in sorted((root / "tests").rglob("test_*.py")) if _is_quick(file)]
    direct = [file for file in near if _imports(root / file, module_of(path))]
    names = [name for name in _public_names(ast.parse((root / path).read_text())) if len(name) > 1]
    through = [file for file in near if _mentions(root / file, module_of(path), names)]
    own = [mirror] if (root / mirror).is_file() else []
    chosen = [*own, *_nearest_first(direct, folder), *_nearest_first(through, folder)]
    oracles = next((files for home, files in ORACLES.items() if path.startswith(home)), ())
    tests = list(dict.fromkeys((*[str(file) for file in dict.fromkeys(chosen)][:MOST_FILES], *oracles)))
    while not tests:
        tests = [str(folder)] if any((root / folder).glob("test_*.py")) else []
        folder = folder.parent
    return (path, *tests)


def _public_names(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def _is_quick(file: Path) -> bool:
    """Leave out minutes of damaged files, and the start of Spark: they say nothing of one change."""
    return "fuzz" not in file.name and "spark" not in file.read_text()


def _nearest_first(files: Sequence[Path], folder: Path) -> list[Path]:
    return sorted(files, key=lambda file: -len(os.path.commonpath([file, folder])))


def _imports(file: Path, module: str) -> bool:
    text = file.read_text()
    return f"from {module} import" in text or f"import {module}" in text


def _mentions(file: Path, module: str, names: Sequence[str]) -> bool:
    """Whether a file imports what a module defines from a package above it."""
    above = {module.rsplit(".", up)[0] for up in range(1, module.count(".") + 1)}
    imported = {
        alias.name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in above
        for alias in node.names
    }
    return bool(imported & {*names})


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


def start(tree: Path, tests: Sequence[str], log: Path) -> int:
    """Run tests of a tree in a fork of this process, which has the libraries loaded; return its id."""
    child = os.fork()
    if child:
        return child
    code = 3
    try:
        os.setsid()
        os.chdir(tree)
        with log.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        homes = [str(tree / home) for home in HOMES]
        sys.path[:0] = homes
        os.environ["PYTHONPATH"] = os.pathsep.join(homes)  # for what tests start
        sys.dont_write_bytecode = True
        import pytest

        code = int(pytest.main(["-x", "-q", "-n0", "-p", "no:cacheprovider", "--durations=0", *tests]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def wait(child: int, *, limit: float) -> tuple[str, float]:
    """Wait for a run of tests, at most so many seconds."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return (SURVIVED if status == 0 else KILLED), time.monotonic() - began
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return LATE, time.monotonic() - began


def earlier(report: Path, *, again: bool) -> dict[str, tuple[str, float]]:
    """Read what a report says of the changes it has judged, by key; without those to be judged again."""
    rows = [json.loads(line) for line in report.read_text().splitlines()] if report.is_file() else []
    said = {row["key"]: (row["outcome"], row["seconds"]) for row in rows}
    return {key: verdict for key, verdict in said.items() if not (again and verdict[0] in {SURVIVED, UNSOUND})}


def judge(
    sample: Sequence[Mutant], tree: Path, *, limit: float, report: Path, again: bool = False
) -> Iterator[Verdict]:
    """Put one change after the other into a tree and let its tests judge it; they must pass without it."""
    sound: dict[tuple[str, ...], tuple[str, float]] = {}
    judged = earlier(report, again=again)
    for mutant in sample:
        if mutant.key in judged:
            yield Verdict(mutant, *judged[mutant.key])
            continue
        tests, file = tests_of(mutant.path, tree), tree / mutant.path
        if tests not in sound:
            sound[tests] = wait(start(tree, tests, tree / "tests.log"), limit=10 * limit)
        unchanged, usual = sound[tests]
        if unchanged == SURVIVED:
            original = file.read_text()
            file.write_text(mutant.text)
            outcome, seconds = wait(start(tree, tests, tree / "tests.log"), limit=limit + 5 * usual)
            file.write_text(original)
        else:
            outcome, seconds = UNSOUND, usual
        verdict = Verdict(mutant, outcome, round(seconds, 1))
        with report.open("a") as lines:
            row = {name: value for name, value in asdict(mutant).items() if name != "text"}
            lines.write(json.dumps({"key": mutant.key, **row, "outcome": outcome, "seconds": verdict.seconds}) + "\n")
        yield verdict


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


def summary(verdicts: Sequence[Verdict]) -> list[str]:
    """Say what share was noticed, by subject and altogether, and what was not."""
    lines = ["| changed | changes | noticed |", "|---|---:|---:|"]
    unsound = {verdict.mutant.path for verdict in verdicts if verdict.outcome == UNSOUND}
    verdicts = [verdict for verdict in verdicts if verdict.outcome != UNSOUND]
    for subject in (*SUBJECTS, ""):
        of = [verdict for verdict in verdicts if verdict.mutant.path.startswith(subject)]
        noticed = sum(verdict.outcome != SURVIVED for verdict in of)
        if of:
            lines.append(f"| {subject or 'all'} | {len(of)} | {noticed / len(of):.0%} |")
    lines += ["", *(f"Not judged, its tests fail without a change: {path}" for path in sorted(unsound)), "Not noticed:"]
    for verdict in verdicts:
        if verdict.outcome == SURVIVED:
            mutant = verdict.mutant
            lines.append(f"- {mutant.path}:{mutant.line}: `{_short(mutant.before)}` -> `{_short(mutant.after)}`")
    return lines


def _short(text: str) -> str:
    return " ".join(text.split())[:100]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds beyond five times the sound run")
    parser.add_argument("--subject", action="append", help="a folder or file instead of all three")
    parser.add_argument("--part", default="1/1", help="which part of the sample: 1/2 and 2/2 run side by side")
    parser.add_argument("--report", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("--again", action="store_true", help="judge what the report says nobody noticed once more")
    asked = parser.parse_args()
    part, parts = (int(number) for number in asked.part.split("/"))
    sample = drawn(asked.mutants, seed=asked.seed, subjects=asked.subject or SUBJECTS)
    sample = sample[len(sample) * (part - 1) // parts : len(sample) * part // parts]
    os.environ.update(
        OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE", PYTHONDONTWRITEBYTECODE="1"
    )
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    for name in PRELOADED:
        __import__(name)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        verdicts = []
        tree, report = copy_of_tree(Path(folder)), asked.report.resolve()
        sample.sort(key=lambda mutant: not tests_of(mutant.path, tree)[1].endswith(".py"))  # whole folders last
        for verdict in judge(sample, tree, limit=asked.limit, report=report, again=asked.again):
            verdicts.append(verdict)
            place = f"{verdict.mutant.path}:{verdict.mutant.line}"
            print(f"{len(verdicts)}/{len(sample)} {verdict.outcome} {place}", flush=True)
    print("\n".join(summary(verdicts)))


if __name__ == "__main__":
    main()
