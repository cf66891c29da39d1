"""Every file in tenure/commands is a command."""

from __future__ import annotations

from pathlib import Path

from tenure.commands import COMMANDS, ORDER


def test_commands__come_in_the_order_of_first_things_first() -> None:
    assert tuple(command.__name__ for command in COMMANDS)[: len(ORDER)] == ORDER


def test_commands__are_the_files_of_the_folder(repository: Path) -> None:
    files = {path.stem for path in (repository / "tenure" / "commands").glob("*.py")} - {"__init__"}
    assert {command.__module__.rpartition(".")[2] for command in COMMANDS} == files
