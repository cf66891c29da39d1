"""What is said, and which code a command exits with, when something goes wrong."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from tenure_features.errors import DependencyUnavailableError, TenureError, UsageError

BUG = 1
NOT_USABLE = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError)
"""A path the user named cannot be used: mending the call helps, trying again does not."""


_OUTSIDE = {
    "duckdb.OutOfMemoryException": "DuckDB ran out of memory: raise memory_limit under [engine], or free some.",
    "duckdb.IOException": "DuckDB could not read or write a file: try again, or free some space.",
    "sqlalchemy.OperationalError": "The store of MLflow is locked or cannot be reached: try again.",
}
"""Errors of others that are no bug of ours, and what to do."""


@dataclass(frozen=True)
class Failure:
    """A failed command.

    Attributes
    ----------
    exit_code
        2 usage, 3 data contract, 4 quality gate, 5 dependency unavailable, 99 nothing to do; 1 is a bug.
    kind
        Name of the error's class.
    message
        Sentences a person can act on.
    """

    exit_code: int
    kind: str
    message: str


def describe_failure(error: Exception) -> Failure:
    """Turn an exception into an exit code and a message.

    Examples
    --------
    >>> describe_failure(UsageError("The horizon is 0 days.", fix="Use 1 to 3650 days."))
    Failure(exit_code=2, kind='UsageError', message='The horizon is 0 days. Use 1 to 3650 days.')
    >>> describe_failure(OSError(28, "No space left on device", "out/scores.parquet")).exit_code
    5
    """
    kind = type(error).__name__
    if isinstance(error, TenureError):
        return Failure(error.exit_code, kind, str(error))
    if isinstance(error, NOT_USABLE):
        return Failure(UsageError.exit_code, kind, f"{_path(error)}{error.strerror or kind}.")
    if isinstance(error, MemoryError):
        return Failure(DependencyUnavailableError.exit_code, kind, "The machine ran out of memory.")
    if outside := _outside(error):
        return Failure(DependencyUnavailableError.exit_code, kind, f"{outside} {_first_line(error)}")
    if isinstance(error, OSError):
        fix = "Free some space and run the same command again." if error.errno == errno.ENOSPC else "Try again."
        return Failure(DependencyUnavailableError.exit_code, kind, f"{_path(error)}{error.strerror or error}. {fix}")
    return Failure(
        BUG,
        kind,
        f"This is a bug in Tenure, not in your data ({kind}: {_first_line(error)}). "
        "Run the same command with --debug for the traceback, and please report it.",
    )


def _outside(error: Exception) -> str | None:
    """Say what gave way below us: the engine or the store; known by name, for neither is imported to say it."""
    names = {f"{cls.__module__.partition('.')[0].lstrip('_')}.{cls.__name__}" for cls in type(error).__mro__}
    return next((sentence for name, sentence in _OUTSIDE.items() if name in names), None)


def _path(error: OSError) -> str:
    return f"{error.filename}: " if error.filename else ""


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
