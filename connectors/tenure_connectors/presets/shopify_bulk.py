"""Orders of a bulk operation of Shopify's Admin GraphQL API: an order a line, its products on lines below."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, FAILED, REFUNDED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, json_values, person

_SHIP = "totalShippingPriceSet.shopMoney.amount"


def _orders(lines: ir.Table) -> ir.Table:
    orders = lines.filter(lines.id.contains("/Order/"))
    taxes, shipping, tips = as_amount(orders.taxes), as_amount(orders.shipping), as_amount(orders.tips)
    total = as_amount(orders.total)
    bought = orders.select(
        customer_id=person(orders.customer, orders.email, orders.phone),
        ordered_at=orders.created_at,
        revenue=(total - taxes - shipping - tips).round(6),
        order_id=orders.name,
        discount=as_amount(orders.discount),
        channel=orders.channel,
        region=orders.country,
        currency=orders.currency,
        status=orders.status,
        meaning=ibis.cases(
            ((orders.test == "true").fill_null(False), "test"),
            (orders.cancelled_at.notnull(), "cancelled"),
            else_=SHOPIFY_BULK.kind_of(orders.status),
        ),
        refunded=ibis.literal(0.0),
        left_out=taxes + shipping + tips,
        share=((total - taxes - shipping - tips) / total.nullif(0.0)).fill_null(1.0),
        refunds=orders.refunds,
    )
    return bought.drop("share", "refunds").union(_refunds(bought))


def _refunds(orders: ir.Table) -> ir.Table:
    """Make a line of each refund, at its own moment: before it the order was what it was."""
    with_refunds = orders.filter(orders.refunds.notnull())
    moments, amounts = (
        json_values(with_refunds.refunds, "$[*].createdAt"),
        json_values(with_refunds.refunds, "$[*].totalRefundedSet.shopMoney.amount"),
    )
    rows = with_refunds.mutate(moment=moments.unnest(), amount=amounts.unnest())
    back = as_amount(rows.amount)
    lines = rows.mutate(ordered_at=rows.moment, revenue=(-back * rows.share).round(6), refunded=back, discount=0.0)
    lines = lines.filter(lines.refunded > 0).mutate(left_out=0.0)
    return lines.select(*(name for name in orders.columns if name not in {"share", "refunds"}))


def _order_lines(lines: ir.Table) -> ir.Table:
    names = lines.filter(lines.id.contains("/Order/")).select(order_gid="id", order_id="name")
    products = lines.filter(lines.id.contains("/LineItem/")).drop("name")
    products = products.join(names, products.parent == names.order_gid)
    return products.select(
        "order_id",
        product_id=ibis.coalesce(products.sku, products.title),
        brand=products.vendor,
        quantity=as_amount(products.quantity),
        unit_price=as_amount(products.unit_price),
    )


SHOPIFY_BULK = Preset(
    name="shopify_bulk",
    title="Shopify orders of an Admin GraphQL bulk operation (JSON lines)",
    columns={
        "id": ("id",),
        "parent": ("__parentId",),
        "name": ("name",),
        "created_at": ("createdAt",),
        "test": ("test",),
        "cancelled_at": ("cancelledAt",),
        "status": ("displayFinancialStatus",),
        "customer": ("customer.id",),
        "email": ("email", "customer.email"),
        "phone": ("phone", "customer.phone"),
        "currency": ("currencyCode", "totalPriceSet.shopMoney.currencyCode"),
        "total": ("totalPriceSet.shopMoney.amount",),
        "taxes": ("totalTaxSet.shopMoney.amount",),
        "shipping": (_SHIP,),
        "tips": ("totalTipReceivedSet.shopMoney.amount", "totalTipReceived.amount"),
        "discount": ("totalDiscountsSet.shopMoney.amount",),
        "channel": ("sourceName",),
        "country": ("shippingAddress.countryCodeV2", "shippingAddress.countryCode"),
        "refunds": ("refunds",),
        "sku": ("sku",),
        "title": ("title",),
        "vendor": ("vendor",),
        "quantity": ("quantity",),
        "unit_price": ("discountedUnitPriceSet.shopMoney.amount", "originalUnitPriceSet.shopMoney.amount"),
    },
    required=("id", "name", "created_at", "total"),
    tables={"orders": _orders, "order_lines": _order_lines},
    statuses={
        "paid": SALE,
        "partially_paid": SALE,
        "partially_refunded": SALE,
        "refunded": REFUNDED,
        "authorized": UNDECIDED,
        "pending": UNDECIDED,
        "expired": FAILED,
        "voided": CANCELLED,
    },
    unknown=SALE,
    notes=("Refunds are lines of their order at their own moment; ask for refunds { createdAt totalRefundedSet }.",),
    documentation="shopify.dev/docs/api/usage/bulk-operations/queries",
)
