"""What the commands print for people."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tenure.pipeline import BacktestResult, RunResult, ScoreResult


def run_lines(result: RunResult, *, currency: str | None) -> list[str]:
    """Tell the result of a run: what was found, how far to trust it, where everything is."""
    return [
        *_notes(result.notes),
        *_findings(result, currency),
        "",
        f"Model: {result.champion} ({result.champion_reason})",
        *(() if result.backtest.empty else ("", table(result.backtest))),
        "",
        f"Report:   {result.report_path}",
        f"Scores:   {result.scores_path}",
        f"Manifest: {result.manifest_path}",
        f"Tracked:  {result.tracking_uri}",
    ]


def score_lines(result: ScoreResult, *, currency: str | None) -> list[str]:
    """Tell the result of scoring with an existing model."""
    return [
        *_notes(result.notes),
        *_findings(result, currency),
        "",
        f"Model:  version {result.model_version}",
        f"Scores: {result.scores_path}",
    ]


def backtest_lines(result: BacktestResult) -> list[str]:
    """Tell the result of a backtest: the table, and which candidate won why."""
    return [*_notes(result.notes), table(result.backtest), "", f"Winner: {result.champion} ({result.champion_reason})"]


def money(amount: float, currency: str | None) -> str:
    """Write an amount with thousands separated and its currency, if that is known.

    Examples
    --------
    >>> money(1234567.8, "EUR"), money(12.345, None)
    ('1,234,568 EUR', '12.35')
    """
    digits = 0 if abs(amount) >= 1000 else 2
    return f"{amount:,.{digits}f} {currency or ''}".rstrip()


def table(frame: pd.DataFrame) -> str:
    """Write a table with three decimals and no index."""
    return frame.to_string(index=False, float_format="{:,.3f}".format, na_rep="-")


def _notes(notes: Iterable[str]) -> list[str]:
    lines = [f"Note: {note}" for note in notes]
    return [*lines, ""] if lines else []


def _findings(result: RunResult | ScoreResult, currency: str | None) -> list[str]:
    return [
        f"{result.customers:,} customers as of {result.as_of:%Y-%m-%d}, for the next {result.horizon_days} days:",
        f"  {result.at_risk:,} are at high risk of leaving, {money(result.money_at_risk, currency)} is at stake",
        f"  {money(result.expected_value, currency)} is expected from all of them together",
    ]
