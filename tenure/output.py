"""The result of a command on standard output: text for people, or one JSON object."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenure_decisions.findings import Findings  # pandas is not needed to print a failure

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
        The result for programs: a mapping or a dataclass of what `jsonable` takes.
    as_json
        Which of the two to print.
    """
    told = [as_object(command, payload)] if as_json else lines
    sys.stdout.writelines(f"{line}\n" for line in told)
    sys.stdout.flush()  # here a reader that has gone away, such as head, is still handled; at exit it is not


def show(command: str, findings: Findings, *, out: Path | None = None, as_json: bool) -> None:
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
    """
    from tenure.options import out_folder
    from tenure_serving.findings import payload, text_lines, write_files

    files = () if out is None else write_files(findings, out_folder(out))
    if as_json:
        emit(command, (), payload(findings, files=files), as_json=True)
    else:
        emit(command, text_lines(findings, files=files), None, as_json=False)


def as_object(command: str, payload: object) -> str:
    """Write one JSON object that says its schema version and its command.

    Examples
    --------
    >>> as_object("check", {"rows": 3, "share": float("nan")})
    '{"schema_version": 1, "command": "check", "rows": 3, "share": null}'
    """
    content = {"schema_version": SCHEMA_VERSION, "command": command, **jsonable(payload)}
    return json.dumps(content, allow_nan=False, ensure_ascii=False)


def jsonable(value: Any) -> Any:  # noqa: ANN401  # any value in, its JSON form out
    """Turn dataclasses, tables, times, paths and NumPy scalars into what JSON knows; NaN and infinities become null.

    Examples
    --------
    >>> import datetime, pathlib
    >>> jsonable({"at": datetime.datetime(2011, 6, 11), "out": pathlib.Path("out"), "value": [1.5, float("inf")]})
    {'at': '2011-06-11T00:00:00', 'out': 'out', 'value': [1.5, None]}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat() if value == value else None  # noqa: PLR0124  # NaT is not equal to itself
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    return _foreign(value)


def _foreign(value: Any) -> Any:  # noqa: ANN401
    """Convert values known by what they can do, so that pandas and NumPy need no import here."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [jsonable(row) for row in value.to_dict("records")]
    if hasattr(value, "to_dict"):
        return jsonable(value.to_dict())
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return jsonable(value.item())
    if hasattr(value, "tolist"):
        return jsonable(value.tolist())
    raise TypeError(f"{type(value).__name__} has no JSON form")
