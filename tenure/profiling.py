"""Where the time of a job goes: its stages as a Chrome trace, with rows, bytes, processor seconds and peak memory."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from tenure_features.errors import UsageError

if TYPE_CHECKING:
    from tenure.stages import Progress

SECONDS_BETWEEN_LOOKS = 0.1
"""How often memory is looked at: a peak that is shorter is missed."""
_BEGINNING = '{"traceEvents"'
_MICROSECONDS = 1e6


@dataclass(kw_only=True)
class _Stage:
    """A stage that has begun: when, what the processes had used by then, and what is told of it since."""

    title: str
    began: float
    used: dict[str, float]
    stepped: float
    peak: int = 0
    rows: int | None = None


@dataclass
class ProfiledProgress:
    """Passes everything on to another progress, and remembers the stages.

    Stages hold those within them; each step that `advance` tells of is a slice of its own.

    Attributes
    ----------
    shown
        The progress that a person or a log sees.
    events
        What there is of the trace: complete events of stages and steps, counters of memory.

    Notes
    -----
    The format is Google's Trace Event Format, which ``chrome://tracing``, Perfetto and Speedscope open.
    """

    shown: Progress
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._processes, self._started = psutil.Process(), time.perf_counter()
        self._open: list[_Stage] = []
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="tenure-profile", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look at the memory."""
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._ended.set()
        self._watcher.join()

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Open a stage of both."""
        now = self._now()
        stage = _Stage(title=title, began=now, used=self._sum_use(), stepped=now)
        self._open.append(stage)
        self._look()
        try:
            with self.shown.stage(title):
                yield
        finally:
            self._look()
            self._open.remove(stage)
            spent = {name: value - stage.used[name] for name, value in self._sum_use().items()}
            rows = {} if stage.rows is None else {"rows": stage.rows}
            self._add(title, stage.began, rows | spent | {"peak_bytes": stage.peak})

    def advance(self, done: int, total: int) -> None:
        """Keep the step that has just been done as a slice."""
        if self._open:
            stage = self._open[-1]
            self._add(f"{stage.title}: {done} of {total}", stage.stepped, {})
            stage.stepped = self._now()
        self.shown.advance(done, total)

    def count(self, rows: int) -> None:
        """Keep how many rows the innermost stage went through."""
        if self._open:
            self._open[-1].rows = (self._open[-1].rows or 0) + rows
        self.shown.count(rows)

    def note(self, text: str) -> None:
        """Pass it on."""
        self.shown.note(text)

    def write(self, path: Path) -> None:
        """Write the trace, earliest event first."""
        events = sorted(self.events, key=lambda event: (event["ts"], -event.get("dur", 0)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}, allow_nan=False), encoding="utf-8")

    def _now(self) -> float:
        return time.perf_counter() - self._started

    def _sum_use(self) -> dict[str, float]:
        """Sum up processor seconds and, where the system counts them, bytes of this process and those it has begun."""
        cpu = self._processes.cpu_times()
        used = {"processor_seconds": sum(cpu[:4])}  # its own, and those of children that have ended
        with suppress(AttributeError, psutil.Error):
            read = self._processes.io_counters()
            used |= {
                "bytes_read": getattr(read, "read_chars", read.read_bytes),
                "bytes_written": getattr(read, "write_chars", read.write_bytes),
            }
        return used

    def _look(self) -> None:
        resident = self._processes.memory_info().rss
        for child in self._processes.children(recursive=True):
            with suppress(psutil.Error):  # it may have ended since
                resident += child.memory_info().rss
        for stage in tuple(self._open):
            stage.peak = max(stage.peak, resident)
        event = {"name": "memory", "ph": "C", "ts": self._now() * _MICROSECONDS, "pid": self._processes.pid}
        self.events.append(event | {"args": {"resident_bytes": resident}})

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            self._look()

    def _add(self, title: str, began: float, figures: dict[str, float]) -> None:
        span = {"ts": began * _MICROSECONDS, "dur": (self._now() - began) * _MICROSECONDS}
        self.events.append(
            {"name": title, "ph": "X", "cat": "stage", "pid": self._processes.pid, "tid": 1} | span | {"args": figures}
        )


@contextmanager
def profile_stages(shown: Progress, path: Path | None) -> Iterator[Progress]:
    """Write a trace of what happens under a progress to a file, also when it fails; nothing where no file is named.

    Raises
    ------
    UsageError
        When something that is no trace is in the file's place.
    """
    if path is None:
        yield shown
        return
    _require_free(path)
    with ExitStack() as stack:
        profiled = ProfiledProgress(shown)
        stack.callback(profiled.write, path)
        yield stack.enter_context(profiled)


def _require_free(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"--profile {path} is a folder.", fix="Name a file, such as profile.json.")
    if path.exists():
        with path.open("rb") as file:
            beginning = file.read(len(_BEGINNING))
        if beginning != _BEGINNING.encode():
            raise UsageError(f"--profile {path} is there already and is no profile.", fix="Name another file.")
