"""Runs commands of ``tenure`` in processes that have its libraries loaded already: one to be killed starts at once.

Reads a command as JSON from each line of its input: ``words``, and perhaps ``watch``, a folder that `tests.instants`
watches, with ``copies`` and ``kill_at``, or ``most_bytes``, the size at which writing any file kills it. Starts the
command as the leader of a session of its own, and writes the id of the process, then, when it has ended, its exit code,
or minus the signal that killed it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import tenure.jobs.publication
import tenure.jobs.run  # noqa: F401  # what the commands import late
from tenure.cli import main
from tests.instants import Instants


def run(asked: dict[str, Any]) -> None:
    """Run a command in this process, watched or with a limit where it is asked for."""
    with ExitStack() as stack:
        if "watch" in asked:
            instants = Instants(Path(asked["watch"]), Path(asked["copies"]), kill_at=asked.get("kill_at"))
            stack.enter_context(instants.watching())
        if "most_bytes" in asked:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"], asked["most_bytes"]))
        main(asked["words"])


def serve() -> None:
    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            os.setsid()
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1):
                os.dup2(silence, stream)
            try:
                run(json.loads(line))
            except SystemExit as stopped:
                os._exit(stopped.code if isinstance(stopped.code, int) else 1)
            os._exit(0)
        print(child, flush=True)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        print(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status, flush=True)


if __name__ == "__main__":
    serve()
