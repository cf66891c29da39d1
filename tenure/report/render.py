"""What the commands print for people."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tenure.jobs.results import AuditResult, BacktestResult, RunResult, ScoreResult
from tenure.report.training import audit_findings, date_findings
from tenure_serving.findings import text_lines
from tenure_serving.language import ENGLISH, NO_CURRENCY

_METRIC_COLUMNS = {
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
        "",
        f"Report:   {result.report_path}",
        f"Calls:    {result.report_path.with_name('call_list.csv')}",
        f"Scores:   {result.scores_path}",
        f"Manifest: {result.manifest_path}",
        f"Tracked:  {result.tracking_uri}",
    ]


def score_lines(result: ScoreResult) -> list[str]:
    """Tell the result of scoring with an existing model."""
    report = result.report_path
    return [
        *_notes(result.notes),
        *_findings(result),
        "",
        f"Model:  version {result.model_version}",
        f"Scores: {result.scores_path}",
        *([] if report is None else [f"Report: {report}", f"Calls:  {report.with_name('call_list.csv')}"]),
    ]


def backtest_lines(result: BacktestResult) -> list[str]:
    """Tell the result of a backtest: the table, and which candidate won why."""
    return [
        *_notes(result.notes),
        *comparison(result.backtest)[1:],
        *_dates(result),
        "",
        f"Winner: {result.champion} ({result.champion_reason})",
    ]


def audit_lines(result: AuditResult) -> list[str]:
    """Tell the result of an audit: every check with its verdict and what was seen."""
    return [
        *_notes(result.notes),
        f"{result.champion} as of {result.as_of:%Y-%m-%d}, for the next {result.horizon_days} days; the rows of "
        f"{result.customers:,} customers were doctored.",
        "",
        *text_lines(audit_findings(result.findings)),
    ]


def comparison(backtest: pd.DataFrame) -> list[str]:
    """Set every candidate beside every baseline, in tables narrow enough for a terminal.

    Parameters
    ----------
    backtest
        One row per candidate, with the columns of `_METRIC_COLUMNS` that are known; may be empty.
    """
    if backtest.empty:
        return []
    shown = [
        (title, backtest[[name for name in ("candidate", "kind", *metrics) if name in backtest]])
        for title, metrics in _METRIC_COLUMNS.items()
    ]
    return [line for title, part in shown for line in ("", f"{title}:", *write_table(part).splitlines())]


def write_table(frame: pd.DataFrame) -> str:
    """Write a table with three decimals and no index."""
    return frame.to_string(index=False, float_format="{:,.3f}".format, na_rep="-")


def _notes(notes: Iterable[str]) -> list[str]:
    lines = [f"Note: {note}" for note in notes]
    return [*lines, ""] if lines else []


def _dates(result: RunResult | BacktestResult) -> list[str]:
    dates = date_findings(result.dates)
    return [] if dates is None else ["", *text_lines(dates)]


def _findings(result: RunResult | ScoreResult) -> list[str]:
    stake, value = (
        ENGLISH.exact_money(amount, result.currency) for amount in (result.money_at_risk, result.expected_value)
    )
    return [
        f"{result.customers:,} customers as of {result.as_of:%Y-%m-%d}, for the next {result.horizon_days} days:",
        f"  {result.at_risk:,} are at risk of leaving (high risk, or a warning sign): {stake} is at stake",
        f"  {value} is expected from all of them together",
        *([] if result.currency else ["", f"Note: {NO_CURRENCY}"]),
    ]
