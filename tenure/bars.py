"""Progress on a terminal."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Steps(MofNCompleteColumn):
    """How many of how many; nothing where a stage has no steps to count."""

    def render(self, task: Task) -> Text:
        """Write the count of a task."""
        return Text("") if task.total is None else super().render(task)


class TerminalProgress:
    """Bars that disappear, and one line that stays for every stage that ended."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._open: list[TaskID] = []

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show a bar while the stage lasts."""
        started = time.perf_counter()
        indented = "  " * len(self._open) + title
        task = self._bars.add_task(indented, total=None)
        self._open.append(task)
        try:
            yield
            self._bars.console.print(Text(indented).append(f"  {time.perf_counter() - started:.1f} s", "dim"))
        finally:
            self._open.pop()
            self._bars.remove_task(task)

    def advance(self, done: int, total: int) -> None:
        """Move the bar of the innermost stage."""
        if self._open:
            self._bars.update(self._open[-1], completed=done, total=total)

    def note(self, text: str) -> None:
        """Print the text above the bars."""
        self._bars.console.print(Text(text))


@contextmanager
def open_bars(console: Console | None = None) -> Iterator[tuple[TerminalProgress, logging.Handler]]:
    """Show bars, and give a log handler that prints above them instead of through them."""
    console = console or Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        Steps(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield TerminalProgress(bars), RichHandler(console=console, show_path=False, show_time=False)
