"""What the commands print for people."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tenure.jobs.results import AuditResult, BacktestResult, RunResult, ScoreResult
from tenure.report.next_order import dates_line

COLUMNS = {
    "Will they order? Mean over the backtest's origins": (
        "origins", "auroc", "average_precision", "log_loss", "brier", "ece", "calibration_slope", "top_decile_lift",
    ),
    "How much? Mean over the backtest's origins": (
        "normalised_gini", "spearman", "decile_mape", "total_bias", "top20_captured", "wape", "coverage_80", "crps",
    ),
}  # fmt: skip
"""The metrics of the backtest that are printed; --json and the report have all of them."""


def run_lines(result: RunResult) -> list[str]:
    """Tell the result of a run: what was found, how far to trust it, where everything is."""
    return [
        *_notes(result.notes),
        *_findings(result),
        "",
        f"Model: {result.champion} ({result.champion_reason})",
        *comparison(result.backtest),
        *_dates(result),
        *_campaign(result),
        "",
        f"Report:   {result.report_path}",
        f"Scores:   {result.scores_path}",
        f"Manifest: {result.manifest_path}",
        f"Tracked:  {result.tracking_uri}",
    ]


def score_lines(result: ScoreResult) -> list[str]:
    """Tell the result of scoring with an existing model."""
    return [
        *_notes(result.notes),
        *_findings(result),
        "",
        f"Model:  version {result.model_version}",
        f"Scores: {result.scores_path}",
    ]


def backtest_lines(result: BacktestResult) -> list[str]:
    """Tell the result of a backtest: the table, and which candidate won why."""
    return [
        *_notes(result.notes),
        *comparison(result.backtest)[1:],
        *_dates(result),
        "",
        f"Winner: {result.champion} ({result.champion_reason})",
        *_campaign(result),
    ]


def audit_lines(result: AuditResult) -> list[str]:
    """Tell the result of an audit: every check with its verdict and what was seen."""
    marks = {"passed": "ok  ", "failed": "LEAK", "not applicable": "-   "}
    done = [finding for finding in result.findings if finding.verdict != "not applicable"]
    verdict = (
        f"{result.leaks} of {len(done)} checks found a leak." if result.leaks else f"No leak in {len(done)} checks."
    )
    return [
        *_notes(result.notes),
        f"{result.champion} as of {result.as_of:%Y-%m-%d}, for the next {result.horizon_days} days; the rows of "
        f"{result.customers:,} customers were doctored:",
        "",
        *(f"{marks[finding.verdict]} {finding.check:<21}{finding.evidence}" for finding in result.findings),
        "",
        verdict,
    ]


def money(amount: float, currency: str | None) -> str:
    """Write an amount with thousands separated and its currency, if that is known.

    Examples
    --------
    >>> money(1234567.8, "EUR"), money(12.345, None)
    ('1,234,568 EUR', '12.35')
    """
    digits = 0 if abs(amount) >= 1000 else 2
    return f"{amount:,.{digits}f} {currency or ''}".rstrip()


def comparison(backtest: pd.DataFrame) -> list[str]:
    """Set every candidate beside every baseline, in tables narrow enough for a terminal.

    Parameters
    ----------
    backtest
        One row per candidate, with the columns of `COLUMNS` that are known; may be empty.
    """
    if backtest.empty:
        return []
    shown = [
        (title, backtest[[name for name in ("candidate", "kind", *metrics) if name in backtest]])
        for title, metrics in COLUMNS.items()
    ]
    return [line for title, part in shown for line in ("", f"{title}:", *table(part).splitlines())]


def table(frame: pd.DataFrame) -> str:
    """Write a table with three decimals and no index."""
    return frame.to_string(index=False, float_format="{:,.3f}".format, na_rep="-")


def _notes(notes: Iterable[str]) -> list[str]:
    lines = [f"Note: {note}" for note in notes]
    return [*lines, ""] if lines else []


def _dates(result: RunResult | BacktestResult) -> list[str]:
    line = dates_line(result.dates)
    return [] if line is None else ["", line]


def _campaign(result: RunResult | BacktestResult) -> list[str]:
    found = result.campaign
    if found is None:
        return []
    return [
        f"Campaign: contacting the riskiest {found.share_to_contact:.0%} along its ranking earns {found.empc:,.3g} per "
        f"customer (EMPC; a contact costs {found.contact_cost:,.3g}, an offer {found.offer_cost:,.3g})",
    ]


def _findings(result: RunResult | ScoreResult) -> list[str]:
    return [
        f"{result.customers:,} customers as of {result.as_of:%Y-%m-%d}, for the next {result.horizon_days} days:",
        f"  {result.at_risk:,} are at high risk of leaving, {money(result.money_at_risk, result.currency)} is at stake",
        f"  {money(result.expected_value, result.currency)} is expected from all of them together",
    ]
