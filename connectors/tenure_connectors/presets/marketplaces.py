"""Reports of marketplaces: most name no buyer, so that nobody can be followed, and it is said why."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, person

_NOBODY = "it names no buyers, so nobody can be followed from one order to the next."


def _amazon(rows: ir.Table) -> ir.Table:
    return rows.select(
        customer_id=person(rows.email, rows.phone),
        ordered_at=rows.purchased_at,
        revenue=(as_amount(rows.price) - as_amount(rows.promotion).abs()).round(6),
        order_id=rows.order_id,
        discount=as_amount(rows.promotion).abs(),
        region=rows.country,
        currency=rows.currency,
        status=ibis.literal("sold"),
        meaning=ibis.literal("sale"),
        left_out=as_amount(rows.tax) + as_amount(rows.shipping),
    )


def _amazon_lines(rows: ir.Table) -> ir.Table:
    quantity = as_amount(rows.quantity)
    return rows.select(
        order_id=rows.order_id,
        product_id=rows.sku,
        quantity=quantity,
        unit_price=(as_amount(rows.price) / quantity.nullif(0.0)).round(6),
    )


AMAZON = Preset(
    name="amazon",
    title="Amazon order report",
    columns={
        "order_id": ("order-id",),
        "purchased_at": ("purchase-date",),
        "email": ("buyer-email",),
        "phone": ("buyer-phone-number",),
        "sku": ("sku",),
        "quantity": ("quantity-purchased",),
        "currency": ("currency",),
        "price": ("item-price",),
        "tax": ("item-tax",),
        "shipping": ("shipping-price",),
        "promotion": ("item-promotion-discount",),
        "country": ("ship-country",),
    },
    required=("order_id", "purchased_at", "email", "sku", "price"),
    tables={"orders": _amazon, "order_lines": _amazon_lines},
    notes=("Buyers are told apart by the address that Amazon gives each of them for a shop.",),
    documentation="developer-docs.amazon.com/sp-api/docs/report-type-values-order",
)

AMAZON_ALL = Preset(
    name="amazon_all",
    title="Amazon All Orders report",
    columns={
        "order_id": ("amazon-order-id",),
        "purchased_at": ("purchase-date",),
        "status": ("order-status",),
        "price": ("item-price",),
        "sku": ("sku",),
    },
    required=("order_id", "purchased_at", "status", "price"),
    impossible=_NOBODY + " The order report (order-id, buyer-email, ...) has an address for each.",
    documentation="developer-docs.amazon.com/sp-api/docs/report-type-values-order",
)


def _ozon(rows: ir.Table) -> ir.Table:
    return rows.select(
        customer_id=rows.order_id.contains("-").ifelse(rows.order_id.split("-")[0], None),
        ordered_at=rows.accepted_at,
        revenue=as_amount(ibis.coalesce(rows.price, rows.total)),
        order_id=rows.order_id,
        region=rows.region,
        currency=rows.currency,
        status=rows.status,
        meaning=OZON.kind_of(rows.status),
    )


def _ozon_lines(rows: ir.Table) -> ir.Table:
    quantity = as_amount(rows.quantity)
    return rows.select(
        order_id=rows.order_id,
        product_id=ibis.coalesce(rows.article, rows.sku),
        quantity=quantity,
        unit_price=(as_amount(ibis.coalesce(rows.price, rows.total)) / quantity.nullif(0.0)).round(6),
    )


OZON = Preset(
    name="ozon",
    title="Ozon orders report",
    columns={
        "order_id": ("Номер заказа",),
        "shipment": ("Номер отправления",),
        "accepted_at": ("Принят в обработку",),
        "status": ("Статус",),
        "total": ("Сумма отправления",),
        "price": ("Итоговая стоимость товара", "Ваша цена"),
        "currency": ("Код валюты товара", "Код валюты отправления"),
        "article": ("Артикул",),
        "sku": ("SKU", "OZON id"),
        "quantity": ("Количество",),
        "region": ("Регион доставки", "Кластер доставки"),
    },
    required=("order_id", "shipment", "accepted_at", "status", "quantity"),
    tables={"orders": _ozon, "order_lines": _ozon_lines},
    statuses={
        "доставлен": SALE,
        "доставлено": SALE,
        "отменён": CANCELLED,
        "отменен": CANCELLED,
        "отменено": CANCELLED,
        "доставляется": UNDECIDED,
        "ожидает отгрузки": UNDECIDED,
        "ожидает сборки": UNDECIDED,
        "ожидает в пункте выдачи": UNDECIDED,
    },
    notes=(
        "A buyer is the number before the dash of an order's number, which Ozon does not document: check that it fits.",
    ),
    documentation="docs.ozon.ru/global/analytics/reports",
)

WILDBERRIES = Preset(
    name="wildberries",
    title="Wildberries sales report",
    columns={
        "article": ("Артикул поставщика",),
        "kind": ("Тип документа",),
        "reason": ("Обоснование для оплаты",),
        "sold_at": ("Дата продажи",),
        "srid": ("Srid",),
    },
    required=("article", "kind", "reason", "sold_at"),
    impossible=_NOBODY,
    documentation="dev.wildberries.ru/openapi/reports",
)

YANDEX_MARKET = Preset(
    name="yandex_market",
    title="Yandex.Market orders report",
    columns={
        "order_id": ("Номер заказа", "Ваш номер заказа"),
        "created_at": ("Дата оформления", "Дата создания заказа"),
        "sku": ("Ваш SKU", "Ваш SKU товара"),
        "status": ("Статус заказа", "Статус товара"),
    },
    required=("order_id", "created_at", "sku", "status"),
    impossible=_NOBODY,
    documentation="yandex.ru/support/marketplace/analytics/reports.html",
)
