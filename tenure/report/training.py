"""What the backtest and its audit found of a training: the dates of next orders, leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tenure_decisions import glossary
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_training.audit import Finding

_SEEN: Mapping[str, str] = {"passed": "ok", "failed": "LEAK", "not applicable": "-"}


def audit_findings(checks: Sequence[Finding]) -> Findings:
    """Say whether anything from the future was used, one row per check."""
    failed = sum(check.failed for check in checks)
    title = "Nothing from the future was used: {checks} checks, no leak found"
    if failed:
        title = "Something from the future was used: {leaks} of {checks} checks found a leak"
    frame = pd.DataFrame(
        {
            "seen": [_SEEN[check.verdict] for check in checks],
            "check": [check.check for check in checks],
            "question": [check.question for check in checks],
            "verdict": [check.verdict for check in checks],
            "evidence": [check.evidence for check in checks],
        }
    )
    return Findings(
        subject="audit",
        title=title,
        lead="A model that was shown the future looks better than it is. These checks were made on the rows "
        "themselves.",
        facts=(
            Fact("leaks", failed, "checks"),
            Fact("checks", len(checks), "checks"),
            Fact("applied", sum(check.verdict != "not applicable" for check in checks), "checks"),
        ),
        tables=(FindingTable(name="findings", title="Checks", frame=frame, terms=glossary.CHECK_TERMS),),
    )


def date_findings(table: pd.DataFrame) -> Findings | None:
    """Say how ``next_order_at`` did beside the last order plus ADBT; None where there was nobody to judge it on.

    Parameters
    ----------
    table
        As `tenure_training.backtest.Backtest.dates`, one row per origin; may be empty.
    """
    judged = table if table.empty else table[table["ordered"] > 0]
    if judged.empty:
        return None
    mean = judged.drop(columns="origin").mean()
    lead = (
        "For those who ordered within the window, half of the dates were at most {error_days} days off; the last order "
        "plus the customer's average days between transactions (ADBT) was off by {adbt_error_days}."
    )
    if mean["error_days"] > mean["adbt_error_days"]:
        lead = (
            "For those who ordered within the window, half of the dates were at most {error_days} days off; the last "
            "order plus the customer's average days between transactions (ADBT) only by {adbt_error_days}."
        )
    return Findings(
        subject="dates",
        title="Dates of the next order are {whole_error} days off, {whole_adbt_error} by the usual gap",
        lead=lead,
        facts=(
            Fact("whole_error", round(mean["error_days"]), "days"),
            Fact("whole_adbt_error", round(mean["adbt_error_days"]), "days"),
            *(
                Fact(str(name), float(mean[name]), term.unit, term.meaning)
                for name, term in glossary.DATE_TERMS.items()
                if name in mean
            ),
        ),
        tables=(FindingTable(name="dates", title="Dates by origin", frame=table, terms=glossary.DATE_TERMS),),
    )
