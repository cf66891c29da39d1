"""JSON results: one object with a schema version."""

from __future__ import annotations

from tenure.output import as_object


def test_object__is_one_line_with_version_and_command() -> None:
    text = as_object("check", {"shop": "Käse", "rows": 3})
    assert text == '{"schema_version": 1, "command": "check", "shop": "Käse", "rows": 3}'
