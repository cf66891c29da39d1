"""Payments and charges of Stripe, as its Dashboard exports them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import CANCELLED, FAILED, REFUNDED, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, person


def _orders(payments: ir.Table) -> ir.Table:
    settled = payments.converted.notnull()
    paid = as_amount(settled.ifelse(payments.converted, payments.amount))
    back = as_amount(settled.ifelse(payments.converted_refunded, payments.amount_refunded))
    test = (payments.mode.lower() == "test").fill_null(False)
    caught = (payments.captured.lower() == "false").fill_null(False)
    meaning = ibis.cases((test, "test"), (caught, "open"), else_=STRIPE.kind_of(payments.status))
    return payments.select(
        customer_id=person(payments.customer, payments.email),
        ordered_at=payments.created_at,
        revenue=(paid - back).round(6),
        order_id=payments.id,
        currency=settled.ifelse(payments.converted_currency, payments.currency).upper(),
        status=payments.status,
        meaning=meaning,
        refunded=back,
    )


STRIPE = Preset(
    name="stripe",
    title="Stripe payments export",
    columns={
        "id": ("id",),
        "created_at": ("Created date (UTC)", "Created (UTC)", "Created"),
        "amount": ("Amount",),
        "amount_refunded": ("Amount Refunded",),
        "currency": ("Currency",),
        "converted": ("Converted Amount",),
        "converted_refunded": ("Converted Amount Refunded",),
        "converted_currency": ("Converted Currency",),
        "status": ("Status",),
        "captured": ("Captured",),
        "mode": ("Mode",),
        "customer": ("Customer ID",),
        "email": ("Customer Email",),
    },
    required=("id", "created_at", "amount", "amount_refunded", "currency", "status"),
    tables={"orders": _orders},
    statuses={
        "paid": SALE,
        "succeeded": SALE,
        "partially refunded": SALE,
        "partial_refund": SALE,
        "refunded": REFUNDED,
        "disputed": SALE,
        "dispute lost": REFUNDED,
        "failed": FAILED,
        "blocked": FAILED,
        "incomplete": UNDECIDED,
        "requires_payment_method": FAILED,
        "requires_action": UNDECIDED,
        "requires_capture": UNDECIDED,
        "uncaptured": UNDECIDED,
        "pending": UNDECIDED,
        "processing": UNDECIDED,
        "canceled": CANCELLED,
        "cancelled": CANCELLED,
        "expired": CANCELLED,
    },
    notes=(
        "Amounts are those converted to your own currency where Stripe converted them; taxes are part of them.",
        "Refunds lower their payment from the start: the export does not say when they happened.",
        "Later ones are dated where each export is landed in a store by tenure pull.",
    ),
    documentation="docs.stripe.com/reports/report-types",
)
