"""The folder that standing tests live in: what was assigned, and what is known of every test; whole, or as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from tenure_decisions.campaigns.standing import StandingState, StandingTest
from tenure_decisions.campaigns.standing_results import StandingResult
from tenure_features.errors import DataContractError
from tenure_serving.result_folder import recover_folder

ASSIGNMENT_FILE, STATE_FILE = "assignments.parquet", "standing.json"
_VERSION = 1


def read_standing(folder: Path) -> StandingState:
    """Read what the call before left; an empty state where there was none.

    Raises
    ------
    DataContractError
        The folder holds something else.
    """
    recover_folder(folder)
    if not (folder / STATE_FILE).is_file():
        return StandingState()
    try:
        content = json.loads((folder / STATE_FILE).read_text("utf-8"))
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']} of the state, this Tenure reads {_VERSION}")
        tests = tuple(_read_test(test) for test in content["tests"])
        assignments = pd.read_parquet(folder / ASSIGNMENT_FILE)
        return StandingState(as_of=pd.Timestamp(content["as_of"]), tests=tests, assignments=assignments)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataContractError(
            f"The state of standing tests in {folder} cannot be read.",
            found=f"{type(error).__name__}: {error}",
            fix="Put the folder of the last call back, or begin in an empty one.",
        ) from error


def write_standing(state: StandingState, folder: Path) -> None:
    """Write a state into a folder that is being built."""
    state.assignments.to_parquet(folder / ASSIGNMENT_FILE, index=False)
    content = {"version": _VERSION, "as_of": state.as_of, "tests": [asdict(test) for test in state.tests]}
    text = json.dumps(content, default=_as_text, ensure_ascii=False, indent=1)
    (folder / STATE_FILE).write_text(f"{text}\n", encoding="utf-8")


def _as_text(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in the state")


def _read_test(content: Mapping[str, Any]) -> StandingTest:
    closed = content["closed_at"]
    return StandingTest(
        group=str(content["group"]),
        campaign=str(content["campaign"]),
        tactics=tuple(map(str, content["tactics"])),
        opened_at=pd.Timestamp(content["opened_at"]),
        closed_at=None if closed is None else pd.Timestamp(closed),
        shares=tuple(
            (pd.Timestamp(at), {str(arm): float(share) for arm, share in shares.items()})
            for at, shares in content["shares"]
        ),
        results=tuple(_read_result(result) for result in content["results"]),
    )


def _read_result(content: Mapping[str, Any]) -> StandingResult:
    numbers = {name: float(content[name]) for name in ("difference", "low", "high", "control", "error")}
    return StandingResult(
        tactic=str(content["tactic"]), outcome=str(content["outcome"]), sentence=str(content["sentence"]),
        customers=int(content["customers"]), measured_at=pd.Timestamp(content["measured_at"]), **numbers,
    )  # fmt: skip
