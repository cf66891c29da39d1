"""What the dates of the next order are worth: the line in the terminal and the part of the report."""

from __future__ import annotations

import pandas as pd

from tenure_serving.report.sections import Paragraph, Section, TableBlock

_HEADINGS = {
    "customers": "two orders or more",
    "ordered": "ordered in the window",
    "concordance": "concordance",
    "adbt_concordance": "last order + ADBT",
    "error_days": "median error, days",
    "adbt_error_days": "last order + ADBT, days",
    "coverage_80": "80 % interval holds",
}


def dates_line(table: pd.DataFrame) -> str | None:
    """Say in one line how dates did beside the last order plus ADBT, on average over the origins; None without any.

    Parameters
    ----------
    table
        As `tenure_training.backtest.Backtest.dates`.
    """
    mean = _means(table)
    if mean is None:
        return None
    return (
        f"When? next_order_at, the last order plus ADBT in brackets: concordance {mean['concordance']:.3f} "
        f"({mean['adbt_concordance']:.3f}), median error {mean['error_days']:.1f} days "
        f"({mean['adbt_error_days']:.1f}); the 80 % interval holds {mean['coverage_80']:.0%}"
    )


def dates_sections(table: pd.DataFrame) -> tuple[Section, ...]:
    """Show in the report how dates did at each origin; nothing where there was nobody to judge them on."""
    mean = _means(table)
    if mean is None:
        return ()
    ahead = mean["error_days"] <= mean["adbt_error_days"]
    title = f"Dates of the next order are {mean['error_days']:.0f} days off, {mean['adbt_error_days']:.0f} by ADBT"
    lead = (
        f"For those who ordered within the window, half of the dates were at most {mean['error_days']:.1f} days off; "
        f"the last order plus the customer's average days between transactions (ADBT) "
        f"{'was off by' if ahead else 'only by'} {mean['adbt_error_days']:.1f}."
    )
    more = (
        "Concordance: of two customers of whom it is known who ordered first, the share that was dated in that order; "
        "who did not order in the window is censored at its end. A date says when, given an order, not whether: "
        "regular customers who have left look due soonest, so it can lie below one half."
    )
    block = TableBlock(
        table,
        "Backtest of next_order_at, customers with two orders or more",
        units={"origin": "date", "customers": "count", "ordered": "count", "coverage_80": "percent"},
        headings=_HEADINGS,
    )
    return (Section(title, lead, (block, Paragraph(more, kind="aside"))),)


def _means(table: pd.DataFrame) -> pd.Series | None:
    judged = table[table["ordered"] > 0]
    return None if judged.empty else judged.drop(columns="origin").mean()
