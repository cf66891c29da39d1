"""Column mappings: names, expressions, what is recognised, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_features import OrderSource, check
from tenure_features.errors import DataContractError, UsageError

LINES = 'who,when,pieces,Unit Price\n17850.0,2024-01-01,3,2.5\n17850,2024-02-01,x,2.5\n 42 ,2024-02-02,-1,"1.0"\n'
BASE = {"customer_id": "who", "ordered_at": "when"}


@pytest.mark.parametrize(
    ("expression", "revenue", "used"),
    [
        ("Unit Price", 6.0, 3),
        ("UNIT PRICE", 6.0, 3),
        ('pieces * "Unit Price"', 6.5, 2),  # x times a price is missing: that row is set aside
        ("case when pieces > 0 then 1 else -1 end", -1.0, 3),
        ("1", 3.0, 3),
        ("cast(pieces as integer) * 2", 4.0, 2),
        ("coalesce(try_cast(pieces as double), 0)", 2.0, 3),
    ],
)
def test_mapping__takes_columns_constants_and_expressions(write, expression, revenue, used):
    readiness = check(OrderSource(write(LINES), columns=BASE | {"revenue": expression}))
    assert (readiness.figures.revenue, readiness.rows_used) == (revenue, used)
    assert readiness.columns["revenue"] == expression


@pytest.mark.parametrize(
    "expression",
    [
        "(select 1)",
        "1; drop table source",
        "1, 2",
        "pieces from source",
        "pieces as z",
        "sum(pieces)",
        "row_number() over ()",
        "read_text('/etc/hostname')",
        "getenv('HOME')",
        "random()",
        "now()",
        "exists (select 1)",
        "pieces in (select 1)",
        "*",
        "$1",
        "pieces +",
        "",
    ],
)
def test_mapping__refuses_all_but_one_expression_of_the_row(write, expression):
    with pytest.raises(DataContractError, match="expression for revenue cannot be used"):
        check(OrderSource(write(LINES), columns=BASE | {"revenue": expression}))


def test_mapping__reads_ids_that_a_spreadsheet_made_numbers(write):
    readiness = check(OrderSource(write(LINES), columns=BASE | {"revenue": "1"}))
    assert readiness.figures.customers == 2, "17850.0 and 17850 are one customer, ' 42 ' another"


def test_mapping__names_the_nearest_column(write):
    path = write(LINES)
    with pytest.raises(DataContractError, match=r"not in the file: peices.*who, when, pieces.*mean 'pieces'"):
        check(OrderSource(path, columns=BASE | {"revenue": "peices * 2"}))
    with pytest.raises(UsageError, match=r"no column 'custmer_id'.*mean 'customer_id'"):
        check(OrderSource(path, columns={"custmer_id": "who"}))
    with pytest.raises(DataContractError, match="does not fit the columns"):
        check(OrderSource(path, columns=BASE | {"revenue": "substring(pieces, pieces)"}))


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("id,create_date_time,client_uniq_id,emails,phones,revenue,cost,order_status",
         "1,2024-01-01 10:00:00,u1,,,100,50,PAID",
         {"customer_id": "client_uniq_id", "ordered_at": "create_date_time", "order_id": "id"}),
        ("InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
         "536365,85123A,6,2010-12-01,2.55,17850,UK",
         {"customer_id": "CustomerID", "order_id": "InvoiceNo", "revenue": '"Quantity" * "UnitPrice"'}),
        ("Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID", "489434,85048,12,2009-12-01,6.95,13085",
         {"customer_id": "Customer ID", "order_id": "Invoice", "revenue": '"Quantity" * "Price"'}),
    ],
    ids=["Yandex.Metrica", "UCI retail", "UCI retail II"],
)  # fmt: skip
def test_mapping__recognises_what_users_already_have_and_says_so(write, header, row, expected):
    readiness = check(OrderSource(write(f"{header}\n{row}\n")))
    assert readiness.rows_used == 1
    for contract, source in expected.items():
        assert readiness.columns[contract] == source
        assert f"{source} was read as {contract}." in readiness.notes


@pytest.mark.parametrize(
    "header",
    [
        "id,date,monetary_value",
        "ID,Название сделки,Бюджет,Ответственный,Дата создания,Этап сделки,Воронка",  # amoCRM
        "id,Amount,Currency,Created date (UTC),Status,Card ID",  # Stripe without its customers
    ],
)
def test_mapping__never_takes_a_bare_id_for_the_customer(write, header):
    row = ",".join("1" for _ in header.split(","))
    with pytest.raises(DataContractError, match="customer_id"):
        check(OrderSource(write(f"{header}\n{row}\n")))


def test_mapping__a_given_column_wins_over_a_recognised_one(write):
    text = "customer_id,loyalty,ordered_at,revenue\na,x,2024-01-01,1\nb,x,2024-01-02,1\n"
    assert check(OrderSource(write(text), columns={"customer_id": "loyalty"})).figures.customers == 1


def test_mapping__reads_typed_columns(opened):
    rows = pd.DataFrame(
        {
            "customer_id": [17850.0, 17850.0, float("nan")],
            "ordered_at": pd.to_datetime(["2024-01-01 01:00", "2024-01-03 00:00", "2024-01-04 00:00"]).tz_localize(
                "Europe/Berlin"
            ),
            "revenue": [1, 2, 3],
        }
    )
    shop = opened(rows)
    assert str(shop.log.first_order_at) == "2024-01-01 00:00:00"
    assert (shop.log.figures.customers, shop.log.readiness.rows_used) == (1, 2)
    assert str(shop.as_of) == "2024-01-03 00:00:00"


@pytest.mark.parametrize("column", ["revenue", "ordered_at"])
def test_mapping__takes_no_truth_for_an_amount_or_a_moment(write, column: str) -> None:
    source = OrderSource(write("customer_id,ordered_at,revenue\na,2024-01-01,12\n"), columns={column: "revenue > 10"})
    with pytest.raises(DataContractError, match=f"revenue > 10 is true or false: it cannot be {column}"):
        check(source)


def test_mapping__says_which_columns_the_header_names_twice(write) -> None:
    text = "customer_id,ordered_at,revenue,Revenue\na,2024-01-01,12,7\n"
    readiness = check(OrderSource(write(text)))
    assert [note for note in readiness.notes if "more than once" in note and "revenue, Revenue" in note]
    assert readiness.figures.revenue == 12
    assert check(OrderSource(write(text), columns={"revenue": "Revenue_1"})).figures.revenue == 7
