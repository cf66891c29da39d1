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
_NUMBERS = (
    "control", "difference", "low", "high", "error", "money_control", "money_difference", "money_error"
)  # fmt: skip


def results_place(config: Config | None, named: Path | None = None) -> Path | None:
    """Return the file of results: the one named, or that of ``[experiments] results``."""
    return named or (None if config is None else config.experiments.results)


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


def known_results(
    config: Config | None, *, as_of: pd.Timestamp, named: Path | None = None
) -> tuple[CampaignResult, ...]:
    """Read the last result of every arm that was known at a moment: what was measured later is not looked at.

    The file of the configuration may not be there yet: nothing has been measured then.

    Raises
    ------
    UsageError
        A file was named and is not there.
    """
    path = results_place(config, named)
    if path is None or (named is None and not path.exists()):
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
    before = {_key(result): result for result in read_results(path)}
    everything = {**before, **{_key(result): result for result in added}}
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
    numbers = {name: math.nan if row[name] is None else float(row[name]) for name in _NUMBERS}
    groups = tuple(
        GroupResult(
            group=str(group["group"]),
            difference=float(group["difference"]),
            low=float(group["low"]),
            high=float(group["high"]),
        )
        for group in row["groups"]
    )
    return CampaignResult(
        campaign=str(row["campaign"]), arm=str(row["arm"]), metric=str(row["metric"]), outcome=str(row["outcome"]),
        sentence=str(row["sentence"]), by=str(row["by"]), money=str(row["money"]), groups=groups,
        horizon_days=int(row["horizon_days"]), known_at=pd.Timestamp(row["known_at"]), customers=int(row["customers"]),
        level=float(row["level"]), always=bool(row["always"]),
        control=numbers["control"], difference=numbers["difference"], low=numbers["low"], high=numbers["high"],
        error=numbers["error"], money_control=numbers["money_control"],
        money_difference=numbers["money_difference"], money_error=numbers["money_error"],
    )  # fmt: skip
