"""Files that are not what they should be: each gives a sentence a person can act on."""

from __future__ import annotations

import gzip

import pytest

from tenure_features import OrderSource, check
from tenure_features.errors import DataContractError, UsageError

GOOD = "customer_id,ordered_at,revenue\na,2024-01-01,10\nb,2024-01-02,5\na,2024-02-03,7\n"


@pytest.mark.parametrize(
    ("name", "content", "sentences"),
    [
        ("orders.csv", "", ["is empty", "Export it again"]),
        ("orders.csv", "customer_id,ordered_at,revenue\n", ["has a header but no rows"]),
        ("orders.parquet", GOOD, ["is not Parquet", "looks like text", "Rename it to .csv"]),
        ("orders.parquet", b"PAR1 and then nothing", ["cannot be read as Parquet"]),
        ("orders.csv", b"PAR1 and then nothing", ["is not text", "looks like Parquet"]),
        ("orders.csv", b"PK\x03\x04 a workbook", ["Excel workbook", "Save the sheet as CSV"]),
        ("orders.csv", b"\x00\x01\x02\x03", ["looks like binary data"]),
        ("orders.csv.gz", GOOD, ["is not a gzip file", "looks like text"]),
        ("orders.csv.gz", b"\x1f\x8b and then nothing", ["cannot be read as delimited text"]),
        ("orders.xlsx", b"PK\x03\x04 a workbook", ["is of a kind that is not read", ".xlsx", "Parquet"]),
        ("orders.csv", "kunde,wann,betrag\n1,2024-01-01,3\n",
         ["customer_id, ordered_at, revenue are not in the file", "kunde, wann, betrag", "--column customer_id="]),
        ("orders.csv", "customer_id,ordered_at,revenu\n1,2024-01-01,3\n",
         ["Column revenue is not", "revenue='revenu'"]),
        ("orders.csv", "00004,19970101,2,29.33\n00004,19970118,2,29.73\n", ["the file needs a header line"]),
    ],
    ids=lambda part: part[0] if isinstance(part, list) else None if isinstance(part, str) else "bytes",
)  # fmt: skip
def test_check__says_what_is_wrong_with_a_file(write, name, content, sentences):
    path = write(content, name)
    with pytest.raises(DataContractError) as caught:
        check(OrderSource(path))
    for sentence in sentences:
        assert sentence in str(caught.value)
    assert caught.value.exit_code == 3


def test_check__says_what_is_wrong_with_a_path(write, tmp_path):
    write(GOOD)
    for uri, sentence in {
        tmp_path: r"is a directory.*glob.*\*\.csv",
        tmp_path / "order.csv": "does not exist.*orders.csv",
        tmp_path / "x*.csv": "No file matches",
        "s3://bucket/orders.csv": "read from files",
    }.items():
        with pytest.raises(DataContractError, match=sentence):
            check(OrderSource(uri))
    write(GOOD, "orders.tsv")
    write(b"PAR1", "orders.parquet")
    with pytest.raises(DataContractError, match=r"different kinds.*\.csv, \.parquet, \.tsv"):
        check(OrderSource(tmp_path / "orders.*"))
    with pytest.raises(UsageError, match="Use net, drop or raise"):
        OrderSource("orders.csv", returns="ignore")


FORMS = {
    "plain": ("orders.csv", GOOD),
    "byte order mark": ("orders.csv", "\ufeff" + GOOD),
    "lines of Windows": ("orders.csv", GOOD.replace("\n", "\r\n")),
    "tabs": ("orders.tsv", GOOD.replace(",", "\t")),
    "bars": ("orders.txt", GOOD.replace(",", "|")),
    "decimal comma": ("orders.csv", GOOD.replace(",", ";").replace("10", "10,0")),
    "gzip": ("orders.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
    "UTF-16": ("orders.csv", GOOD.encode("utf-16")),
    "aligned by blanks": ("orders.txt", "  " + GOOD.replace(",", "   ").replace("\n", "\n ")),
    "dates with slashes": (
        "orders.csv", GOOD.replace("2024-", "2024/").replace("/01-", "/01/").replace("/02-", "/02/")
    ),
    "dates without signs": ("orders.csv", GOOD.replace("-", "")),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_check__reads_every_form_of_the_same_log(write, form):
    name, content = FORMS[form]
    readiness = check(OrderSource(write(content, name)))
    assert (readiness.rows_read, readiness.rows_used, readiness.figures.customers, readiness.figures.orders) == (
        3,
        3,
        2,
        3,
    )
    assert readiness.figures.revenue == 22.0
    assert str(readiness.first_at) == "2024-01-01 00:00:00"
    assert readiness.figures.adbt_quantiles[50] == 33.0


def test_check__reads_a_glob_by_column_name(write, tmp_path):
    write(GOOD, "one.csv")
    write("revenue,customer_id,ordered_at,note\n1,z,2024-01-05,hello\nlost line\n", "two.csv")
    readiness = check(OrderSource(tmp_path / "*.csv"))
    assert (readiness.rows_read, readiness.rows_used, readiness.figures.customers) == (5, 4, 3)
    assert readiness.set_aside[0].problem == "line does not fit the header"
    assert readiness.set_aside[0].examples == ("lost line",)


def test_check__reads_text_that_is_not_utf8_and_says_so(write):
    text = "customer_id,ordered_at,revenue\nMüller,2024-01-01,1\n".encode("latin-1")
    readiness = check(OrderSource(write(text)))
    assert readiness.rows_used == 1
    assert any("Latin-1" in note for note in readiness.notes)
