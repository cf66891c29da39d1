"""Run in a process of its own: bundles are damaged in every way there is, their checksums rewritten, and scored with.

``python bundle_fuzzer.py FOLDER SEED COUNT`` reads ``FOLDER/bundles/*`` and ``FOLDER/rows.parquet``, and prints a line
of JSON for every mutant before and after it is tried, so that whoever started it knows which one killed it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError
from tenure_serving.scorer import Scorer

MEMORY = 8 * 2**30
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect", "pty.spawn")

Files = dict[str, bytes]
Random = np.random.Generator


def hostile(folder: Path) -> list[Any]:
    """Values that stand where others should."""
    evil = str(folder / "evil.py")
    names = [
        evil,
        f"{evil}:Evil",
        "evil:Evil",
        "evil",
        "os:system",
        "antigravity",
        "this",
        "../../evil.py",
        "blend",
        "zero",
    ]
    numbers = [0, 1, -1, 0.5, -0.0, 1e-300, 1e30, 1e308, -1e308, 10**400, 2**31, 2**63, 65535, 1e15, float("nan")]
    others = [None, True, False, "", "\x00", "x" * 100_000, [], {}, [0] * 20_000, {"a": {"b": {}}}, float("inf"), "1.0"]
    return [*names, *numbers, *others, "{value.__class__}", "{value:999999999999}", _deep(200), "2024-13-45T00:00:00"]


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to every value of a JSON document."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def replaced(files: Files, random: Random, *, values: list[Any]) -> None:
    """Put another value somewhere into a JSON file, take one out, or add one."""
    name = str(random.choice([name for name in sorted(files) if name.endswith(".json")]))
    content = json.loads(files[name])
    for _ in range(int(random.integers(1, 3))):
        path = _drawn(content, random)
        if not path:
            continue
        parent = content
        for key in path[:-1]:
            parent = parent[key]
        value, act = values[int(random.integers(len(values)))], random.random()
        if act < 0.15:
            del parent[path[-1]]
        elif act < 0.25 and isinstance(parent, list):
            parent.insert(path[-1], copy.deepcopy(value))
        elif act < 0.25:
            parent[str(value)[:300]] = copy.deepcopy(value)
        elif act < 0.4 and isinstance(parent[path[-1]], float):
            parent[path[-1]] = float(parent[path[-1]]) * float(random.choice([-1.0, 0.0, 1e-9, 1e3, 1e9, 1e100]))
        else:
            parent[path[-1]] = copy.deepcopy(value)
    files[name] = json.dumps(content).encode()


def _drawn(content: Any, random: Random) -> tuple[Any, ...]:
    """Draw a place: level by level, so that a field is drawn as often as all the numbers of a long list."""
    path: tuple[Any, ...] = ()
    while isinstance(content, dict | list) and content and (not path or random.random() < 0.8):
        keys = list(content) if isinstance(content, dict) else range(len(content))
        path = (*path, keys[int(random.integers(len(keys)))])
        content = content[path[-1]]
    return path


def flipped(files: Files, random: Random, *, only: str = "") -> None:
    """Flip a few bits of a file."""
    name = str(random.choice([name for name in sorted(files) if name.endswith(only)]))
    content = bytearray(files[name])
    for _ in range(int(random.choice([1, 1, 1, 2, 8]))):
        content[int(random.integers(len(content)))] ^= 1 << int(random.integers(8))
    files[name] = bytes(content)


def cut(files: Files, random: Random) -> None:
    """Take bytes out of a file, put some in, or cut its end off."""
    name = str(random.choice(sorted(files)))
    content = files[name]
    start, length = int(random.integers(len(content))), int(random.integers(1, 64))
    middle = random.bytes(length) if random.random() < 0.3 else b""
    files[name] = content[:start] + (middle + content[start + length :] if random.random() < 0.7 else b"")


def swapped(files: Files, random: Random, *, others: list[Files]) -> None:
    """Take a file from another bundle, or under another name of the same."""
    name = str(random.choice(sorted(files)))
    other = others[int(random.integers(len(others)))] if random.random() < 0.6 else files
    files[name] = other[str(random.choice(sorted(other)))]
    if random.random() < 0.3:
        files[
            str(random.choice(["model/evil.py", "model/x.ubj", "model/waits.ubj", "../evil.py", "model/a/b.json"]))
        ] = b"{}"


def written(files: Files, folder: Path) -> Path:
    """Write a mutant with checksums that fit."""
    shutil.rmtree(folder, ignore_errors=True)
    inside = {name: content for name, content in files.items() if ".." not in name}
    for name, content in inside.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (folder / "checksums.json").write_text(json.dumps(sums))
    return folder


def scored(folder: Path, rows: pd.DataFrame) -> str:
    """Load and score; say what came of it."""
    scores = Scorer.load(folder).score(rows)
    numbers = scores.select_dtypes("float64")
    fit = np.isfinite(numbers.to_numpy()).all() and scores["churn_probability"].between(0, 1).all()
    return "scored" if fit else f"scores out of range: {numbers.min().min()} to {numbers.max().max()}"


def main(folder: Path, seed: int, count: int) -> None:
    """Try so many mutants."""
    bundles = [
        {
            file.relative_to(one).as_posix(): file.read_bytes()
            for file in one.rglob("*.*")
            if file.name != "checksums.json"
        }
        for one in sorted((folder / "bundles").iterdir())
    ]
    rows, values, scratch = pd.read_parquet(folder / "rows.parquet"), hostile(folder), folder / "mutant"
    for files in bundles:  # what is imported late is imported now
        assert scored(written(files, scratch), rows) == "scored"
    ways: list[tuple[str, Callable[[Files, Random], None]]] = [
        ("replaced", lambda files, random: replaced(files, random, values=values)),
        ("flipped", flipped),
        ("flipped trees", lambda files, random: flipped(files, random, only=".ubj")),
        ("cut", cut),
        ("swapped", lambda files, random: swapped(files, random, others=bundles)),
    ]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.addaudithook(_guard)
    sys.path.insert(0, str(folder))
    for number in range(count):
        random = np.random.default_rng([seed, number])
        files = dict(bundles[int(random.integers(len(bundles)))])
        way, mutate = ways[int(random.choice(len(ways), p=[0.5, 0.1, 0.2, 0.1, 0.1]))]
        if way == "flipped trees" and not any(name.endswith(".ubj") for name in files):
            way, mutate = ways[0]
        mutate(files, random)
        print(json.dumps({"number": number, "way": way}), flush=True)
        began = time.monotonic()
        try:
            outcome = scored(written(files, scratch), rows)
        except DataContractError as refusal:
            outcome = "refused" if refusal.problem and str(refusal) else "refused without a word"
        except BaseException:  # every other end is what is looked for
            outcome = traceback.format_exc()
        seconds = time.monotonic() - began
        print(json.dumps({"number": number, "way": way, "outcome": outcome, "seconds": seconds}), flush=True)


def _guard(event: str, details: tuple[object, ...]) -> None:
    if event in FORBIDDEN or (event == "import" and str(details[0]).split(".")[0] in ("evil", "antigravity", "this")):
        print(json.dumps({"forbidden": f"{event} {details!r}"[:300]}), flush=True)
        raise SystemExit(f"forbidden: {event}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
