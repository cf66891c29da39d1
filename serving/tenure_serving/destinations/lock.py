"""A file that one process holds at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenure_features.errors import DependencyUnavailableError

PATIENCE_S, PAUSE_S = 600.0, 0.2
"""How long a run waits for another, and how often it looks."""


@contextmanager
def hold_lock(path: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold a lock file, waiting for who holds it; a process that ends, however, lets go of it.

    Raises
    ------
    DependencyUnavailableError
        Another process has held it all the time.
    """
    try:
        import fcntl
    except ImportError:  # not there on Windows
        yield
        return
    end = time.monotonic() + patience_s
    with path.open("ab") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as busy:
                if time.monotonic() > end:
                    raise DependencyUnavailableError(f"Another run is writing into {path.parent}.") from busy
                time.sleep(PAUSE_S)
        yield
