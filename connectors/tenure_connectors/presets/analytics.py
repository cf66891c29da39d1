"""Analytics: the BigQuery export of GA4, and orders and visits of Yandex.Metrica."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, json_values, person


def _orders(events: ir.Table) -> ir.Table:
    """Take each purchase once, at its first event: the export repeats purchases on reloads and rewrites late days."""
    bought = events.filter(events.name.isin(["purchase", "refund"]) & events.transaction.notnull())
    # One row per transaction and kind: a refund may follow its purchase, and several may follow one.
    back = bought.name == "refund"
    stamped = bought.mutate(back=back, key=back.ifelse(bought.transaction + "|" + bought.stamp, bought.transaction))
    first = ibis.row_number().over(ibis.window(group_by=["name", "key"], order_by=["stamp", "client"]))
    once = stamped.mutate(place=first).filter(ibis._.place == 0)
    amount = as_amount(once.back.ifelse(once.refund, once.revenue))
    refunded = once.back.ifelse(amount.abs(), 0.0)
    return once.select(
        customer_id=person(once.user, once.client),
        ordered_at=once.stamp,
        revenue=once.back.ifelse(-amount.abs(), amount),
        order_id=once.transaction,
        channel=once.channel,
        device=once.device,
        region=once.country,
        currency=once.currency,
        status=once.name,
        meaning=once.back.ifelse("refunded", "sale"),
        refunded=refunded,
        left_out=once.back.ifelse(0.0, as_amount(once.tax) + as_amount(once.shipping)),
    )


def _events(events: ir.Table) -> ir.Table:
    others = events.filter(~events.name.isin(["purchase", "refund"])).distinct()
    return others.select(
        customer_id=person(others.user, others.client),
        occurred_at=others.stamp,
        event=others.name.isin(["session_start", "page_view"]).ifelse("visit", others.name),
        channel=others.channel,
        device=others.device,
    )


def _order_lines(events: ir.Table) -> ir.Table:
    bought = events.filter((events.name == "purchase") & events.transaction.notnull() & events["items"].notnull())
    first = ibis.row_number().over(ibis.window(group_by="transaction", order_by=["stamp", "client"]))
    once = bought.mutate(place=first).filter(ibis._.place == 0)
    fields = {
        "product_id": "item_id",
        "category": "item_category",
        "brand": "item_brand",
        "quantity": "quantity",
        "unit_price": "price",
    }
    lines = once.select(
        "transaction", **{name: json_values(once["items"], f"$[*].{path}").unnest() for name, path in fields.items()}
    )
    return lines.select(
        "product_id",
        "category",
        "brand",
        order_id="transaction",
        quantity=as_amount(lines.quantity),
        unit_price=as_amount(lines.unit_price),
    )


GA4 = Preset(
    name="ga4",
    title="GA4 BigQuery export (events, JSON lines)",
    columns={
        "name": ("event_name",),
        "stamp": ("event_timestamp",),
        "client": ("user_pseudo_id",),
        "user": ("user_id",),
        "transaction": ("ecommerce.transaction_id",),
        "revenue": ("ecommerce.purchase_revenue",),
        "refund": ("ecommerce.refund_value",),
        "tax": ("ecommerce.tax_value",),
        "shipping": ("ecommerce.shipping_value",),
        "channel": ("traffic_source.source", "collected_traffic_source.manual_source"),
        "device": ("device.category",),
        "country": ("geo.country",),
        "currency": ("event_params.currency",),
        "items": ("items",),
    },
    required=("name", "stamp", "client"),
    tables={"orders": _orders, "events": _events, "order_lines": _order_lines},
    notes=(
        "Moments are event_timestamp, microseconds in UTC, not event_date of the property's zone.",
        "A purchase counts once however often it was sent; read the last three days again, they change.",
        "Customers are user_id, else the browser: one person on two devices is two.",
    ),
    documentation="support.google.com/analytics/answer/7029846",
)


def _metrica(orders: ir.Table) -> ir.Table:
    cost = orders.cost.isnull().ifelse(None, as_amount(orders.cost))
    return orders.select(
        customer_id=person(orders.client, orders.emails, orders.phones),
        ordered_at=orders.created_at,
        revenue=as_amount(orders.revenue),
        order_id=orders.id,
        cost=cost,
        status=orders.status,
        meaning=YANDEX_METRICA.kind_of(orders.status),
    )


YANDEX_METRICA = Preset(
    name="yandex_metrica",
    title="Yandex.Metrica orders (CSV)",
    columns={
        "id": ("id",),
        "created_at": ("create_date_time",),
        "client": ("client_uniq_id",),
        "emails": ("emails",),
        "phones": ("phones",),
        "revenue": ("revenue",),
        "cost": ("cost",),
        "status": ("order_status",),
    },
    required=("id", "created_at", "client", "revenue", "status"),
    tables={"orders": _metrica},
    statuses={"paid": SALE, "in_progress": UNDECIDED, "cancelled": CANCELLED, "canceled": CANCELLED, "spam": CANCELLED},
    unknown=SALE,
    documentation="yandex.ru/support/metrica/data/crm/orders.html",
)


def _visits(visits: ir.Table) -> ir.Table:
    return visits.select(
        customer_id=person(visits.user, visits.client),
        occurred_at=visits.at,
        event=ibis.literal("visit"),
        value=as_amount(visits.pages),
        channel=visits.source,
        device=visits.device,
    )


METRICA_LOGS = Preset(
    name="metrica_logs",
    title="Yandex.Metrica Logs API, visits",
    columns={
        "visit": ("ym:s:visitID",),
        "client": ("ym:s:clientID",),
        "user": ("ym:s:userID",),
        "at": ("ym:s:dateTimeUTC", "ym:s:dateTime"),
        "pages": ("ym:s:pageViews",),
        "source": ("ym:s:lastTrafficSource", "ym:s:lastsignTrafficSource"),
        "device": ("ym:s:deviceCategory",),
    },
    required=("visit", "client", "at"),
    tables={"events": _visits},
    notes=("Customers are those the counter names; link them to the shop's by identifiers.",),
    documentation="yandex.ru/dev/metrika/doc/api2/logs/fields/visits.html",
)
