"""Days far from all others: few rows beyond a long silence are typing errors, many are history."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_features.tables.stray import main_period


@pytest.mark.parametrize(
    ("days", "period"),
    [
        ({}, None),
        ({"2014-05-01": 1}, ("2014-05-01", "2014-05-02")),
        ({"2014-05-01": 300, "2041-05-01": 1}, ("2014-05-01", "2014-05-02")),
        ({"1970-05-01": 1, "2014-05-01": 300}, ("2014-05-01", "2014-05-02")),
        ({"2014-05-01": 300, "2041-05-01": 30}, ("2014-05-01", "2041-05-02")),  # too many to be strays
        ({"2014-05-01": 300, "2015-05-01": 1}, ("2014-05-01", "2015-05-02")),  # a year is no long silence
        ({"2014-05-01": 300, "2015-05-02": 1}, ("2014-05-01", "2014-05-02")),
        ({"2009-05-02": 1, "2014-05-01": 300}, ("2009-05-02", "2014-05-02")),  # nor are five before the first
        ({"2009-05-01": 1, "2014-05-01": 300}, ("2014-05-01", "2014-05-02")),
    ],
)
def test_main_period__leaves_strays_out(days: dict[str, int], period: tuple[str, str] | None) -> None:
    found = main_period(pd.DataFrame({"day": list(days), "rows": list(days.values())}))
    assert (found and tuple(str(day.date()) for day in found)) == period
