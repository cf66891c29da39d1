"""The pages of exports say what the presets do."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pages__of_exports_are_current():
    spec = importlib.util.spec_from_file_location("pages_of_exports", ROOT / "docs" / "tools" / "connectors.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for path, text in tool.pages().items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, "run python docs/tools/connectors.py"
