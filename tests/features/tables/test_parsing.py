"""From text and numbers to ids, moments, numbers and flags: input and output on one screen."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import dateutil.parser
import ibis
import pandas as pd
import pyarrow as pa
import pytest
from babel.dates import format_datetime
from babel.numbers import format_currency
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features import OrderSource, check
from tenure_features.reading.engine import Engine, evaluate, fetch, keep
from tenure_features.tables.date_forms import FORMS
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
        (as_number, 3, 3.0), (as_number, "1 234,56 ₽", 1234.56), (as_number, "1'234.50", 1234.5),
        (as_number, "1.234.567,89", 1234567.89), (as_number, "12.50 USD", 12.5), (as_number, "EUR 7", 7.0),
        (as_number, "(12.50)", -12.5), (as_number, "12.50-", -12.5), (as_number, "−3 руб.", -3.0),
        (as_number, "R$ 1.234,50", 1234.5), (as_number, "1.234.567", 1234567.0), (as_number, "NIL", None),
        (as_flag, "Yes", True), (as_flag, "0", False), (as_flag, 1, True), (as_flag, "", False),
        (as_time, "2024-03-05", datetime(2024, 3, 5)), (as_time, "2024-03-05T10:00:00Z", datetime(2024, 3, 5, 10)),
        (as_time, "2024-03-05 10:00:00+02:00", datetime(2024, 3, 5, 8)), (as_time, "2024-13-05", None),
        (as_time, "2022-01-04 01:40:32 -0500", datetime(2022, 1, 4, 6, 40, 32)),
        (as_time, "2022-01-04 01:40:32 +05:30", datetime(2022, 1, 3, 20, 10, 32)),
        (as_time, "2022-01-04T01:40:32+0300", datetime(2022, 1, 3, 22, 40, 32)),
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
        (["01/14/22 01:40 AM", "02/03/22 11:00 pm"], "2022-01-14 01:40"),
        (["13.02.24", "01.03.24"], "2024-02-13"),
        (["1707783012", "1709251200"], "2024-02-13 00:10:12"),
        (["1707783012500", "1709251200000"], "2024-02-13 00:10:12"),
        (["1707783012500000", "1709251200000000"], "2024-02-13 00:10:12"),
        (["13 февраля 2024 г. 10:30", "1 марта 2024 г. 9:00"], "2024-02-13 10:30"),
        (["13. Februar 2024", "1. März 2024"], "2024-02-13"),
        (["13.02.2024, 10:30:00", "01.03.2024, 00:00:00"], "2024-02-13 10:30"),
        (["13-Feb-24", "01-Mar-24"], "2024-02-13"),
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


def test_dates__of_several_forms_are_decided_by_the_column_and_named(write):
    path = write(
        "customer_id,When,revenue\na,13/02/2024,1\na,03/04/2024,1\na,5 Mar 2024,1\na,06/05/24,1\na,2024-06-07,1\n"
    )
    readiness = check(OrderSource(path, columns={"ordered_at": "When"}))
    assert readiness.rows_used == 5
    assert (str(readiness.first_at), str(readiness.last_at)) == (
        "2024-02-13 00:00:00",
        "2024-06-07 00:00:00",
    )
    assert "Dates in When are written: day first; day first, years of two digits; month in words." in readiness.notes


WRITTEN = ("ru", "de", "en_US"), ("d MMMM y HH:mm:ss", "dd.MM.y, HH:mm:ss", "dd.MM.yy HH:mm", "d MMM y")


@given(
    moments=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2030, 12, 31)), min_size=1, max_size=20),
    language=st.sampled_from(WRITTEN[0]),
    pattern=st.sampled_from(WRITTEN[1]),
)
@settings(max_examples=10, deadline=None)
def test_dates__as_babel_writes_them_are_read_back(moments, language, pattern):
    written = [format_datetime(moment, pattern, locale=language) for moment in moments]
    formats = tuple(form for forms in FORMS.values() for form in forms)
    formats = tuple(form for form in formats if not form.startswith("%m"))  # the pattern is day first
    unit = "s" if "ss" in pattern else "min" if "mm" in pattern else "D"
    assert read(as_time, written, formats=formats) == [pd.Timestamp(moment).floor(unit) for moment in moments]


@given(
    moments=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2030, 12, 31)), min_size=1, max_size=20),
    minutes=st.sampled_from([-570, -300, 0, 60, 330, 765]),
    form=st.sampled_from(["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S%z"]),
)
@settings(max_examples=10, deadline=None)
def test_dates__with_offsets_are_read_as_dateutil_reads_them(moments, minutes, form):
    zone = timezone(timedelta(minutes=minutes))
    written = [moment.replace(tzinfo=zone).strftime(form) for moment in moments]
    expected = [dateutil.parser.isoparse(text.replace(" ", "T", 1).replace(" ", "")) for text in written]
    assert read(as_time, written) == [pd.Timestamp(moment).tz_convert("UTC").tz_localize(None) for moment in expected]


@given(
    amounts=st.lists(st.decimals(-10_000_000, 10_000_000, places=2), min_size=1, max_size=20),
    language=st.sampled_from(["ru", "de", "en_US", "fr", "de_CH", "sv"]),
    currency=st.sampled_from(["EUR", "USD", "RUB", "GBP"]),
)
@settings(max_examples=10, deadline=None)
def test_amounts__as_babel_writes_them_are_read_back(amounts, language, currency):
    written = [format_currency(amount, currency, locale=language) for amount in amounts]
    assert read(as_number, written) == pytest.approx([float(amount) for amount in amounts])


BACKEND, COUNTER = Engine().connect(), itertools.count()


def read(reading, texts, **options):
    """Read a column of texts by one of the functions of the module."""
    table = ibis.memtable(pa.table({"text": pa.array(texts, pa.string()), "place": range(len(texts))}))
    rows = fetch(
        keep(BACKEND, f"texts{next(COUNTER)}", table).select("place", value=lambda t: reading(t.text, **options))
    )
    return rows.sort_values("place")["value"].tolist()
