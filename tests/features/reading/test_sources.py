"""Files that are not what they should be: each gives a sentence a person can act on."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import datetime

import openpyxl
import pytest

from tenure_features import OrderSource, check, open_orders
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.engine import fetch

GOOD = "customer_id,ordered_at,revenue\na,2024-01-01,10\nb,2024-01-02,5\na,2024-02-03,7\n"


@pytest.mark.parametrize(
    ("name", "content", "sentences"),
    [
        ("orders.csv", "", ["is empty", "Export it again"]),
        ("orders.csv", "customer_id,ordered_at,revenue\n", ["has a header but no rows"]),
        ("orders.parquet", GOOD, ["is not Parquet", "looks like text", "Rename it to .csv"]),
        ("orders.parquet", b"PAR1 and then nothing", ["cannot be read as Parquet"]),
        ("orders.csv", b"PAR1 and then nothing", ["is not text", "looks like Parquet"]),
        ("orders.csv", b"PK\x03\x04 a workbook", ["Excel workbook", "Rename it to .xlsx or .zip"]),
        ("orders.csv", b"\x00\x01\x02\x03", ["looks like binary data"]),
        ("orders.csv.gz", GOOD, ["is not a gzip file", "looks like text"]),
        ("orders.csv.gz", b"\x1f\x8b and then nothing", ["cannot be read as delimited text"]),
        ("orders.docx", b"PK\x03\x04 a letter", ["is of a kind that is not read", ".docx", "Parquet"]),
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


def as_json(text, *, lines):
    rows = [dict(zip(GOOD.splitlines()[0].split(","), line.split(","), strict=True)) for line in text.splitlines()[1:]]
    nested = [{"customer": {"id": row.pop("customer_id")}, **row, "tags": ["a", "b"]} for row in rows]
    return "\n".join(json.dumps(row) for row in nested) if lines else json.dumps(nested)


def as_workbook(text):
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.active.append([number(cell) for cell in line.split(",")])
    book.create_sheet("Empty")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def number(cell):
    try:
        return datetime.fromisoformat(cell) if "-" in cell else float(cell)
    except ValueError:
        return cell


def as_zip(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


FORMS = {
    "plain": ("orders.csv", GOOD),
    "byte order mark": ("orders.csv", "\ufeff" + GOOD),
    "lines of Windows": ("orders.csv", GOOD.replace("\n", "\r\n")),
    "tabs": ("orders.tsv", GOOD.replace(",", "\t")),
    "bars": ("orders.txt", GOOD.replace(",", "|")),
    "decimal comma": ("orders.csv", GOOD.replace(",", ";").replace("10", "10,0")),
    "gzip": ("orders.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
    "UTF-16": ("orders.csv", GOOD.encode("utf-16")),
    "lines that end in two ways": ("orders.csv", GOOD.replace("\n", "\r\n", 2)),
    "JSON lines": ("orders.jsonl", as_json(GOOD, lines=True)),
    "JSON lines, gzipped": ("orders.ndjson.gz", gzip.compress(as_json(GOOD, lines=True).encode(), mtime=0)),
    "JSON array": ("orders.json", as_json(GOOD, lines=False)),
    "Excel": ("orders.xlsx", as_workbook(GOOD)),
    "Excel with a title": ("orders.xlsx", as_workbook("Sales\n\n" + GOOD)),
    "Excel, gzipped": ("orders.xlsx.gz", gzip.compress(as_workbook(GOOD), mtime=0)),
    "ZIP of text": ("orders.zip", as_zip({"__MACOSX/x.csv": b"x", "readme.md": b"x", "in/orders.csv": GOOD.encode()})),
    "ZIP of Excel": ("orders.zip", as_zip({"orders.xlsx": as_workbook(GOOD)})),
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


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["Müller", "Größe", "Café"], "cp1252"),
        (["Иванов Иван", "Петрова Анна", "Сидоров Пётр"], "cp1251"),
        (["Иванов Иван", "Петрова Анна", "Сидоров Пётр"], "koi8_r"),
    ],
)
def test_check__finds_the_encoding_and_says_so(write, names, encoding):
    rows = "".join(f"{name},2024-01-0{day},1\n" for day, name in enumerate(names, start=1))
    path = write(("customer_id,ordered_at,revenue\n" + rows).encode(encoding))
    log = open_orders(OrderSource(path))
    assert set(fetch(log.orders)["customer_id"]) == set(names)
    assert f"Read as {encoding.upper()}, found by its letters; --encoding says another." in log.readiness.notes
    assert "Read as CP866." in check(OrderSource(path, encoding="ibm866")).notes


def test_check__says_when_an_encoding_is_unknown_or_wrong(write):
    path = write("customer_id,ordered_at,revenue\nМюллер,2024-01-01,1\n".encode("cp1251"))
    with pytest.raises(UsageError, match=r"encoding is unknown.*cp-latin.*such as utf-8"):
        check(OrderSource(path, encoding="cp-latin"))
    with pytest.raises(DataContractError, match=r"is not utf-8.*--encoding"):
        check(OrderSource(path, encoding="utf8"))


def test_check__refuses_archives_that_hold_no_table_or_several_kinds(write):
    for files, sentence in {
        (("readme.md", b"x"),): "holds no file that is read",
        (("a.csv", b"x"), ("b.jsonl", b"{}")): r"not read together.*a\.csv, b\.jsonl",
    }.items():
        with pytest.raises(DataContractError, match=sentence):
            check(OrderSource(write(as_zip(dict(files)), "orders.zip")))
    with pytest.raises(DataContractError, match="cannot be unpacked"):
        check(OrderSource(write(b"PK\x03\x04 broken", "orders.zip")))
    with pytest.raises(DataContractError, match="does not hold the rows of a table"):
        check(OrderSource(write("[1, 2]", "orders.json")))
    with pytest.raises(DataContractError, match=r"cannot be read as an Excel workbook"):
        check(OrderSource(write(b"PK\x03\x04 broken", "orders.xlsx")))
    with pytest.raises(DataContractError, match=r"not an Excel workbook.*save it as \.xlsx"):
        check(OrderSource(write("<html><table><tr><td>ID</td></tr></table></html>", "orders.xls")))
