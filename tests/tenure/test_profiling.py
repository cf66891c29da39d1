"""The profile of a job: a Chrome trace whose stages lie inside one another and say what they took."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenure.profiling import ProfiledProgress, profile_stages
from tenure.progress import SilentProgress, open_progress
from tenure_features.errors import UsageError

MEGABYTE = 1_000_000


def trace(path: Path) -> dict[str, dict[str, Any]]:
    """Read the complete events of a trace by name."""
    events = json.loads(path.read_text())["traceEvents"]
    return {event["name"]: event for event in events if event["ph"] == "X"}


def test_profile__holds_stages_steps_rows_bytes_and_peaks(tmp_path: Path) -> None:
    path = tmp_path / "new" / "profile.json"
    (tmp_path / "some").write_bytes(b"0" * MEGABYTE)
    with open_progress(quiet=True, profile=path) as progress, progress.stage("Outer"):
        with progress.stage("Inner"):
            progress.count(40)
            progress.count(2)
            held = b"1" * (200 * MEGABYTE)
        with progress.stage("Reading"):
            (tmp_path / "some").read_bytes()
            progress.advance(1, 2)
            progress.advance(2, 2)
        assert len(held) == 200 * MEGABYTE
    found = trace(path)
    assert list(found) == ["Outer", "Inner", "Reading", "Reading: 1 of 2", "Reading: 2 of 2"]
    outer, inner, reading = (found[name] for name in ("Outer", "Inner", "Reading"))
    assert outer["ts"] <= inner["ts"] <= inner["ts"] + inner["dur"] <= reading["ts"]
    assert reading["ts"] + reading["dur"] <= outer["ts"] + outer["dur"]
    assert inner["args"]["rows"] == 42
    assert "rows" not in outer["args"]
    assert inner["args"]["peak_bytes"] > 200 * MEGABYTE
    assert outer["args"]["peak_bytes"] >= inner["args"]["peak_bytes"]
    assert reading["args"].get("bytes_read", MEGABYTE) >= MEGABYTE  # not every system counts them
    assert all(event["args"]["processor_seconds"] >= 0 for event in (outer, inner, reading))


def test_profile__is_written_when_the_job_fails_and_tells_the_other_progress_as_before(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"

    def fail() -> None:
        with profile_stages(SilentProgress(), path) as progress, progress.stage("Fitting"):
            assert isinstance(progress, ProfiledProgress)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(trace(path)) == ["Fitting"]
    with profile_stages(SilentProgress(), path) as progress:  # an earlier profile is replaced
        progress.note("nothing happens")
    assert trace(path) == {}


@pytest.mark.parametrize("name", ["orders.csv", "."])
def test_profile__replaces_nothing_but_a_profile(tmp_path: Path, name: str) -> None:
    (tmp_path / "orders.csv").write_text("customer_id,ordered_at,revenue\n")
    refused = pytest.raises(UsageError, match="--profile")
    with refused, profile_stages(SilentProgress(), tmp_path / name):
        pass
    assert (tmp_path / "orders.csv").read_text() == "customer_id,ordered_at,revenue\n"
