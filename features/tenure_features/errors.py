"""Errors that say what was wrong, what was found and what to do, and carry the command's exit code."""

from __future__ import annotations

from typing import ClassVar


class TenureError(Exception):
    """Base of every error a user can cause or must act on.

    Parameters
    ----------
    problem
        One sentence: what is wrong.
    found
        What was there instead (values, columns, counts).
    fix
        What the user can do about it.

    Examples
    --------
    >>> print(DataContractError("Column 'revenue' is missing.", found="id, when", fix="Map it with --column."))
    Column 'revenue' is missing. Found: id, when. Map it with --column.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, found: str = "", fix: str = "") -> None:
        self.problem, self.found, self.fix = problem, found, fix
        super().__init__(problem)

    def __str__(self) -> str:
        """Return the problem, what was found and the fix as sentences."""
        found = f"Found: {self.found.rstrip('.')}." if self.found else ""
        return " ".join(part for part in (self.problem, found, self.fix) if part)


class UsageError(TenureError):
    """The call itself is wrong: an unknown option value, an impossible combination."""

    exit_code = 2


class DataContractError(TenureError):
    """The data breaks the contract of its table."""

    exit_code = 3


class QualityGateError(TenureError):
    """A model or a result is not good enough to be used."""

    exit_code = 4


class DependencyUnavailableError(TenureError):
    """Something outside is not reachable or not installed; trying again later can help."""

    exit_code = 5


class NothingToDoError(TenureError):
    """The work asked for has been done already, or there is none."""

    exit_code = 99
