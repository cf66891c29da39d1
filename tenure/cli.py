"""The ``tenure`` command."""

from __future__ import annotations

import sys
import traceback
from inspect import signature
from typing import Annotated

import typer

from tenure import __version__
from tenure.commands import COMMANDS, GROUPS
from tenure.output import as_object
from tenure_serving.failure import describe_failure

_QUIET = frozenset({"--quiet", "-q"})

app = typer.Typer(
    name="tenure",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # failures are told by tenure_serving.failure, tracebacks by --debug
    rich_markup_mode=None,  # rich doubles the start-up time of --help
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tenure {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of a failure. Works after the command, too.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no log lines. Works after the command, too.")
    ] = False,
) -> None:
    """Who will leave, what are they worth, what to do: answers from an order log.

    Results go to standard output (--json: one object), progress to standard error.

    Exit codes: 0 done, 1 bug, 2 usage, 3 the data breaks its contract, 4 quality gate,
    5 something outside is unavailable (retry), 99 nothing to do.
    """


def _add_commands() -> None:
    """Add every command; ``experiment_analyse`` becomes ``tenure experiment analyse``."""
    groups: dict[str, typer.Typer] = {}
    for command in COMMANDS:
        group, _, name = command.__name__.partition("_")
        if not name:
            app.command()(command)
            continue
        if group not in groups:
            groups[group] = typer.Typer(no_args_is_help=True, help=GROUPS[group], rich_markup_mode=None)
            app.add_typer(groups[group], name=group)
        groups[group].command(name)(command)


_add_commands()


def _pass_quiet(words: list[str]) -> list[str]:
    """Hand ``-q``, wherever it stands, to a command that shows progress; one that never does takes it, too."""
    others = [word for word in words if word not in _QUIET]
    place = next((number for number, word in enumerate(others) if not word.startswith("-")), len(others))
    for command in COMMANDS:
        name = command.__name__.split("_", maxsplit=1)
        if len(others) < len(words) and others[place : place + len(name)] == name:
            asked = ["--quiet"] if "quiet" in signature(command).parameters else []
            return [*others[: place + len(name)], *asked, *others[place + len(name) :]]
    return words


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    words = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in words
    try:
        app(_pass_quiet([argument for argument in words if argument != "--debug"]), prog_name="tenure")
    except Exception as error:  # the last stop before the user
        failure = describe_failure(error)
        if debug:
            traceback.print_exc()
        if "--json" in words:
            sys.stdout.write(
                as_object("error", {"exit_code": failure.exit_code, "kind": failure.kind, "message": failure.message})
                + "\n"
            )
        sys.stderr.write(f"tenure: {failure.message}\n")
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
