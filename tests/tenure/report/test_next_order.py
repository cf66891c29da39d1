"""What people are told of the dates of the next order."""

from __future__ import annotations

import pandas as pd

from tenure.report.next_order import dates_line, dates_sections
from tenure_training.next_order_evaluation import COLUMNS, dates_table

ROWS = [
    (900.0, 300.0, 0.66, 0.44, 12.0, 20.0, 0.8),
    (800.0, 250.0, 0.64, 0.46, 14.0, 24.0, 0.7),
]
TABLE = dates_table(
    [dict(zip(COLUMNS, row, strict=True)) for row in ROWS], list(pd.to_datetime(["2024-05-01", "2024-03-01"]))
)
NOBODY = TABLE.assign(ordered=0.0)


def test_dates_line__averages_over_the_origins():
    line = dates_line(TABLE)
    assert "concordance 0.650 (0.450), median error 13.0 days (22.0); the 80 % interval holds 75%" in line


def test_dates_sections__state_the_result_and_show_every_origin():
    (section,) = dates_sections(TABLE)
    assert section.title == "Dates of the next order are 13 days off, 22 by ADBT"
    table, aside = section.blocks
    assert table.table is TABLE
    assert table.headings["adbt_error_days"] == "last order + ADBT, days"
    assert "13.0 days off" in section.lead
    assert "censored" in aside.text


def test_dates__say_nothing_where_nobody_was_judged():
    for table in (NOBODY, dates_table([], [])):
        assert dates_line(table) is None
        assert dates_sections(table) == ()
