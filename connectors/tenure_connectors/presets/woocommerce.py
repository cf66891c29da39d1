"""WooCommerce: the orders export of its suite and of the common plugins, and the Orders report of Analytics."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, FAILED, REFUNDED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, goods, person

_STATUSES = {
    "completed": SALE,
    "processing": SALE,
    "on-hold": UNDECIDED,
    "on hold": UNDECIDED,
    "pending": UNDECIDED,
    "pending payment": UNDECIDED,
    "checkout-draft": UNDECIDED,
    "draft": UNDECIDED,
    "cancelled": CANCELLED,
    "canceled": CANCELLED,
    "trash": CANCELLED,
    "failed": FAILED,
    "refunded": REFUNDED,
    "выполнен": SALE,
    "обработка": SALE,
    "на удержании": UNDECIDED,
    "в ожидании оплаты": UNDECIDED,
    "отменён": CANCELLED,
    "отменен": CANCELLED,
    "не удался": FAILED,
    "возвращён": REFUNDED,
}
STATUSES = {**_STATUSES, **{f"wc-{status}": meaning for status, meaning in _STATUSES.items()}}
"""In the words of the export, of the database (``wc-``) and of the Russian shop."""


def _orders(orders: ir.Table) -> ir.Table:
    refunded, taxes, shipping = as_amount(orders.refunded), as_amount(orders.taxes), as_amount(orders.shipping)
    total, meaning = as_amount(orders.total), WOOCOMMERCE.kind_of(orders.status)
    given_back = ((meaning == "refunded") & (refunded == 0)).ifelse(total, refunded)
    return orders.select(
        customer_id=person(orders.customer, orders.email, orders.phone),
        ordered_at=orders.created_at,
        revenue=goods(total, given_back, taxes, shipping),
        order_id=orders.order_id,
        discount=as_amount(orders.discount),
        region=orders.country,
        currency=orders.currency,
        status=orders.status,
        meaning=meaning,
        refunded=given_back,
        left_out=taxes + shipping,
    )


WOOCOMMERCE = Preset(
    name="woocommerce",
    title="WooCommerce orders export",
    columns={
        "order_id": ("order_id", "order_number", "Order ID", "Order Number", "Номер заказа"),
        "created_at": ("order_date", "date", "Order Date", "Дата заказа"),
        "status": ("status", "order_status", "Order Status", "Статус заказа"),
        "customer": ("customer_id", "customer_user", "Customer User ID"),
        "email": ("billing_email", "customer_email", "Email (Billing)", "Email (Биллинг)"),
        "phone": ("billing_phone", "Phone (Billing)", "Телефон (Биллинг)"),
        "total": ("order_total", "Order Total Amount", "Сумма заказа"),
        "taxes": ("tax_total", "order_tax", "Order Total Tax Amount", "Сумма налога"),
        "shipping": ("shipping_total", "order_shipping", "Order Shipping Amount"),
        "discount": ("discount_total", "cart_discount", "Cart Discount Amount"),
        "refunded": ("refunded_total", "order_refund", "Order Refund Amount"),
        "currency": ("order_currency", "currency"),
        "country": ("billing_country", "Country Code (Billing)"),
    },
    required=("order_id", "created_at", "status", "email", "total"),
    tables={"orders": _orders},
    statuses=STATUSES,
    notes=(
        "Guests (customer 0) are their e-mail. Refunds lower their order from the start: the export has no date.",
        "Later ones are dated where each export is landed in a store by tenure pull.",
    ),
    documentation="woocommerce.com/document/import-and-export-of-woocommerce-orders",
)


def _analytics(orders: ir.Table) -> ir.Table:
    return orders.select(
        customer_id=person(orders.customer),
        ordered_at=orders.created_at,
        revenue=as_amount(orders.net),
        order_id=orders.order_id,
        channel=orders.channel,
        status=orders.status,
        meaning=WOOCOMMERCE_ANALYTICS.kind_of(orders.status),
    )


WOOCOMMERCE_ANALYTICS = Preset(
    name="woocommerce_analytics",
    title="WooCommerce Analytics, report Orders",
    columns={
        "created_at": ("Date", "Дата"),
        "order_id": ("Order #", "Заказ №"),
        "status": ("Status", "Статус"),
        "net": ("N. Revenue", "Net Sales", "Чистые продажи"),
        "customer": ("Customer", "Клиент"),
        "customer_type": ("Customer type", "Тип клиента"),
        "channel": ("Attribution", "Origin"),
        "sold": ("Items Sold", "Items sold", "Продано товаров"),
    },
    required=("created_at", "order_id", "status", "net", "customer", "sold"),
    tables={"orders": _analytics},
    statuses=STATUSES,
    notes=("The report names customers by their name alone: two of one name are one. Prefer the orders export.",),
    documentation="woocommerce.com/document/woocommerce-analytics/orders-report",
)
