"""What README and docs show works: commands parse, configuration loads, links lead somewhere, nothing is missing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from tenure import config
from tenure.cli import app
from tenure.config_file import load_config

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(?:uv run )?(tenure [a-z][^`]*)`")
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
ROOT: Any = typer.main.get_command(app)


def all_commands(group: Any = ROOT, prefix: str = "") -> dict[str, Any]:
    """Every command by its words, such as ``experiment analyse``."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = all_commands(command, f"{prefix}{name} ") if hasattr(command, "commands") else {}
        found |= inner or {f"{prefix}{name}": command}
    return found


COMMANDS = all_commands()


def split_command(words: list[str]) -> tuple[str, list[str]]:
    """The name of a command, of one word or two, and what follows it."""
    length = 2 if " ".join(words[:2]) in COMMANDS else 1
    return " ".join(words[:length]), words[length:]


@pytest.fixture(scope="module")
def pages(repository: Path) -> list[Path]:
    """The Markdown a reader may meet."""
    found = [*repository.glob("*.md"), *(repository / "docs").rglob("*.md"), *repository.glob("*/README.md")]
    assert repository / "README.md" in found
    return found


def shown_commands(page: Path) -> Iterator[str]:
    """Every whole ``tenure`` command of the code blocks of a page."""
    for _, block in FENCE.findall(page.read_text()):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.strip().removeprefix("$ ").rpartition("&& ")[2].removeprefix("uv run ")
            if command.startswith("tenure "):
                yield command.partition("  #")[0].strip()


def parse(command: str) -> None:
    """Parse a command the way the shell and Typer would, without running it."""
    name, rest = split_command(shlex.split(command)[1:])
    if name.startswith("-"):
        return
    COMMANDS[name].make_context(name, [word for word in rest if word != "--debug"])


def test_docs__every_command_in_a_code_block_parses(pages: list[Path]) -> None:
    wrong = []
    for page in pages:
        for command in shown_commands(page):
            try:
                parse(command)
            except typer.Exit:
                continue  # --help
            except Exception as error:
                wrong.append(f"{page.name}: {command}: {type(error).__name__} {error}")
    assert wrong == []


def test_docs__every_command_named_in_a_sentence_exists(pages: list[Path]) -> None:
    wrong = []
    for page in pages:
        for command in INLINE.findall(FENCE.sub("", page.read_text())):
            name, rest = split_command(command.split()[1:])
            options = {word.partition("=")[0] for word in rest if word.startswith("--")}
            parameters = COMMANDS[name].params if name in COMMANDS else []
            known = {option for parameter in parameters for option in (*parameter.opts, *parameter.secondary_opts)}
            if name not in {*COMMANDS, *ROOT.commands} or options - known - {"--help", "--debug"}:
                wrong.append(f"{page.name}: {command}")
    assert wrong == []


def test_docs__relative_links_lead_to_files(pages: list[Path]) -> None:
    assert [
        f"{page.name}: {link}"
        for page in pages
        for link in LINK.findall(page.read_text())
        if not (page.parent / link).exists()
    ] == []


def test_cli_page__names_every_command_and_every_option(repository: Path) -> None:
    text = (repository / "docs" / "cli.md").read_text()
    missing = [name for name in COMMANDS if f"## `tenure {name}`" not in text]
    for command in COMMANDS.values():
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        missing += [f"{command.name} {option}" for option in options if option.startswith("--") and option not in text]
    assert missing == []


def test_cli_page__names_every_key_of_the_configuration(repository: Path) -> None:
    text = (repository / "docs" / "cli.md").read_text()
    sections = [kind for kind in vars(config).values() if isinstance(kind, type) and issubclass(kind, BaseModel)]
    assert {config.TuningConfig, config.TableConfig, config.Config} <= set(sections)
    keys = {field.alias or name for section in sections for name, field in section.model_fields.items()}
    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()


def test_docs__every_configuration_shown_loads(pages: list[Path], tmp_path: Path) -> None:
    shown = [block for page in pages for kind, block in FENCE.findall(page.read_text()) if kind == "toml"]
    assert shown
    for block in shown:
        (tmp_path / "tenure.toml").write_text(block)
        load_config(tmp_path / "tenure.toml", overrides={})


@pytest.mark.parametrize(
    "command", ["tenure runn", "tenure run --ordres x", "tenure run --horizon ninety", "tenure explain"]
)
def test_rules__can_fail(command: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011  # Typer's private errors and KeyError
        parse(command)
