"""Names: a public name lives in one module, functions are verbs, and values say what they are."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("tenure", "serving", "connectors", "decisions", "training", "features", "simulator")
MODULES = {file: ast.parse(file.read_text("utf-8")) for name in PACKAGES for file in (ROOT / name).rglob("*.py")}
Function = ast.FunctionDef | ast.AsyncFunctionDef

ARRAYS = {"Floats", "Ints", "Bools"}  # aliases of NumPy types; the packages beside each other share no module
DESIGNED = {"known_at": "a shop as it was known at a moment, so called in the design"}
OFFERED = {"commands", "api"}  # a command, or a function of the public API, has the name of what it offers
ERRORS = "errors.py"  # `found=` is what an error says after the word Found
EMPTY_WORDS = {"found", "told", "said", "known", "one", "kept", "given", "held"}
IRREGULAR = {
    *EMPTY_WORDS,
    *("built", "caught", "chosen", "done", "drawn", "gone", "hidden", "left", "lost", "made", "met", "paid", "seen"),
    *("sent", "shown", "sold", "spent", "stood", "taken", "taught", "written"),
}
PARTICLES = {"at", "by", "out", "up", "back", "before", "from", "over", "again", "and", "off", "in"}


def is_participle(word: str) -> bool:
    return word in IRREGULAR or re.fullmatch(r"[a-z]+(?<!e)ed", word) is not None


def is_called_by_a_participle(name: str) -> bool:
    first, *rest = name.strip("_").split("_")
    return is_participle(first) and (not rest or rest[0] in PARTICLES)


def top_level_names(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, (*Function.__args__, ast.ClassDef)):
            yield node.name
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name)) if target else ()


def test_names__a_public_name_is_defined_in_one_module() -> None:
    homes = defaultdict(set)
    for file, module in MODULES.items():
        if not OFFERED & {*file.parts}:
            for name in top_level_names(module):
                homes[name].add(str(file.relative_to(ROOT)))
    twice = {name: sorted(files) for name, files in homes.items() if len(files) > 1 and not name.startswith("_")}
    assert {name: files for name, files in twice.items() if name not in ARRAYS} == {}


def test_names__functions_are_not_called_by_participles() -> None:
    functions = [(file, node) for file, module in MODULES.items() for node in ast.walk(module)
                 if isinstance(node, Function) and node.name not in DESIGNED]  # fmt: skip
    actions = [
        (file, node) for file, node in functions if not any("property" in ast.unparse(d) for d in node.decorator_list)
    ]
    assert [f"{file}:{node.lineno} {node.name}" for file, node in actions if is_called_by_a_participle(node.name)] == []


def test_names__locals_and_parameters_say_what_they_are() -> None:
    nodes = [(file, node) for file, module in MODULES.items() if file.name != ERRORS for node in ast.walk(module)]
    named = [(file, node, node.arg) for file, node in nodes if isinstance(node, ast.arg)]
    named += [(file, n, n.id) for file, n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    assert [f"{file}:{node.lineno} {name}" for file, node, name in named if name in EMPTY_WORDS] == []
