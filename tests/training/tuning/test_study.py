"""The search finds, prunes, survives being killed, and gives the same trials with and without that."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import time

import pytest

from tenure_training.tuning import search

RESUMED = """
import pickle, sys
from pathlib import Path
from tenure_training.tuning import search
search(pickle.loads(Path(sys.argv[1]).read_bytes()), trials=12, journal=Path(sys.argv[2]), study="s")
"""


def _told(trials):
    return [(trial.settings, trial.score) for trial in trials]


def test_search__finds_the_settings_that_would_have_been_right(problem, tmp_path):
    told = []
    kept, pruned = search(problem(0.2, 0.25), trials=25, journal=tmp_path / "j", study="s",
                          advance=lambda done, total: told.append((done, total)))  # fmt: skip
    best = min(kept, key=lambda trial: trial.score.loss)
    assert best.settings["rate"] == pytest.approx(0.22, abs=0.06)
    assert best.score.loss < 0.9
    assert isinstance(best.settings["size"], int)
    assert kept[0].number == 0
    assert kept[0].settings == {"rate": 0.5, "size": 5}
    assert kept[0].score.loss == 1.0
    assert len(kept) - 1 + pruned == 25
    assert pruned > 0
    assert told == [(done, 25) for done in range(26)]


def test_search__is_the_same_every_time_and_counts_what_is_there(problem, tmp_path):
    one, other = (search(problem(0.3, 0.4), trials=10, journal=tmp_path / name, study="s") for name in "ab")
    assert _told(one[0]) == _told(other[0])
    tried = (tmp_path / "a").read_text(encoding="utf-8").count("distribution")
    again = search(problem(0.3, 0.4), trials=10, journal=tmp_path / "a", study="s")
    assert _told(again[0]) == _told(one[0])
    assert (tmp_path / "a").read_text(encoding="utf-8").count("distribution") == tried  # nothing was tried again
    more, _ = search(problem(0.3, 0.4), trials=12, journal=tmp_path / "a", study="s")
    assert _told(more)[: len(one[0])] == _told(one[0])


def test_search__killed_and_resumed_finds_what_an_undisturbed_one_finds(problem, tmp_path):
    slow = problem(0.2, 0.3, of="SlowGuess")
    (tmp_path / "problem.pickle").write_bytes(pickle.dumps(slow))
    journal = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", RESUMED, tmp_path / "problem.pickle", journal])
    try:
        _wait_for_trials(journal, 3)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    finished = _finished(journal)
    assert 3 <= finished < 12
    resumed, pruned = search(slow, trials=12, journal=journal, study="s")
    whole, pruned_whole = search(problem(0.2, 0.3), trials=12, journal=tmp_path / "whole", study="s")
    assert _told(resumed) == _told(whole)
    assert pruned == pruned_whole
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert len({line["worker_id"] for line in lines}) >= 2  # the killed process wrote some of it, this one the rest


def _finished(journal) -> int:
    """Trials told complete or pruned in the journal, beside the untuned one."""
    if not journal.exists():
        return 0
    whole = [line for line in journal.read_text(encoding="utf-8").split("\n")[:-1] if line]
    return sum(json.loads(line).get("state") in {1, 2} for line in whole) - 1


def _wait_for_trials(journal, count: int) -> None:
    until = time.monotonic() + 120
    while _finished(journal) < count:
        assert time.monotonic() < until, "the search did not begin"
        time.sleep(0.02)


def test_search__begins_nothing_after_its_time(problem, tmp_path):
    kept, pruned = search(problem(0.2), trials=50, journal=tmp_path / "j", study="s", timeout_s=1e-9)
    assert (len(kept), pruned) == (1, 0)


def test_search__in_processes_tries_as_many_as_wanted(problem, tmp_path):
    kept, pruned = search(problem(0.2, 0.3), trials=6, journal=tmp_path / "j", study="s", jobs=2)
    assert len(kept) - 1 + pruned == 6
    assert len({tuple(trial.settings.values()) for trial in kept}) == len(kept)
    assert all(trial.score == problem(0.2, 0.3).score(trial.settings) for trial in kept[1:])
