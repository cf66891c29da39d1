"""Telling a person, or a log, what a job is doing."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from tenure.stages import Progress, time_left

__all__ = ["LOGGERS", "LogProgress", "Progress", "SilentProgress", "open_progress"]

LOGGERS = tuple(
    logging.getLogger(name)
    for name in ("tenure", "tenure_features", "tenure_training", "tenure_serving", "tenure_simulator")
)
LOGGER = LOGGERS[0]


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

    def count(self, rows: int) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


@dataclass
class _OpenStage:
    """A stage that has not ended: when it began, up to which quarter it was told of, and its rows."""

    title: str
    started: float
    told_at: int = 0
    rows: int = 0


class LogProgress:
    """One log line when a stage starts, at each quarter of it with the time that is left, and when it ends."""

    def __init__(self) -> None:
        self._open: list[_OpenStage] = []

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Log the start and the end, with the seconds it took and the rows it went through."""
        stage = _OpenStage(title, time.perf_counter())
        LOGGER.info("%s", title)
        self._open.append(stage)
        try:
            yield
            rows = f", {stage.rows:,} rows" if stage.rows else ""
            LOGGER.info("%s: done in %.1f s%s", title, time.perf_counter() - stage.started, rows)
        finally:
            self._open.pop()

    def advance(self, done: int, total: int) -> None:
        """Log each quarter once, with the time that is left; the last one is said by the end of the stage."""
        if not self._open:
            return
        stage, quarter = self._open[-1], 4 * done // max(total, 1)
        if stage.told_at < quarter < 4:
            stage.told_at = quarter
            left = time_left(time.perf_counter() - stage.started, done, total)
            LOGGER.info("%s: %d of %d, %s", stage.title, done, total, left)

    def count(self, rows: int) -> None:
        """Keep the rows for the line that ends the stage."""
        if self._open:
            self._open[-1].rows += rows

    def note(self, text: str) -> None:
        """Log the text."""
        LOGGER.info("%s", text)


@contextmanager
def open_progress(*, quiet: bool, profile: Path | None = None) -> Iterator[Progress]:
    """Report on standard error: bars on a terminal, log lines elsewhere, nothing when ``quiet``.

    Whatever a library prints meanwhile goes to standard error too: standard output is for the result alone. Where a
    file for the ``profile`` is named, it holds the stages in the end, see `tenure.profiling`.
    """
    with _show_progress(quiet=quiet) as shown:
        if profile is None:
            yield shown
        else:
            from tenure.profiling import profile_stages

            with profile_stages(shown, profile) as progress:
                yield progress


@contextmanager
def _show_progress(*, quiet: bool) -> Iterator[Progress]:
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
