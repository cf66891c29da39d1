"""The file of what campaigns taught: ``tenure experiment analyse`` adds to it, others read what was known by then."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure_decisions.campaigns.results import CampaignResult, GroupResult, latest_results
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.files import replacing

_VERSION = 1


def results_place(config: Config | None, given: Path | None = None) -> Path | None:
    """Return the file of results: the one given, or that of ``[experiments] results``."""
    return given or (None if config is None else config.experiments.results)


def read_results(path: Path) -> tuple[CampaignResult, ...]:
    """Read all results of a file, those of every moment; none where the file is not there yet.

    Raises
    ------
    DataContractError
        The file holds something else.
    """
    if not path.exists():
        return ()
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']}, this Tenure reads {_VERSION}")
        return tuple(_read_result(row) for row in content["results"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataContractError(
            f"The results of campaigns in {path} cannot be read.",
            found=f"{type(error).__name__}: {error}",
            fix="Name the file that tenure experiment analyse --results wrote.",
        ) from error


def known_results(path: Path | None, *, as_of: pd.Timestamp) -> tuple[CampaignResult, ...]:
    """Read the last result of every arm that was known at a moment: what was measured later is not looked at.

    Raises
    ------
    UsageError
        A file was named and is not there.
    """
    if path is None:
        return ()
    if not path.exists():
        raise UsageError(
            f"There is no file of results {path}.", fix="tenure experiment analyse CAMPAIGN --results FILE writes it."
        )
    return latest_results(read_results(path), as_of=as_of)


def add_results(path: Path, added: Sequence[CampaignResult]) -> tuple[CampaignResult, ...]:
    """Add results to a file and return all of it; the same arm measured again at the same moment takes the old place.

    The file is whole or as it was.
    """
    kept = {_key(result): result for result in read_results(path)}
    everything = {**kept, **{_key(result): result for result in added}}
    results = tuple(sorted(everything.values(), key=lambda result: (result.known_at, *_key(result))))
    content = {"version": _VERSION, "results": [_row(result) for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_text(f"{json.dumps(content, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    return results


def _key(result: CampaignResult) -> tuple[str, str, str]:
    return result.campaign, result.arm, result.known_at.isoformat()


def _row(result: CampaignResult) -> dict[str, Any]:
    row = {**asdict(result), "known_at": result.known_at.isoformat()}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}


def _read_result(row: Mapping[str, Any]) -> CampaignResult:
    texts: dict[str, Any] = {
        name: str(row[name]) for name in ("campaign", "arm", "metric", "outcome", "sentence", "by", "money")
    }
    numbers: dict[str, Any] = {
        name: math.nan if row[name] is None else float(row[name])
        for name in (
            "control",
            "difference",
            "low",
            "high",
            "error",
            "money_control",
            "money_difference",
            "money_error",
        )
    }
    groups = tuple(
        GroupResult(group=str(group["group"]), **{end: float(group[end]) for end in ("difference", "low", "high")})
        for group in row["groups"]
    )
    return CampaignResult(
        horizon_days=int(row["horizon_days"]), known_at=pd.Timestamp(row["known_at"]), customers=int(row["customers"]),
        level=float(row["level"]), always=bool(row["always"]), groups=groups, **texts, **numbers,
    )  # fmt: skip
