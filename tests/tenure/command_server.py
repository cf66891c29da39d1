"""Runs commands of ``tenure`` in processes that have its libraries loaded already: one to be killed starts at once.

Reads the words of a command as a JSON list from each line of its input, starts it as the leader of a session of its
own, and writes the id of the process, then, when it has ended, its exit code, or minus the signal that killed it.
The id stays that of the command until the next one is asked for: whoever kills it late kills nobody else.
"""

from __future__ import annotations

import json
import os
import sys

import tenure.jobs.run
import tenure.jobs.score  # noqa: F401  # what the commands import late
from tenure.cli import main


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
                main(json.loads(line))
            except SystemExit as stopped:
                os._exit(stopped.code if isinstance(stopped.code, int) else 1)
            os._exit(0)
        print(child, flush=True)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        print(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status, flush=True)


if __name__ == "__main__":
    serve()
