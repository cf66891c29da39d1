"""Magento / Adobe Commerce, Square, and the sales register of 1C."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, FAILED, REFUNDED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, goods, person


def _magento(orders: ir.Table) -> ir.Table:
    total, refunded, shipping = as_amount(orders.total), as_amount(orders.refunded), as_amount(orders.shipping)
    return orders.select(
        customer_id=person(orders.email, orders.customer),
        ordered_at=orders.created_at,
        revenue=goods(total, refunded, shipping),
        order_id=orders.id,
        channel=orders.channel,
        status=orders.status,
        meaning=MAGENTO.kind_of(orders.status),
        refunded=refunded,
        left_out=shipping,
    )


MAGENTO = Preset(
    name="magento",
    title="Magento / Adobe Commerce orders grid",
    columns={
        "id": ("ID", "#", "increment_id"),
        "channel": ("Purchase Point",),
        "created_at": ("Purchase Date", "created_at"),
        "total": ("Grand Total (Base)", "base_grand_total"),
        "status": ("Status",),
        "email": ("Customer Email",),
        "customer": ("Customer Name", "Bill-to Name"),
        "shipping": ("Shipping and Handling",),
        "refunded": ("Total Refunded",),
        "subtotal": ("Subtotal",),
    },
    required=("id", "created_at", "total", "status", "email"),
    tables={"orders": _magento},
    statuses={
        "complete": SALE,
        "processing": SALE,
        "closed": REFUNDED,
        "pending": UNDECIDED,
        "pending_payment": UNDECIDED,
        "pending payment": UNDECIDED,
        "payment review": UNDECIDED,
        "payment_review": UNDECIDED,
        "on hold": UNDECIDED,
        "holded": UNDECIDED,
        "canceled": CANCELLED,
        "suspected fraud": FAILED,
        "fraud": FAILED,
    },
    notes=("The grid names no taxes: they are part of the revenue. Customers are told apart by e-mail.",),
    documentation="experienceleague.adobe.com/docs/commerce-admin/stores-sales/order-management/orders/orders.html",
)


def _square(payments: ir.Table) -> ir.Table:
    net, back = as_amount(payments.net), (payments.event.lower() == "refund").fill_null(False)
    return payments.select(
        customer_id=person(payments.customer_id, payments.reference, payments.customer),
        ordered_at=payments.day + ibis.coalesce(ibis.literal(" ") + payments.time, ""),
        revenue=back.ifelse(-net.abs(), net),
        order_id=payments.id,
        discount=as_amount(payments.discount).abs(),
        channel=payments.source,
        region=payments.location,
        status=payments.event,
        meaning=SQUARE.kind_of(payments.event),
        refunded=back.ifelse(net.abs(), 0.0),
        left_out=(as_amount(payments.tax) + as_amount(payments.tip)).abs(),
    )


SQUARE = Preset(
    name="square",
    title="Square transactions",
    columns={
        "day": ("Date",),
        "time": ("Time",),
        "net": ("Net Sales",),
        "discount": ("Discounts",),
        "tax": ("Tax",),
        "tip": ("Tip",),
        "source": ("Source",),
        "id": ("Transaction ID",),
        "event": ("Event Type",),
        "customer_id": ("Customer ID",),
        "customer": ("Customer Name",),
        "reference": ("Customer Reference ID",),
        "location": ("Location",),
        "collected": ("Total Collected",),
    },
    required=("day", "net", "id", "event", "collected"),
    tables={"orders": _square},
    statuses={"payment": SALE, "refund": REFUNDED, "no sale": CANCELLED, "exchange": SALE},
    unknown=SALE,
    notes=("Revenue is net sales: without taxes and tips. A refund is a row of its own, at its own moment.",),
    documentation="squareup.com/help/us/en/article/5072-summaries-and-reports-from-the-online-square-dashboard",
)


def _one_c(rows: ir.Table) -> ir.Table:
    amount, tax = as_amount(rows.amount), as_amount(rows.tax)
    back = rows.document.lower().contains("возврат").fill_null(False)
    net = (amount - tax).round(6)
    return rows.select(
        customer_id=person(rows.code, rows.card, rows.customer),
        ordered_at=rows.period,
        revenue=back.ifelse(-net.abs(), net),
        order_id=ibis.coalesce(rows.order, rows.document),
        cost=rows.cost.isnull().ifelse(None, as_amount(rows.cost)),
        channel=rows.channel,
        status=rows.document.re_extract(r"^(.*?)\s+\S*\d+\S*\s+от\s", 1),
        meaning=back.ifelse("refunded", "sale"),
        refunded=back.ifelse(net.abs(), 0.0),
        left_out=tax.abs(),
    )


def _one_c_lines(rows: ir.Table) -> ir.Table:
    quantity = as_amount(rows.quantity)
    return rows.filter(rows.product.notnull()).select(
        order_id=ibis.coalesce(rows.order, rows.document),
        product_id=rows.product,
        quantity=quantity,
        unit_price=(as_amount(rows.amount) / quantity.nullif(0.0)).round(6),
    )


ONE_C = Preset(
    name="one_c",
    title="1C sales register",
    columns={
        "period": ("Период", "Дата", "Дата продажи"),
        "document": ("Регистратор", "Документ движения", "Документ продажи"),
        "order": ("Заказ", "Заказ клиента", "Заказ покупателя"),
        "customer": ("Контрагент", "Покупатель", "Клиент", "Партнер"),
        "code": ("Код контрагента", "Контрагент.Код", "Контрагент.ИНН"),
        "card": ("Дисконтная карта", "Карта лояльности", "Номер карты"),
        "product": ("Номенклатура", "Номенклатура.Артикул"),
        "quantity": ("Количество",),
        "amount": ("Сумма", "Стоимость", "Сумма продажи", "Выручка", "Стоимость продажи"),
        "tax": ("НДС", "Сумма НДС"),
        "cost": ("Себестоимость",),
        "channel": ("Подразделение", "Магазин", "Склад"),
    },
    required=("period", "document", "customer", "amount"),
    tables={"orders": _one_c, "order_lines": _one_c_lines},
    notes=(
        "Revenue is without VAT where the register names it. Documents of returns lower their day.",
        "Retail sales to a collective buyer (Розничный покупатель) name nobody, unless a card is given.",
    ),
    documentation="its.1c.ru/db/metod8dev",
)
