"""Progress: bars on a terminal, lines in a log, never on standard output."""

from __future__ import annotations

import io
import logging

import pytest
from rich.console import Console

from tenure.bars import TerminalProgress, open_bars
from tenure.progress import LOGGERS, LogProgress, SilentProgress, open_progress
from tenure.stages import Progress


def work(progress: Progress) -> None:
    with progress.stage("Outer"):
        progress.note("a default [was] chosen")
        with progress.stage("Inner"):
            for done in range(1, 9):
                progress.advance(done, 8)


def test_log_progress__says_start_quarters_and_end(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tenure"):
        work(LogProgress())
    messages = [message.partition(": done")[0].partition(", ")[0] for message in caplog.messages]
    assert messages == [
        "Outer", "a default [was] chosen", "Inner", "Inner: 2 of 8", "Inner: 4 of 8", "Inner: 6 of 8", "Inner", "Outer",
    ]  # fmt: skip


def test_log_progress__a_stage_that_fails_is_not_called_done(caplog: pytest.LogCaptureFixture) -> None:
    progress = LogProgress()
    with caplog.at_level(logging.INFO, logger="tenure"), pytest.raises(RuntimeError), progress.stage("Fitting"):
        raise RuntimeError
    assert caplog.messages == ["Fitting"]
    progress.advance(1, 2)


def test_terminal_progress__leaves_a_line_for_every_stage() -> None:
    stream = io.StringIO()
    with open_bars(Console(file=stream, force_terminal=True, width=80, no_color=True)) as (progress, _):
        assert isinstance(progress, TerminalProgress)
        work(progress)
    assert "a default [was] chosen" in stream.getvalue()
    assert stream.getvalue().index("  Inner") < stream.getvalue().rindex("Outer")


def test_silent_progress__says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    work(SilentProgress())
    assert capsys.readouterr() == ("", "")


def test_open_progress__keeps_standard_output_clean_and_puts_loggers_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = [(list(logger.handlers), logger.level) for logger in LOGGERS]
    with open_progress(quiet=False) as progress:
        assert isinstance(progress, LogProgress)
        work(progress)
        print("from a library")
        logging.getLogger("tenure_training.models").info("from our own package")
    out, err = capsys.readouterr()
    assert out == ""
    assert {"Inner: 4 of 8, seconds left", "from a library", "from our own package"} <= {
        line.split(" ", 1)[-1] for line in err.splitlines()
    } | set(err.splitlines())
    assert [(logger.handlers, logger.level) for logger in LOGGERS] == before


def test_open_progress__quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with open_progress(quiet=True) as progress:
        work(progress)
    assert capsys.readouterr() == ("", "")


def test_terminal_progress__counts_only_where_there_is_something_to_count() -> None:
    stream = io.StringIO()
    with open_bars(Console(file=stream, force_terminal=True, width=80, no_color=True)) as (progress, _):
        with progress.stage("Reading"):
            progress._bars.refresh()
        with progress.stage("Fitting"):
            progress.advance(2, 5)
            progress._bars.refresh()
    assert "0/?" not in stream.getvalue()
    assert "2/5" in stream.getvalue()
