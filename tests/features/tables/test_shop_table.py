"""Tables beside the orders: read, cleaned and accounted for as orders are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tenure_features import open_orders
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.sources import OrderSource, TableSource
from tenure_features.tables.contracts import TABLES
from tenure_features.tables.shop_table import ShopTable, check_table, open_table

Write = Callable[..., Path]

EVENTS = """user,ts,event_name,pages
a,2024-01-01 10:00:00,visit,3
b,2024-01-02 11:00:00,cart,
,2024-01-03 12:00:00,visit,1
a,soon,visit,1
a,1900-01-01 00:00:01,visit,1
a,2024-01-05 10:00:00,NaN,1
a,2024-01-06 10:00:00,visit,many
a,2024-01-06 10:00:00,visit,many
c,2024-02-01 00:00:00,visit,1
lost line
"""
MAPPING = {"customer_id": "user", "occurred_at": "ts", "value": "pages"}


@pytest.fixture
def events(write: Write) -> TableSource:
    return TableSource(write(EVENTS, "events.csv"), columns=MAPPING)


def test_open_table__types_the_columns_of_the_contract(events: TableSource) -> None:
    table = open_table("events", events, as_of="2024-02-01")
    got = table.to_pandas()
    assert got.columns.tolist() == ["customer_id", "occurred_at", "event", "value"]
    assert got.astype(str).fillna("nan").to_numpy().tolist() == [
        ["a", "2024-01-01 10:00:00", "visit", "3.0"],
        ["a", "2024-01-06 10:00:00", "visit", "nan"],
        ["b", "2024-01-02 11:00:00", "cart", "nan"],
    ]
    assert str(got["occurred_at"].dtype) == "datetime64[us]"


def test_open_table__accounts_for_every_row(events: TableSource) -> None:
    readiness = open_table("events", events, as_of="2024-02-01").readiness
    assert {(one.problem, one.column, one.rows) for one in readiness.set_aside} == {
        ("line does not fit the header", "the whole line", 1),
        ("value missing", "user", 1),
        ("value missing", "event_name", 1),
        ("date missing or unreadable", "ts", 1),
        ("date before 1970-01-02 or after 2099", "ts", 1),
        ("row repeated in every column", "user, ts, event_name, pages", 1),
    }
    asides = sum(one.rows for one in readiness.set_aside)
    assert (readiness.rows_read, readiness.rows_used, readiness.rows_after_as_of, asides) == (10, 3, 1, 6)
    assert readiness.notes == (
        "event_name was read as event.",
        "2 values of pages cannot be read and count as missing.",
    )
    assert (str(readiness.first_at), str(readiness.last_at)) == ("2024-01-01 10:00:00", "2024-01-06 10:00:00")
    text = str(readiness)
    for one in readiness.set_aside:
        assert all(part in text for part in (one.problem, one.done, *one.examples))
    assert json.loads(json.dumps(readiness.to_dict()))["rows_used"] == 3


def test_open_table__leaves_out_what_was_recorded_at_or_after_as_of(write: Write) -> None:
    rows = [
        ("a", "2024-01-01", "2024-01-02"),
        ("b", "2024-01-01", "2024-01-10"),
        ("c", "2024-01-01", None),
        ("d", "2024-01-10", "2024-01-10"),
        ("e", "2024-01-01", "2024-01-09 23:59:59"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "recorded_at"]).assign(event="visit")
    source = TableSource(write(frame, "events.parquet"))
    table = open_table("events", source, as_of="2024-01-10")
    assert table.to_pandas()["customer_id"].tolist() == ["a", "c", "e"]
    assert table.readiness.rows_after_as_of == 2


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("feedback", {"kind": "nps", "score": 11.0}, "score outside its scale"),
        ("feedback", {"kind": "CSAT", "score": 0.0}, "score outside its scale"),
        ("feedback", {"kind": "nps", "score": float("nan")}, "number missing or unreadable"),
        ("service_costs", {"amount": float("inf")}, "number infinite"),
        ("order_lines", {"product_id": None}, "value missing"),
        ("spend", {"date": None}, "date missing or unreadable"),
        ("assignments", {"arm": ""}, "value missing"),
        ("identifiers", {"value": "none"}, "value missing"),
        ("customers", {"customer_id": "same"}, "customer more than once"),
    ],
)
def test_open_table__sets_bad_rows_of_every_table_aside(write: Write, name: str, row: dict, problem: str) -> None:
    good = _rows(name, 5)
    table = open_table(name, TableSource(write(pd.concat([good, good.iloc[:1].assign(**row)]), f"{name}.parquet")))
    assert [(one.problem, one.rows) for one in table.readiness.set_aside] == [(problem, 1)]
    assert len(table.to_pandas()) == 5


def _rows(name: str, count: int) -> pd.DataFrame:
    values: dict[str, list[object]] = {}
    for column, contract in TABLES[name].columns.items():
        made: dict[str, list[object]] = {
            "time": [pd.Timestamp("2024-01-01 10:00") + pd.Timedelta(days=i) for i in range(count)],
            "date": [pd.Timestamp("2024-01-01") + pd.Timedelta(days=i) for i in range(count)],
            "number": [float(i + 1) for i in range(count)],
        }
        if column != "recorded_at":
            values[column] = made.get(contract.kind, ["same", *(f"{column}{i}" for i in range(1, count))])
    return pd.DataFrame(values)


def _mapped(name: str) -> dict[str, str]:
    """One column of each table from an expression: that needs views of its own."""
    texts = [column for column, contract in TABLES[name].columns.items() if contract.kind in {"text", "id"}]
    return {texts[-1]: f"lower({texts[-1]})"}


@pytest.mark.parametrize("name", [name for name in TABLES if name != "orders"])
def test_open_table__lives_in_the_backend_of_the_orders(write: Write, name: str) -> None:
    orders = write("customer_id,ordered_at,revenue\na,2024-01-01,10\nb,2024-01-02,5\n")
    log = open_orders(OrderSource(orders, columns={"revenue": "revenue * 2"}))
    source = TableSource(write(_rows(name, 5), f"{name}.parquet"), columns=_mapped(name))
    first, second = (open_table(name, source, as_of=at, backend=log.backend) for at in (None, "2024-01-03"))
    joined = log.orders.cross_join(first.rows).cross_join(second.rows.select(one=1))
    assert joined.count().to_pyarrow().as_py() == 2 * len(first.to_pandas()) * len(second.to_pandas())
    assert first.fingerprint == open_table(name, source).fingerprint


def test_fingerprint__changes_with_a_value_and_not_with_the_order_of_rows(write: Write) -> None:
    rows = _rows("events", 5)

    def opened(frame: pd.DataFrame) -> ShopTable:
        return open_table("events", TableSource(write(frame, "events.parquet")))

    first = opened(rows).fingerprint
    assert opened(rows.iloc[::-1]).fingerprint == first
    assert opened(rows.assign(value=rows["value"] + 1)).fingerprint != first
    assert opened(rows.assign(channel=None, device=rows["channel"])).fingerprint != first


def test_customers__take_columns_beyond_the_contract(write: Write) -> None:
    frame = pd.DataFrame({"customer_id": ["a", "b"], "age": [31, 40], "loyal": [True, False], "city": ["x", None]})
    source = TableSource(write(frame, "customers.parquet"), columns={"years": "age", "loyal": "loyal", "home": "city"})
    got = open_table("customers", source).to_pandas()
    assert got.columns.tolist() == ["customer_id", "years", "loyal", "home"]
    assert got.dtypes.astype(str).tolist() == ["str", "float64", "bool", "str"]


def test_open_table__refuses_with_a_sentence(write: Write, events: TableSource) -> None:
    with pytest.raises(UsageError, match="Did you mean 'events'"):
        open_table("event", events)
    with pytest.raises(UsageError, match="no column 'page' to map"):
        open_table("events", TableSource(events.uri, columns={"page": "pages"}))
    with pytest.raises(DataContractError, match="Column score is not in the file"):
        open_table("feedback", TableSource(write("customer_id,answered_at,kind\na,2024-01-01,nps\n", "f.csv")))
    broken = TableSource(write("customer_id,answered_at,kind,score\na,x,nps,1\nb,y,nps,2\n", "broken.csv"))
    with pytest.raises(DataContractError, match="2 of 2 rows: date missing or unreadable in answered_at"):
        open_table("feedback", broken)
    assert not check_table("feedback", broken).ready
    empty = TableSource(write(_rows("events", 5).iloc[:0], "events.parquet"))
    assert len(open_table("events", empty).to_pandas()) == 0
