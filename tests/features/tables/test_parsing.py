"""From text and numbers to ids, moments, numbers and flags: input and output on one screen."""

from __future__ import annotations

from datetime import datetime

import ibis
import pytest

from tenure_features import OrderSource, check
from tenure_features.reading.engine import evaluate
from tenure_features.tables.parsing import as_flag, as_id, as_number, as_time, to_text


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (as_id, 17850, "17850"), (as_id, 17850.0, "17850"), (as_id, "17850.0", "17850"), (as_id, " 007 ", "007"),
        (as_id, "NaN", None), (as_id, "", None), (as_id, "a.0b", "a.0b"), (as_id, 1.5, "1.5"),
        (to_text, " web ", "web"), (to_text, "None", None),
        (as_number, "12.5", 12.5), (as_number, "1,234.50", 1234.5), (as_number, "1.234,50", 1234.5),
        (as_number, "12,5", 12.5), (as_number, "1 234 567", 1234567.0), (as_number, "-1,234,567", -1234567.0),
        (as_number, "€ 7.10", 7.1), (as_number, "1e3", 1000.0), (as_number, "twelve", None), (as_number, "", None),
        (as_number, 3, 3.0),
        (as_flag, "Yes", True), (as_flag, "0", False), (as_flag, 1, True), (as_flag, "", False),
        (as_time, "2024-03-05", datetime(2024, 3, 5)), (as_time, "2024-03-05T10:00:00Z", datetime(2024, 3, 5, 10)),
        (as_time, "2024-03-05 10:00:00+02:00", datetime(2024, 3, 5, 8)), (as_time, "2024-13-05", None),
        (as_time, 20240305, datetime(2024, 3, 5)), (as_time, 1709632800, datetime(2024, 3, 5, 10)),
        (as_time, 1709632800000, datetime(2024, 3, 5, 10)), (as_time, 20241305, None), (as_time, "2024", None),
    ],
)  # fmt: skip
def test_parsing__reads_what_files_hold(read, value, expected):
    assert evaluate(read(ibis.literal(value))) == expected


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["13/02/2024", "01/03/2024"], "2024-02-13"),
        (["02/13/2024 8:26", "03/01/2024 9:00"], "2024-02-13 08:26"),
        (["13.02.2024 10:11:12", "01.03.2024 00:00:00"], "2024-02-13 10:11:12"),
        (["Feb 13, 2024", "Mar 1, 2024"], "2024-02-13"),
        (["20240213", "20240301"], "2024-02-13"),
        (["2024-02-13", "2024-03-01T00:00:00+01:00"], "2024-02-13"),
    ],
)
def test_dates__find_their_form(write, dates, first):
    rows = "".join(f'a,"{when}",1\n' for when in dates)
    readiness = check(OrderSource(write("customer_id,ordered_at,revenue\n" + rows)))
    assert readiness.rows_used == 2
    assert str(readiness.first_at).startswith(first)


def test_dates__that_can_be_read_two_ways_break_the_contract(write):
    path = write("customer_id,When,revenue\na,02/03/2024,1\nb,04/05/2024,1\n")
    mapping = {"ordered_at": "When"}
    (breach,) = check(OrderSource(path, columns=mapping)).broken
    assert "day first and month first" in breach
    told = check(OrderSource(path, columns={"ordered_at": "strptime(\"When\", '%d/%m/%Y')"}))
    assert not told.broken
    assert str(told.first_at) == "2024-03-02 00:00:00"
