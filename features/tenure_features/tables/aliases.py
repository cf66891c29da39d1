"""Column names users already have, and the contract column each stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

ALIASES: Mapping[str, tuple[str, ...]] = {
    "customer_id": (
        "client_uniq_id",  # Yandex.Metrica orders CSV
        "client_id", "customerid", "customer", "user_id", "id_customer", "cust_id", "buyer_id", "client",
        "email", "customer_email", "email_address", "billing_email", "buyer_email",
    ),
    "ordered_at": (
        "create_date_time",  # Yandex.Metrica orders CSV
        "invoicedate", "order_date", "order_datetime", "datetime", "date", "transaction_date", "purchase_date",
        "created_at", "timestamp",
    ),
    "revenue": (
        "monetary_value", "dollar_value",  # lifetimes, CDNOW
        "total", "amount", "order_value", "order_total", "spend", "sales",
    ),
    "order_id": ("invoiceno", "invoice", "invoice_no", "order", "orderid", "order_no", "transaction_id", "receipt_id"),
    "cost": ("cogs",),
    "discount": ("discount_amount",),
    "is_return": ("returned", "is_refund"),
    "channel": ("sales_channel", "source", "utm_source"),
    "device": ("device_type",),
    "region": ("country",),
    "currency": ("currency_code",),
    "status": ("order_status",),  # Yandex.Metrica orders CSV
    "product_id": ("sku", "stockcode", "item_id", "product", "article"),
    "occurred_at": ("event_time", "event_at", "event_date", "timestamp", "datetime", "created_at", "date"),
    "event": ("event_name", "event_type", "action"),
    "answered_at": ("responded_at", "submitted_at", "created_at", "timestamp", "date"),
    "kind": ("type", "survey", "metric"),
    "score": ("rating", "answer", "nps_score"),
    "incurred_at": ("created_at", "timestamp", "date"),
    "amount": ("cost", "total"),
    "assigned_at": ("created_at", "timestamp", "date"),
    "arm": ("variant", "group", "treatment"),
    "campaign": ("experiment", "campaign_id"),
}  # fmt: skip
"""Other names per contract column, most specific first; letter case, spaces, dashes and underscores do not matter.

A bare ``id`` is nobody's: in exports of shops and CRMs it is the order's, and everybody would have one order.
"""

EMAILS = (
    "customer_email", "billing_email", "buyer_email", "contact_email", "client_email", "user_email", "email_address",
    "email", "mail", "почта", "электронная почта", "рабочий email", "рабочий e-mail",
)  # fmt: skip
"""Columns that hold the e-mail of who bought, most specific first."""

CUSTOMER_WORDS = (
    "customer", "client", "buyer", "email", "phone", "contact", "user", "account", "member", "loyalty", "card",
    "покупател", "клиент", "контрагент", "контакт", "почта", "телефон", "карта",
)  # fmt: skip
"""Parts of names of columns that may say who bought, most likely first."""

YANDEX_ORDER_ID = frozenset({"id", "create_date_time", "client_uniq_id"})
"""Only beside the other two does a bare ``id`` mean the order (Yandex.Metrica); alone it may mean anything."""


def plain(name: str) -> str:
    """Reduce a column name to what aliases are compared by.

    Examples
    --------
    >>> plain("Customer ID") == plain("customer_id") == plain("CustomerID")
    True
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def find_column(names: Iterable[str], columns: Sequence[str]) -> str | None:
    """Find the first of several names among columns, or None.

    Examples
    --------
    >>> find_column(EMAILS, ("Name", "E-Mail", "Billing Email"))
    'Billing Email'
    """
    by_plain = {plain(column): column for column in reversed(columns)}
    return next((by_plain[plain(name)] for name in names if plain(name) in by_plain), None)


def recognise(contract: str, columns: tuple[str, ...]) -> str | None:
    """Find the source column that stands for a contract column, or None.

    Examples
    --------
    >>> recognise("customer_id", ("InvoiceNo", "CustomerID"))
    'CustomerID'
    >>> recognise("order_id", ("id", "create_date_time", "client_uniq_id"))
    'id'
    """
    column = find_column((contract, *ALIASES.get(contract, ())), columns)
    if column is not None:
        return column
    if contract == "order_id" and set(columns) >= YANDEX_ORDER_ID:
        return "id"
    return None
