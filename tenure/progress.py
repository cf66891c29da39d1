"""Telling a person, or a log, what a job is doing."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from typing import Protocol

LOGGERS = tuple(
    logging.getLogger(name)
    for name in ("tenure", "tenure_features", "tenure_training", "tenure_serving", "tenure_simulator")
)
LOGGER = LOGGERS[0]


class Progress(Protocol):
    """What a job reports to while it works."""

    def stage(self, title: str) -> AbstractContextManager[None]:
        """Open a stage; leaving the context ends it. Stages may be nested."""

    def advance(self, done: int, total: int) -> None:
        """Say how far the innermost open stage has come."""

    def note(self, text: str) -> None:
        """Say something the user should know, such as a default that was chosen."""


class SilentProgress:
    """Says nothing: for tests and for callers that have their own display.

    Examples
    --------
    >>> progress = SilentProgress()
    >>> with progress.stage("Fitting"):
    ...     progress.advance(1, 2)
    """

    def stage(self, title: str) -> AbstractContextManager[None]:  # noqa: ARG002  # the protocol's name
        """Do nothing."""
        return nullcontext()

    def advance(self, done: int, total: int) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class _Stage:
    title: str
    started: float
    quarter: int = 0


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class LogProgress:
    """One log line when a stage starts, at each quarter of it with the time that is left, and when it ends."""

    def __init__(self) -> None:
        self._open: list[_Stage] = []

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Log the start and the end, with the seconds it took."""
        started = time.perf_counter()
        LOGGER.info("%s", title)
        self._open.append(_Stage(title, started))
        try:
            yield
            LOGGER.info("%s: done in %.1f s", title, time.perf_counter() - started)
        finally:
            self._open.pop()

    def advance(self, done: int, total: int) -> None:
        """Log each quarter once; the last one is said by the end of the stage."""
        if not self._open:
            return
        stage = self._open[-1]
        quarter = 4 * done // max(total, 1)
        if stage.quarter < quarter < 4:
            self._open[-1] = replace(stage, quarter=quarter)
            left = (time.perf_counter() - stage.started) * (total - done) / done
            LOGGER.info("%s: %d of %d, about %s left", stage.title, done, total, _duration(left))

    def note(self, text: str) -> None:
        """Log the text."""
        LOGGER.info("%s", text)


@contextmanager
def open_progress(*, quiet: bool) -> Iterator[Progress]:
    """Report on standard error: bars on a terminal, log lines elsewhere, nothing when ``quiet``.

    Whatever a library prints meanwhile goes to standard error too: standard output is for the result alone.
    """
    with redirect_stdout(sys.stderr):
        if quiet:
            yield SilentProgress()
        elif sys.stderr.isatty():
            from tenure.bars import open_bars

            with open_bars() as (progress, handler), _logging_to(handler):
                yield progress
        else:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
            with _logging_to(handler):
                yield LogProgress()


@contextmanager
def _logging_to(handler: logging.Handler) -> Iterator[None]:
    """Send the log lines of Tenure's own packages to a handler, and put everything back afterwards."""
    before = [(logger, logger.level) for logger in LOGGERS]
    for logger in LOGGERS:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
