"""The catalogue is complete: every text in the code has its Russian with the same places, and nothing is stale."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import astuple
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages import Catalog

from tenure_serving.language.catalogue import places
from tenure_training.models.registry import CANDIDATES, candidate_class
from tenure_training.training import NO_SIGNAL

NOTES_OF_TRAINING = {
    "training.py": ("_sample_notes", "_notes", "_season_notes"),
    "models/after/attrition.py": ("reason",),
    "models/after/cohort_survival.py": ("words",),
}
"""Functions that word what a report says of its training."""


@pytest.fixture(scope="module")
def tool(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("texts", repository / "docs" / "tools" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def catalogue(tool: ModuleType) -> Catalog:
    return tool.read()


def test_catalogue__has_every_text_the_code_uses(tool: ModuleType, catalogue: Catalog) -> None:
    used = tool.used()
    assert len(used) > 800
    missing = [key for key in used if catalogue.get(key) is None]
    assert missing == [], "uv run python docs/tools/texts.py --write, then fill in the Russian"


def test_catalogue__has_nothing_the_code_does_not_use(tool: ModuleType, catalogue: Catalog) -> None:
    assert tool.stale(catalogue) == []


def test_stale__names_a_text_that_nobody_says(tool: ModuleType) -> None:
    extended = tool.read()
    extended.add("Zebras are never counted {here}.", "Зебр не считают {here}.")
    assert tool.stale(extended) == ["Zebras are never counted {here}."]


def test_entries__have_russian_with_the_places_of_the_english(catalogue: Catalog) -> None:
    for message in (message for message in catalogue if message.id):
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        russian = [message.string] if isinstance(message.string, str) else list(message.string)
        assert len(russian) == (1 if isinstance(message.id, str) else 3), message.id
        for text in russian:
            assert text.strip(), message.id
            assert sorted(set(places(text))) == sorted(set(places(english[-1]))), message.id
            assert text[-1:].isspace() == english[-1][-1:].isspace(), message.id


def test_catalogue__knows_every_note_that_training_writes(tool: ModuleType, catalogue: Catalog) -> None:
    known = {tool.bare(message.id if isinstance(message.id, str) else message.id[0]) for message in catalogue}
    notes = [
        note
        for place, names in NOTES_OF_TRAINING.items()
        for node in ast.walk(ast.parse((tool.ROOT / "training" / "tenure_training" / place).read_text()))
        if isinstance(node, ast.FunctionDef) and node.name in names
        for note in _sentences(tool, node)
    ]
    assert len(notes) >= 9
    notes += [tool.bare(text) for name in CANDIDATES for text in astuple(candidate_class(name).basis)]
    assert [note for note in [*notes, NO_SIGNAL] if note not in known] == []


def _sentences(tool: ModuleType, function: ast.FunctionDef) -> list[str]:
    """Return the sentences a function writes, what is filled in replaced by ``{}``; its docstring is none of them."""
    joined = [node for node in ast.walk(function) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    plain = [node for node in ast.walk(function) if isinstance(node, ast.Constant) and id(node) not in parts]
    texts = ["".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values) for node in joined]
    texts += [str(node.value) for node in plain if str(node.value).count(" ") > 4]
    return [tool.bare(text) for text in texts if text.count(" ") > 4 and text != ast.get_docstring(function)]
