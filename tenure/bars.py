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
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from tenure.stages import time_left


class Steps(MofNCompleteColumn):
    """How many of how many; nothing where a stage has no steps to count."""

    def render(self, task: Task) -> Text:
        """Write the count of a task."""
        return Text("") if task.total is None else super().render(task)


class TimeLeft(ProgressColumn):
    """How long the rest of a stage takes, judged by all of its steps; nothing before the first of them."""

    def render(self, task: Task) -> Text:
        """Write the time left of a task."""
        if task.total is None or not task.completed or task.elapsed is None:
            return Text("")
        return Text(time_left(task.elapsed, int(task.completed), int(task.total)), style="dim")


class TerminalProgress:
    """Bars that disappear, and one line that stays for every stage that ended."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._open: list[TaskID] = []
        self._rows: list[int] = []

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show a bar while the stage lasts."""
        started = time.perf_counter()
        indented = "  " * len(self._open) + title
        task = self._bars.add_task(indented, total=None)
        self._open.append(task)
        self._rows.append(0)
        try:
            yield
            rows = f", {self._rows[-1]:,} rows" if self._rows[-1] else ""
            self._bars.console.print(Text(indented).append(f"  {time.perf_counter() - started:.1f} s{rows}", "dim"))
        finally:
            self._open.pop()
            self._rows.pop()
            self._bars.remove_task(task)

    def advance(self, done: int, total: int) -> None:
        """Move the bar of the innermost stage."""
        if self._open:
            self._bars.update(self._open[-1], completed=done, total=total)

    def count(self, rows: int) -> None:
        """Keep the rows for the line that stays."""
        if self._rows:
            self._rows[-1] += rows

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
        TimeLeft(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield TerminalProgress(bars), RichHandler(console=console, show_path=False, show_time=False)
