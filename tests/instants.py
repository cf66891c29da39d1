"""What somebody finds in a folder when a process is killed between any two of its changes to files.

A kill loses memory, not what is on disk: the state at an instant is a copy of the folder, taken from within the
process right before its next change. One call gives all of them, where kills at random give one each.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHANGES = ("open", "os.", "shutil.", "tempfile.")


class Instants:
    """Watches a folder from within the process; a hook cannot be taken back, so it is set once and told when.

    Parameters
    ----------
    folder
        What is watched, with all that is in it.
    copies
        Where copies of it go: ``000``, ``001`` and so on.
    kill_at
        Kill the process at the state of this number, and copy nothing.
    """

    def __init__(self, folder: Path, copies: Path, *, kill_at: int | None = None) -> None:
        self._folder, self._copies, self._kill_at = str(folder), copies, kill_at
        self._seen: object = None
        self._number, self._busy = 0, False

    @property
    def states(self) -> list[Path]:
        """The copies, in their order."""
        return sorted(self._copies.iterdir())

    def look(self, event: str, values: tuple[object, ...]) -> None:
        """Take a copy where something is about to change; what `sys.addaudithook` calls."""
        if self._busy or not event.startswith(_CHANGES) or not any(self._concerns(value) for value in values[:2]):
            return
        self._busy = True
        try:
            self.copy()
        finally:
            self._busy = False

    def copy(self) -> None:
        """Take a copy, unless nothing has changed since the last one."""
        state = _state(self._folder)
        if state == self._seen:
            return
        self._seen = state
        if self._kill_at is None:
            shutil.copytree(self._folder, self._copies / f"{self._number:03d}", symlinks=True)
        elif self._number == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._number += 1

    def _concerns(self, value: object) -> bool:
        return isinstance(value, str | os.PathLike) and os.fspath(value).startswith(self._folder)  # type: ignore[arg-type]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block lasts."""
        self._copies.mkdir(parents=True, exist_ok=True)
        hook: list[Instants] = [self]
        sys.addaudithook(lambda event, values: hook[0].look(event, values) if hook else None)
        try:
            yield
            self.copy()
        finally:
            hook.clear()


def _state(folder: str) -> list[tuple[str, int, int, int]]:
    found = []
    for place, _, names in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in names)):  # noqa: PTH118  # thousands of times
            try:
                about = os.lstat(path)
            except FileNotFoundError:
                continue
            found.append((path, about.st_ino, about.st_size, about.st_mtime_ns))
    return sorted(found)
