"""The command that follows, as it is pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_OPTIONS = {
    "orders": {"uri": "--orders", "returns": "--returns", "currency": "--currency", "encoding": "--encoding"},
    "engine": {"kind": "--engine"},
    "run": {"as_of": "--as-of"},
}


def command_after(
    command: str, asked: Mapping[str, Mapping[str, Any]], *, config: Path | None, out: str = "out"
) -> str:
    """Write a command with the options that were given to the one before it.

    Parameters
    ----------
    command
        What comes next, such as ``run``.
    asked
        What was given on the command line, nested like ``tenure.toml``.
    config
        The configuration file, where one was named.
    out
        The folder of its results.

    Examples
    --------
    >>> asked = {"orders": {"uri": "my orders.csv", "columns": {"revenue": "a * b"}, "trust_customers": True}}
    >>> print(command_after("run", asked, config=None))
    tenure run --orders 'my orders.csv' --column 'revenue=a * b' --trust-customers --out out
    """
    words = ["tenure", command, *_write_options(asked)]
    if config is not None:
        words += ["--config", str(config)]
    return shlex.join([*words, "--out", out])


def _write_options(asked: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for section, options in _OPTIONS.items():
        values = asked.get(section, {})
        for key, option in options.items():
            if values.get(key) is not None:
                yield from (option, str(values[key]))
            if key == "uri":
                for name, source in (values.get("columns") or {}).items():
                    yield from ("--column", f"{name}={source}")
        if values.get("trust_customers"):
            yield "--trust-customers"
