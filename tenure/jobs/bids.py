"""The job behind ``tenure bids``: a shop in, bid adjustments and a file of a platform out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.studies import StudySettings, read_study, tables_beside
from tenure.names import require_known
from tenure.progress import Progress
from tenure_connectors.bid_files import BID_PLATFORMS, write_bid_file
from tenure_decisions.economics.bids import BidLimits, bids, first_places
from tenure_decisions.economics.findings import bid_findings
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders
from tenure_features.reading.engine import fetch
from tenure_features.reading.files import replacing

_READ = ("customer_id", "ordered_at", "revenue", "device", "region")


@dataclass(frozen=True, kw_only=True)
class BidTarget:
    """Whose file is written.

    Attributes
    ----------
    platform
        As `tenure_connectors.bid_files.write_bid_file` calls it.
    ids
        What campaigns and regions are called there.
    campaigns
        Those that get adjustments where nothing says which campaign brought a customer.
    folder
        Where the file goes.
    """

    platform: str
    ids: Mapping[str, str] = field(default_factory=dict)
    campaigns: Sequence[str] = ()
    folder: Path

    def __post_init__(self) -> None:
        require_known([self.platform], tuple(BID_PLATFORMS), what="platform of bids")


def bid_job(
    config: Config,
    scores: Path | None,
    *,
    limits: BidLimits,
    channel: str | None = None,
    target: BidTarget | None = None,
    settings: StudySettings,
    progress: Progress,
) -> Findings:
    """Compare what new customers are worth, see `tenure_decisions.economics.bids`, and write a platform's file."""
    shop, study = read_study(config, scores, settings=settings, progress=progress)
    with progress.stage("Comparing what new customers are worth"):
        beside = tables_beside(shop)
        places = first_places(
            _order_places(shop), as_of=shop.as_of, customers=beside.get("customers"), events=beside.get("events"),
            spend=beside.get("spend"),
        )  # fmt: skip
        weighed = bids(study, places, days=settings.days, limits=limits, channel=channel)
    findings = bid_findings(
        weighed, limits=limits, since=study.since, as_of=study.as_of, level=study.level, currency=shop.currency or "",
        notes=shop.notes,
    )  # fmt: skip
    return findings if target is None else _write(findings, target)


def _order_places(shop: Shop) -> pd.DataFrame:
    table = orders(shop)
    return fetch(table.select([name for name in _READ if name in table.columns]))


def _write(findings: Findings, target: BidTarget) -> Findings:
    """Write the file, and note where it is and what it lacks."""
    made = write_bid_file(target.platform, findings.frame("bids"), ids=target.ids, campaigns=target.campaigns)
    place = target.folder / made.name
    with replacing(place) as draft:
        draft.write_text(made.text, encoding="utf-8")
    lacking = f" It lacks {', '.join(made.left_out)}." if made.left_out else ""
    return replace(findings, notes=(*findings.notes, f"For {target.platform}: {place}.{lacking} Nothing was sent."))
