"""Writing the feature table of every customer at one moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from tenure.config import Config
from tenure.jobs.costs import MONEY_TABLES, PastMoney
from tenure.jobs.opening import catalogue_of, open_configured_shop, table_notes
from tenure.stages import Progress
from tenure_features import Catalogue, write_snapshots
from tenure_features.errors import UsageError
from tenure_features.families.profile_features import calendar_names, profile_names
from tenure_features.tables.contracts import CALENDAR


@dataclass(frozen=True)
class WrittenSnapshot:
    """Where a snapshot was written, and its size."""

    path: Path
    as_of: dt.datetime
    customers: int
    features: int


def write_snapshot(config: Config, out: Path | None, *, money: bool = False, progress: Progress) -> WrittenSnapshot:
    """Compute every feature of every customer at ``as_of`` and write them as Parquet.

    Parameters
    ----------
    money
        Write what each customer has brought and cost so far beside them (`tenure.jobs.costs.PastMoney`), as the scores
        of a batch rest on it.

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
        catalogue = catalogue_of(config)
        tables = {feature.table for feature in catalogue} | (MONEY_TABLES if money else set())
        shop = open_configured_shop(config, only=tables, progress=progress)
    for note in (*table_notes(shop, catalogue), *shop.notes):
        progress.note(note)
    with progress.stage("Computing the features"):
        names = [feature.name for feature in catalogue.available(shop.columns) if feature.table != CALENDAR]
        if "customers" in shop.tables:
            names += profile_names(shop.tables["customers"], shop.as_of)
        days = config.run.horizon_days or shop.log.figures.suggested_horizon_days
        names += calendar_names(shop.calendar, catalogue) if shop.calendar else ()
        out.parent.mkdir(parents=True, exist_ok=True)
        customers, features = write_snapshots(
            out,
            shop,
            shop.as_of,
            features=names,
            active_days=config.run.active_days,
            window_days=days,
            catalogue=catalogue,
            beside=PastMoney(config.economics, shop).add if money else None,
        )
        progress.count(customers)
    return WrittenSnapshot(out, shop.as_of.to_pydatetime(), customers=customers, features=features)


def catalogue_rows(features: Catalogue) -> list[dict[str, str]]:
    """Describe features as objects, without the code that computes them."""
    parts = ("name", "family", "unit", "meaning", "reason", "table")
    return [{part: getattr(feature, part) for part in parts} for feature in features]


def catalogue_lines(features: Catalogue) -> list[str]:
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
