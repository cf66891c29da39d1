"""The pages of systems say what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pages__of_systems_are_current(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "tools"))
    spec = importlib.util.spec_from_file_location("pages_of_exports", ROOT / "docs" / "tools" / "connectors.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    pages = tool.pages()
    folders = [ROOT / "docs" / name for name in ("connectors", "audiences", "bids")]
    there = {path.relative_to(ROOT / "docs").as_posix() for folder in folders for path in folder.iterdir()}
    assert there | {"connectors.md", "connectors.ru.md"} == set(pages)
    for path, text in pages.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, "run python docs/tools/connectors.py"


def test_pages__in_russian_tell_what_to_know_in_russian():
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "connectors").glob("*.ru.md")]
    sections = [text.partition("## Что нужно знать")[2].partition("Описана системой")[0] for text in pages]
    notes = [line for section in sections for line in section.splitlines() if line.startswith("- ")]
    assert notes
    assert [line for line in notes if not re.search("[а-яё]{4}", line)] == []
