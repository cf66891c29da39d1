"""A point in a column of decimal commas sets thousands apart; nothing is rewritten where nothing is unclear."""

from __future__ import annotations

import pytest

from tenure_features import OrderSource, check


def revenue(write, amounts):
    rows = "".join(f'a;2024-01-{day:02d};"{amount}"\n' for day, amount in enumerate(amounts, start=1))
    readiness = check(OrderSource(write("customer_id;ordered_at;revenue\n" + rows)))
    assert readiness.rows_used == len(amounts)
    return readiness.figures.revenue, [note for note in readiness.notes if "decimal commas" in note]


@pytest.mark.parametrize(
    ("amounts", "total"),
    [
        (["12,50", "1.234"], 1246.5),
        (["1.234 €", "0,5 €"], 1234.5),
        (["1.234,50", "2.000"], 3234.5),
        (["12,50", "1,234"], 13.734),
    ],
)
def test_amounts__with_decimal_commas_settle_what_a_point_means(write, amounts, total):
    value, notes = revenue(write, amounts)
    assert value == total
    assert notes == ["revenue has decimal commas: in 1 amounts a point sets thousands apart, a comma does not."]


@pytest.mark.parametrize(
    ("amounts", "total"), [(["1.234", "5"], 6.234), (["12.50", "1,234"], 1246.5), (["12.50", "0,5", "1.234"], 14.234)]
)
def test_amounts__without_decimal_commas_alone_stay_as_they_are(write, amounts, total):
    assert revenue(write, amounts) == (total, [])
