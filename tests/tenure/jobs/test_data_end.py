"""A moment past the data: by the shop's own days with orders."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure.jobs.data_end import gap_notes, usual_pause
from tenure_features import Shop, open_shop
from tenure_features.errors import DataContractError


def shop(days: pd.DatetimeIndex, as_of: str) -> Shop:
    rows = pd.DataFrame({"customer_id": [f"c{k % 7}" for k in range(len(days))], "ordered_at": days, "revenue": 10.0})
    return open_shop(rows, pd.Timestamp(as_of))


DAILY = pd.date_range("2024-01-01 09:00", "2024-06-30 09:00")
WEEKDAYS = pd.bdate_range("2024-01-01 09:00", "2024-06-28 09:00")  # the last is a Friday
MONTHLY = pd.date_range("2022-01-01", "2024-06-01", freq="MS")


def test_usual_pause__comes_from_the_days_with_orders() -> None:
    assert usual_pause(pd.Series(DAILY.normalize())) == 2.0
    assert usual_pause(pd.Series(WEEKDAYS.normalize())) == 3.0
    assert usual_pause(pd.Series(MONTHLY)) == 31.0
    assert usual_pause(pd.Series(DAILY[:1])) == 2.0


@pytest.mark.parametrize(
    ("days", "fine", "late"),
    [
        (DAILY, "2024-07-02", "2024-07-03"),
        (WEEKDAYS, "2024-07-01", "2024-07-02"),
        (MONTHLY, "2024-07-02", "2024-07-03"),
    ],
)
def test_gap__is_refused_beyond_the_usual_pause_and_told_where_allowed(days, fine, late) -> None:
    assert gap_notes(shop(days, fine), allow_gap=False) == ()
    with pytest.raises(DataContractError, match="lies past the data") as refused:
        gap_notes(shop(days, late), allow_gap=False)
    assert refused.value.exit_code == 3
    assert "--allow-gap" in refused.value.fix
    (note,) = gap_notes(shop(days, late), allow_gap=True)
    assert note.startswith(f"as_of {late} is ")


def test_gap__is_none_where_the_log_goes_on_after_the_moment() -> None:
    closed = DAILY[(DAILY < "2024-03-01") | (DAILY >= "2024-04-01")]
    assert gap_notes(shop(closed, "2024-03-28"), allow_gap=False) == ()
