"""The stages of a job: what reports on them, and how long one will take."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

LEAST_SECONDS_TOLD, MOST_SECONDS_TOLD = 5, 120
"""Between these, time that is left is told in seconds: less is over before it is read, more is told in minutes."""


class Progress(Protocol):
    """What a job reports to while it works."""

    def stage(self, title: str) -> AbstractContextManager[None]:
        """Open a stage; leaving the context ends it. Stages may be nested."""

    def advance(self, done: int, total: int) -> None:
        """Say how far the innermost open stage has come."""

    def count(self, rows: int) -> None:
        """Say how many rows the innermost open stage has gone through."""

    def note(self, text: str) -> None:
        """Say something the user should know, such as a default that was chosen."""


def time_left(seconds: float, done: int, total: int) -> str:
    """Say how long the rest of a stage takes if its steps take as long as those done, in no more digits than it bears.

    Examples
    --------
    >>> time_left(30.0, 10, 40), time_left(61.0, 10, 50), time_left(0.2, 1, 2)
    ('about 90 s left', 'about 4 min left', 'seconds left')
    """
    rest = seconds / max(done, 1) * (total - done)
    if rest < LEAST_SECONDS_TOLD:
        return "seconds left"
    return f"about {rest:.0f} s left" if rest < MOST_SECONDS_TOLD else f"about {rest / 60:.0f} min left"
