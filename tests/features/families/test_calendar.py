"""The calendar: days of the window to predict, known in advance, and only those."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from tenure_features import Catalogue, snapshots
from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.calendar import Calendar, CalendarWindow, calendar_columns
from tenure_features.families.profile_features import calendar_names
from tenure_features.snapshot import with_calendar

CHRISTMAS = CalendarWindow(Calendar("DE"), pd.Timestamp("2024-12-24"), 14)
BUILD = {one.name: one.build for one in Catalogue() if one.family == "calendar"}


@pytest.mark.parametrize(
    ("as_of", "days", "holidays", "off", "next_holiday"),
    [
        ("2024-12-24", 14, 3, 3 + 4, 1.0),  # 25, 26, 1; four days of two weekends
        ("2024-12-25", 1, 1, 1, 0.0),
        ("2024-12-25 00:00:01", 1, 1, 1, 1.0),  # the 26th: the 25th has begun
        ("2024-12-26 12:00", 5, 0, 2, math.nan),
        ("2024-12-27", 5, 0, 2, math.nan),
        ("2024-12-27", 6, 1, 3, 5.0),
    ],
)
def test_window__counts_the_days_whose_midnight_lies_in_it(as_of, days, holidays, off, next_holiday):
    window = CalendarWindow(Calendar("DE"), pd.Timestamp(as_of), days)
    assert BUILD["window_holidays"](window) == holidays
    assert BUILD["window_off_share"](window) == pytest.approx(off / days)
    assert BUILD["window_next_holiday"](window) == pytest.approx(next_holiday, nan_ok=True)


def test_window__knows_its_season_by_the_middle():
    def season(middle):
        window = CalendarWindow(Calendar(), pd.Timestamp(middle) - pd.Timedelta(days=15), 30)
        return BUILD["window_season_cos"](window), BUILD["window_season_sin"](window)

    assert season("2024-01-01") == pytest.approx((1, 0), abs=0.01)
    assert season("2023-07-02") == pytest.approx((-1, 0), abs=0.02)
    assert season("2023-04-02") == pytest.approx((0, 1), abs=0.02)
    assert season("2022-10-01") == pytest.approx(season("2021-10-01"), abs=0.01)


def test_calendar__takes_a_subdivision_and_numbers_by_day():
    bavaria, berlin = (CalendarWindow(Calendar("DE", code), pd.Timestamp("2024-01-01"), 10) for code in ("BY", "BE"))
    assert [len(window.holidays) for window in (bavaria, berlin)] == [2, 1]  # Epiphany
    table = pd.DataFrame({"date": ["2024-12-24", "2024-12-30", "2025-01-07"], "sale": [1, 2, 4]})
    calendar = Calendar(columns=calendar_columns(table))
    assert CalendarWindow(calendar, pd.Timestamp("2024-12-24"), 14).total("sale") == 3
    assert CalendarWindow(calendar, pd.Timestamp("2024-12-24 00:00:01"), 14).total("sale") == 6
    assert calendar_names(calendar, Catalogue()) == (*BUILD, "calendar.sale")
    assert (Calendar("DE", "BY").meaning, calendar.meaning) == ("holidays of DE-BY", "sale")


def test_calendar__refuses_with_a_sentence():
    with pytest.raises(UsageError, match=r"country is not known.*ZZ"):
        Calendar("ZZ")
    for table, sentence in [
        (pd.DataFrame({"day": ["2024-01-01"]}), "no column date"),
        (pd.DataFrame({"date": ["2024-01-01", "soon"], "sale": [1, 2]}), "1 unreadable"),
        (pd.DataFrame({"date": ["2024-01-01", "2024-01-01"], "sale": [1, 2]}), "1 repeated"),
        (pd.DataFrame({"date": ["2024-01-01"], "sale": ["yes"]}), "sale must hold numbers"),
    ]:
        with pytest.raises(DataContractError, match=sentence):
            calendar_columns(table)


def test_snapshots__speak_of_the_window_after_each_origin(opened):
    rows = [("a", "2024-01-01", 5.0), ("b", "2024-06-01", 5.0)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"])
    shop = opened(orders.assign(ordered_at=pd.to_datetime(orders["ordered_at"])), "2024-12-24")
    calendar = Calendar("DE", columns={"sale": {date(2024, 12, 25): 2.0}})
    names = ["window_holidays", "orders_total", "calendar.sale"]
    shop = replace(shop, calendar=calendar)
    got = snapshots(shop, ["2024-05-20", "2024-12-24"], features=names, window_days=14)
    assert got.drop(columns="as_of").to_numpy().tolist() == [
        ["a", 1.0, 1.0, 0.0],
        ["a", 3.0, 1.0, 2.0],
        ["b", 3.0, 1.0, 2.0],
    ]
    with pytest.raises(DataContractError, match=r"missing: calendar \(for window_holidays, calendar.sale\)"):
        snapshots(shop, "2024-12-24", features=names)
    assert "window_holidays" not in snapshots(shop, "2024-12-24")
    assert "window_holidays" in snapshots(shop, "2024-12-24", window_days=7)
    empty = got.iloc[:0].drop(columns="window_holidays")
    assert (
        with_calendar(empty, calendar, Catalogue().select(["window_holidays"]), 14)["window_holidays"].dtype
        == "float64"
    )
