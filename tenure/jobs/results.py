"""What a job left behind, for those who called it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tenure.jobs.campaign import CampaignResult
from tenure_training.audit import Finding


@dataclass(frozen=True)
class ScoreResult:
    """What scoring left behind.

    Attributes
    ----------
    out
        The folder of everything below.
    scores_path, manifest_path
        ``scores.parquet`` and ``manifest.json``.
    customers
        Customers scored.
    at_risk
        Customers in the high risk tier who are not lost yet.
    money_at_risk
        What those would bring if they stayed, minus what is expected of them.
    expected_value
        Sum over all customers.
    currency
        Of every amount; None where neither the log nor the configuration says.
    model_version
        Of the bundle.
    as_of, horizon_days
        The window predicted.
    notes
        Sentences a reader must know.
    """

    out: Path
    scores_path: Path
    manifest_path: Path
    customers: int
    at_risk: int
    money_at_risk: float
    expected_value: float
    currency: str | None
    model_version: str
    as_of: dt.datetime
    horizon_days: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RunResult(ScoreResult):
    """What a run left behind: scores, and the model that made them.

    Attributes
    ----------
    report_path
        ``report.html``.
    champion, champion_reason
        Which candidate was chosen, and why.
    backtest
        One row per candidate, averaged over origins.
    tracking_uri
        Where it is tracked.
    scores
        The score table itself.
    audit
        What the leak audit of the backtest found, one per check.
    campaign
        What a retention campaign along the champion's ranking would have earned; None without a backtest.
    dates
        How ``next_order_at`` did in the backtest beside the last order plus ADBT, one row per origin.
    """

    report_path: Path
    champion: str
    champion_reason: str
    backtest: pd.DataFrame
    tracking_uri: str
    scores: pd.DataFrame = field(repr=False)
    audit: tuple[Finding, ...]
    campaign: CampaignResult | None
    dates: pd.DataFrame


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest found: the table, who would be champion, what a campaign earns, how dates did, what leaked."""

    backtest: pd.DataFrame
    champion: str
    champion_reason: str
    as_of: dt.datetime
    horizon_days: int
    notes: tuple[str, ...]
    audit: tuple[Finding, ...]
    campaign: CampaignResult | None
    dates: pd.DataFrame
