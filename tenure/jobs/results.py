"""What a job left behind, for those who called it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tenure_features.html_view import render_view
from tenure_serving.batch import MANIFEST, SCORES
from tenure_training.audit import Finding
from tenure_training.models.bundle import Bundle


@dataclass(frozen=True, kw_only=True)
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
        Customers in the high risk tier, or with a warning sign, who are not lost yet.
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
    report_path
        ``report.html``, with ``call_list.csv`` beside it; None where no report was asked for.
    """

    out: Path
    scores_path: Path
    manifest_path: Path
    report_path: Path | None
    customers: int
    at_risk: int
    money_at_risk: float
    expected_value: float
    currency: str | None
    model_version: str
    as_of: dt.datetime
    horizon_days: int
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        scores: pd.DataFrame,
        *,
        out: Path,
        bundle: Bundle,
        currency: str | None,
        notes: tuple[str, ...],
        report: Path | None,
    ) -> ScoreResult:
        """Sum up scores that lie in a folder, and the model they come from."""
        from tenure_serving.report.summary import headline, with_money

        head = headline(with_money(scores))
        return ScoreResult(
            out=out,
            scores_path=out / SCORES,
            manifest_path=out / MANIFEST,
            report_path=report,
            customers=len(scores),
            at_risk=head.at_risk,
            money_at_risk=head.money_at_risk,
            expected_value=head.expected_value,
            currency=currency,
            model_version=bundle.version,
            as_of=pd.Timestamp(scores["as_of"].iloc[0]).to_pydatetime(),
            horizon_days=bundle.info.horizon_days,
            notes=notes,
        )

    def _facts(self) -> dict[str, object]:
        money = f" {self.currency or ''}".rstrip()
        return {
            "customers": f"{self.customers:,}",
            "at risk": f"{self.at_risk:,}, {self.money_at_risk:,.2f}{money} with them",
            "expected value": f"{self.expected_value:,.2f}{money}",
            "model": self.model_version,
            "folder": self.out,
        }

    def _repr_html_(self) -> str:
        """Show the sums of the scores in a notebook."""
        title = f"Scores as of {self.as_of:%Y-%m-%d}, the next {self.horizon_days} days"
        return render_view(title, facts=self._facts(), notes=self.notes)


@dataclass(frozen=True, kw_only=True)
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
    dates: pd.DataFrame

    def _repr_html_(self) -> str:
        """Show the champion, the sums of the scores, where everything lies, and the backtest in a notebook."""
        return render_view(
            f"{self.champion} as of {self.as_of:%Y-%m-%d}, the next {self.horizon_days} days",
            lead=self.champion_reason,
            facts={**self._facts(), "report": self.report_path, "tracked at": self.tracking_uri},
            tables={"Backtest": self.backtest} if len(self.backtest) else {},
            notes=self.notes,
        )


@dataclass(frozen=True, kw_only=True)
class BacktestResult:
    """What a backtest found: the table, who would be champion, how dates did, what leaked."""

    backtest: pd.DataFrame
    champion: str
    champion_reason: str
    as_of: dt.datetime
    horizon_days: int
    notes: tuple[str, ...]
    audit: tuple[Finding, ...]
    dates: pd.DataFrame

    def _repr_html_(self) -> str:
        """Show who would be champion and why, every candidate, and how dates did in a notebook."""
        return render_view(
            f"{self.champion} as of {self.as_of:%Y-%m-%d}, the next {self.horizon_days} days",
            lead=self.champion_reason,
            tables={"Backtest": self.backtest, **({"Dates of the next order": self.dates} if len(self.dates) else {})},
            notes=self.notes,
        )


@dataclass(frozen=True, kw_only=True)
class AuditResult:
    """What the audit of a training found.

    Attributes
    ----------
    leaks
        How many checks failed.
    findings
        One per check.
    champion
        The model that was audited.
    customers
        Customers whose rows were doctored.
    as_of, horizon_days
        The window predicted.
    notes
        Sentences a reader must know.
    """

    leaks: int
    findings: tuple[Finding, ...]
    champion: str
    customers: int
    as_of: dt.datetime
    horizon_days: int
    notes: tuple[str, ...]
