"""Shopify's orders export: an order is a line with a total, and a continuation line for each further product."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, FAILED, REFUNDED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, goods, person

_FIRST_LINE = (
    "email", "phone", "status", "currency", "shipping", "taxes", "total", "discount", "created_at", "country",
    "cancelled_at", "payment", "refunded", "channel",
)  # fmt: skip
"""What stands on the first line of an order only, but for the e-mail and the moment."""


def _orders(lines: ir.Table) -> ir.Table:
    tips = (as_amount(lines.line_price) * as_amount(lines.line_quantity)).sum(where=lines.line_name.lower() == "tip")
    once = {name: lines[name].min() for name in _FIRST_LINE}
    orders = lines.group_by("name").aggregate(**once, tips=tips.fill_null(0.0))
    taxes, shipping = as_amount(orders.taxes), as_amount(orders.shipping)
    return orders.select(
        customer_id=person(orders.email, orders.phone),
        ordered_at=orders.created_at,
        revenue=goods(as_amount(orders.total), as_amount(orders.refunded), taxes, shipping, orders.tips),
        order_id=orders.name,
        discount=as_amount(orders.discount),
        channel=orders.channel,
        region=orders.country,
        currency=orders.currency,
        status=orders.status,
        meaning=_mean(orders),
        refunded=as_amount(orders.refunded),
        left_out=taxes + shipping + orders.tips,
    )


def _mean(orders: ir.Table) -> ir.StringValue:
    test = orders.payment.lower().contains("bogus").fill_null(False)
    cancelled = orders.cancelled_at.notnull()
    return ibis.cases((test, "test"), (cancelled, "cancelled"), else_=SHOPIFY.kind_of(orders.status))


def _order_lines(lines: ir.Table) -> ir.Table:
    products = lines.filter(lines.line_name.notnull() & (lines.line_name.lower() != "tip"))
    return products.select(
        order_id=products.name,
        product_id=ibis.coalesce(products.line_sku, products.line_name),
        brand=products.vendor,
        quantity=as_amount(products.line_quantity),
        unit_price=as_amount(products.line_price),
    )


SHOPIFY = Preset(
    name="shopify",
    title="Shopify orders export (CSV)",
    columns={
        "name": ("Name",),
        "email": ("Email",),
        "phone": ("Phone", "Billing Phone"),
        "status": ("Financial Status",),
        "currency": ("Currency",),
        "shipping": ("Shipping",),
        "taxes": ("Taxes",),
        "total": ("Total",),
        "discount": ("Discount Amount",),
        "created_at": ("Created at",),
        "country": ("Shipping Country",),
        "cancelled_at": ("Cancelled at",),
        "payment": ("Payment Method",),
        "refunded": ("Refunded Amount",),
        "channel": ("Source",),
        "vendor": ("Vendor",),
        "line_name": ("Lineitem name",),
        "line_sku": ("Lineitem sku",),
        "line_quantity": ("Lineitem quantity",),
        "line_price": ("Lineitem price",),
    },
    required=("name", "email", "status", "total", "created_at", "line_quantity"),
    tables={"orders": _orders, "order_lines": _order_lines},
    statuses={
        "paid": SALE,
        "partially_paid": SALE,
        "partially_refunded": SALE,
        "refunded": REFUNDED,
        "authorized": UNDECIDED,
        "pending": UNDECIDED,
        "unpaid": UNDECIDED,
        "expired": FAILED,
        "voided": CANCELLED,
    },
    notes=(
        "The export does not say when refunds happened: they lower their order from the start. The bulk export does.",
        "Later ones are dated where each export is landed in a store by tenure pull.",
    ),
    documentation="help.shopify.com/manual/fulfillment/managing-orders/exporting-orders",
)
