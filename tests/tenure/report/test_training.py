"""What people are told of a training: the dates of the next order."""

from __future__ import annotations

import pandas as pd

from tenure.report.training import date_findings
from tenure_serving.findings import section, text_lines
from tenure_training.next_order_evaluation import DATE_MEASURES, dates_table

ROWS = [
    (900.0, 300.0, 0.66, 0.44, 12.0, 20.0, 0.8),
    (800.0, 250.0, 0.64, 0.46, 14.0, 24.0, 0.7),
]
TABLE = dates_table(
    [dict(zip(DATE_MEASURES, row, strict=True)) for row in ROWS], list(pd.to_datetime(["2024-05-01", "2024-03-01"]))
)
NOBODY = TABLE.assign(ordered=0.0)


def test_dates__average_over_the_origins():
    (line,) = text_lines(date_findings(TABLE))
    assert "concordance 0.65 (0.45), median error 13 days (22); the 80 % interval holds 75 %" in line


def test_dates__state_the_result_and_show_every_origin():
    part = section(date_findings(TABLE))
    assert part.title == "Dates of the next order are 13 days off, 22 by the usual gap"
    table, aside = part.blocks
    assert len(table.table) == len(TABLE)
    assert table.headings["adbt_error_days"] == "last order + ADBT, days"
    assert "at most 13 days off" in part.lead
    assert "censored" in aside.text


def test_dates__say_nothing_where_nobody_was_judged():
    for table in (NOBODY, dates_table([], [])):
        assert date_findings(table) is None
