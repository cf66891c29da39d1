"""Shopify: continuation lines, refunds, cancelled, test and unpaid orders, taxes, tips and shipping."""

from __future__ import annotations

import json

import pandas as pd

HEADER = [
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing",
    "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price",
    "Lineitem sku", "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status",
    "Billing Name", "Billing Phone", "Shipping Country", "Notes", "Cancelled at", "Payment Method",
    "Payment Reference", "Refunded Amount", "Vendor", "Outstanding Balance", "Employee", "Location",
    "Device ID", "Id", "Tags", "Risk Level", "Source", "Lineitem discount", "Phone",
]  # fmt: skip


def line(name, **cells):
    usual = {"Name": name, "Email": "ann@example.org", "Created at": "2024-01-04 01:40:32 -0500"}
    return usual | {key.replace("_", " "): value for key, value in cells.items()}


def order(name, **cells):
    usual = {"Financial Status": "paid", "Currency": "EUR", "Subtotal": "100", "Shipping": "5", "Taxes": "20"}
    usual |= {"Total": "125", "Refunded Amount": "0", "Payment Method": "Shopify Payments", "Id": f"77{name}"}
    return line(name, Lineitem_quantity="1", Lineitem_name="Mug", Lineitem_price="100", **(usual | cells))


def test_shopify__reads_orders_with_everything_that_happens_to_them(wide, orders):
    converted = wide(
        HEADER,
        order("#1"),
        line("#1", Lineitem_quantity="2", Lineitem_name="Tea", Lineitem_price="0", Lineitem_sku="TEA"),
        order("#2", Email="", Phone="+49 30 1"),
        order("#3", **{"Refunded Amount": "125", "Financial Status": "refunded"}),
        order("#4", **{"Refunded Amount": "62.50", "Financial Status": "partially_refunded"}),
        order("#5", **{"Cancelled at": "2024-01-05 10:00:00 -0500"}),
        order("#6", **{"Payment Method": "Bogus Gateway"}),
        order("#7", **{"Financial Status": "pending"}),
        order("#8", Total="135", Email="Guest"),
        line("#8", Email="Guest", Lineitem_quantity="1", Lineitem_name="Tip", Lineitem_price="10"),
    )
    assert orders(converted) == {
        "#1": ("ann@example.org", 100.0), "#2": ("+49 30 1", 100.0), "#3": ("ann@example.org", 0.0),
        "#4": ("ann@example.org", 50.0), "#8": (None, 100.0),
    }  # fmt: skip
    lines = converted.tables["order_lines"].to_pandas()
    assert lines[lines["order_id"] == "#1"]["product_id"].tolist() == ["Mug", "TEA"]
    assert "Tip" not in set(lines["product_id"])
    for sentence in (
        "export.csv was read as: Shopify orders export (CSV).", "4 sales (paid, partially_refunded).",
        "1 sales given back (refunded).", "1 not sales yet: left out (pending).", "1 cancelled: left out (paid).",
        "1 tests: left out (paid).", "2 refunds of 187.50 were taken off.", "Currencies: EUR (5).",
        "Taxes, shipping and tips of 135.00 are no revenue of the goods: left out.",
        "1 rows name no customer and no e-mail: set aside.",
    ):  # fmt: skip
        assert any(told.endswith(sentence) for told in converted.account), sentence


def test_shopify__leaves_several_currencies_to_the_contract(wide):
    converted = wide(HEADER, order("#1"), order("#2", Currency="USD"))
    assert "Currencies: EUR (1), USD (1)." in converted.account
    assert sorted(converted.tables["orders"]["currency"].to_pylist()) == ["EUR", "USD"]


def money(amount):
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def test_shopify_bulk__gives_refunds_their_own_moment(read_export, orders):
    bought = {
        "id": "gid://shopify/Order/1", "name": "#1", "createdAt": "2024-01-04T06:40:32Z", "cancelledAt": None,
        "test": False, "displayFinancialStatus": "PARTIALLY_REFUNDED", "customer": {"id": "gid://shopify/Customer/9"},
        "totalPriceSet": money("125.0"), "totalTaxSet": money("20.0"), "totalShippingPriceSet": money("5.0"),
        "refunds": [{"createdAt": "2024-02-01T00:00:00Z", "totalRefundedSet": money("62.5")}],
    }  # fmt: skip
    item = {"id": "gid://shopify/LineItem/5", "sku": "MUG", "title": "Mug", "quantity": 2,
            "originalUnitPriceSet": money("50.0"), "__parentId": "gid://shopify/Order/1"}  # fmt: skip
    test = bought | {"id": "gid://shopify/Order/2", "name": "#2", "test": True, "refunds": []}
    guest = bought | {"id": "gid://shopify/Order/3", "name": "#3", "customer": None, "email": "A@x.org", "refunds": []}
    rows = [json.dumps(row) for row in (bought, item, test, guest)]
    converted = read_export(rows[0], *rows[1:], name="orders.jsonl")
    assert orders(converted) == {"#1": ("gid://shopify/Customer/9", 50.0), "#3": ("a@x.org", 100.0)}
    moments = converted.tables["orders"].to_pandas().query("order_id == '#1'").sort_values("revenue")
    assert moments["ordered_at"].tolist() == ["2024-02-01T00:00:00Z", "2024-01-04T06:40:32Z"]
    assert moments["revenue"].tolist() == [-50.0, 100.0]
    assert converted.tables["order_lines"].to_pylist() == [
        {"order_id": "#1", "product_id": "MUG", "quantity": 2.0, "unit_price": 50.0}
    ]
    assert pd.to_datetime(moments["ordered_at"]).dt.tz is not None
