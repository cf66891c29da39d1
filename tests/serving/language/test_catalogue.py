"""The catalogue is complete: every text in the code has its Russian with the same places, and nothing is stale."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages import Catalog

from tenure_serving.language.catalogue import places


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
