"""The result of a command on standard output: text for people, or one JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tenure_serving.json_value import to_json_value

if TYPE_CHECKING:
    from tenure_decisions.findings import Findings  # pandas is not needed to print a failure
    from tenure_serving.language import Language

SCHEMA_VERSION = 1
"""Version of the JSON objects commands print; raised when a key changes its meaning or disappears."""


def emit(command: str, lines: Iterable[str], payload: object, *, as_json: bool) -> None:
    """Print the result of a command.

    Parameters
    ----------
    command
        Name of the command, part of the JSON object.
    lines
        The result for people.
    payload
        The result for programs: a mapping or a dataclass of what `to_json_value` takes.
    as_json
        Which of the two to print.
    """
    printed = [as_object(command, payload)] if as_json else lines
    sys.stdout.writelines(f"{line}\n" for line in printed)
    sys.stdout.flush()  # here a reader that has gone away, such as head, is still handled; at exit it is not


def show(
    command: str, findings: Findings, *, out: Path | None = None, as_json: bool, language: Language | None = None
) -> None:
    """Print findings and, where a folder is named, write their tables (CSV) and charts (SVG) into it.

    Parameters
    ----------
    command
        Name of the command, part of the JSON object.
    findings
        Of any subject; how they are shown is decided by `tenure_serving.findings` alone.
    out
        Folder of the files; None for none.
    as_json
        Whether a program reads it.
    language
        Of the text and the charts; None: English.
    """
    from tenure.options import out_folder
    from tenure_serving.findings import payload, text_lines, write_files
    from tenure_serving.language import ENGLISH

    spoken = language or ENGLISH
    files = () if out is None else write_files(findings, out_folder(out), language=spoken)
    if as_json:
        emit(command, (), payload(findings, files=files), as_json=True)
    else:
        emit(command, text_lines(findings, files=files, language=spoken), None, as_json=False)


def as_object(command: str, payload: object) -> str:
    """Write one JSON object that says its schema version and its command.

    Examples
    --------
    >>> as_object("check", {"rows": 3, "share": float("nan")})
    '{"schema_version": 1, "command": "check", "rows": 3, "share": null}'
    """
    content = {"schema_version": SCHEMA_VERSION, "command": command, **to_json_value(payload)}
    return json.dumps(content, allow_nan=False, ensure_ascii=False)
