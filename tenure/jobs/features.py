"""Writing the feature table of every customer at one moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.inputs import open_inputs
from tenure.progress import Progress
from tenure_features import Feature, catalogue, write_snapshots
from tenure_features.errors import UsageError
from tenure_features.families.profile_features import calendar_names, profile_names
from tenure_features.given import Given


@dataclass(frozen=True)
class WrittenSnapshot:
    """Where a snapshot was written, and its size."""

    path: Path
    as_of: dt.datetime
    customers: int
    features: int


def write_snapshot(config: Config, out: Path | None, *, progress: Progress) -> WrittenSnapshot:
    """Compute every feature of every customer at ``as_of`` and write them as Parquet.

    Raises
    ------
    UsageError
        When no file was named, or ``as_of`` is not later than the first order.
    DataContractError
        When the order log is not usable.
    """
    if out is None:
        raise UsageError("No file for the features is named.", fix="Say --out FILE.parquet, or --list to see them.")
    with progress.stage("Reading the orders"):
        inputs = open_inputs(config)
        log = inputs.log
    for note in inputs.notes:
        progress.note(note)
    as_of = config.run.as_of or log.default_as_of
    if config.run.as_of is None:
        progress.note(f"as_of is {as_of:%Y-%m-%d}, the day after the last order; choose another with --as-of.")
    with progress.stage("Computing the features"):
        names = [one.name for one in Given(log, inputs.tables).available(catalogue())]
        if "customers" in inputs.tables:
            names += profile_names(inputs.tables["customers"], pd.Timestamp(as_of))
        days = config.run.horizon_days or log.readiness.suggested_horizon_days
        names += calendar_names(inputs.calendar) if inputs.calendar else ()
        out.parent.mkdir(parents=True, exist_ok=True)
        customers, features = write_snapshots(
            out,
            log,
            [as_of],
            tables=inputs.tables,
            features=names,
            active_days=config.run.active_days,
            calendar=inputs.calendar,
            window_days=days,
        )
    return WrittenSnapshot(out, as_of, customers=customers, features=features)


def catalogue_rows(features: Sequence[Feature]) -> list[dict[str, str]]:
    """Describe features as objects, without the code that computes them."""
    parts = ("name", "family", "unit", "meaning", "reason", "table")
    return [{part: getattr(feature, part) for part in parts} for feature in features]


def catalogue_lines(features: Sequence[Feature]) -> list[str]:
    """List features by family, with unit and meaning."""
    width = max(len(feature.name) for feature in features)
    unit = max(len(feature.unit) for feature in features)
    lines: list[str] = []
    for family in dict.fromkeys(feature.family for feature in features):
        lines += ["", family]
        lines += [
            f"  {feature.name:<{width}}  {feature.unit:<{unit}}  {feature.meaning}"
            for feature in features
            if feature.family == family
        ]
    return lines[1:]
