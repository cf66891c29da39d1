"""The pages of exports say what the presets do."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pages__of_exports_are_current(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "tools"))
    spec = importlib.util.spec_from_file_location("pages_of_exports", ROOT / "docs" / "tools" / "connectors.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for path, text in tool.pages().items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, "run python docs/tools/connectors.py"


def test_pages__in_russian_tell_what_to_know_in_russian():
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "connectors").glob("*.ru.md")]
    sections = [text.partition("## Что нужно знать")[2].partition("Описана системой")[0] for text in pages]
    notes = [line for section in sections for line in section.splitlines() if line.startswith("- ")]
    assert notes
    assert [line for line in notes if not re.search("[а-яё]{4}", line)] == []
