"""The tables Tenure reads: their columns, types and what each column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CALENDAR = "calendar"
"""Not a table of rows: the days of the window to predict, see `tenure_features.families.calendar`."""

ContractKind = Literal["id", "time", "date", "number", "text", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a table contract.

    Attributes
    ----------
    kind
        ``id`` and ``text`` are strings, ``time`` a UTC-naive timestamp in microseconds, ``date`` a calendar day,
        ``number`` a finite float64, ``flag`` a boolean.
    meaning
        One line for people.
    required
        Whether the table is unusable without it.
    """

    kind: ContractKind
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Contract:
    """The contract of one table: its name, what a row is, and its columns.

    Attributes
    ----------
    name
        What it is called in ``tenure.toml``.
    row
        What one row is.
    columns
        By name.
    open
        Whether columns beyond the contract may be mapped.
    """

    name: str
    row: str
    columns: Mapping[str, Column]
    open: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns the table cannot do without."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def dated_by(self) -> str | None:
        """Column that says when a row happened; None for lines, which are dated by their order."""
        dates = (name for name, column in self.columns.items() if column.kind in {"time", "date"})
        return next((name for name in dates if name != "recorded_at"), None)


def _need(kind: ContractKind, meaning: str) -> Column:
    return Column(kind, meaning, required=True)


_RECORDED = Column("time", "when the row became known, where that is later than when it happened")
"""A row recorded at or after ``as_of`` was not known at it, although it may have happened before."""


ORDERS = Contract(
    "orders",
    "one order, or one line of it (lines share an order_id), or a return (negative revenue)",
    {
        "customer_id": _need("id", "who bought"),
        "ordered_at": _need("time", "when"),
        "revenue": _need("number", "money in the shop's currency; negative for a return"),
        "order_id": Column("id", "rows that share it are lines of one order"),
        "cost": Column("number", "cost of the goods sold"),
        "discount": Column("number", "money taken off the list price"),
        "is_return": Column("flag", "true for a return, whatever the sign of its revenue"),
        "channel": Column("text", "where the order was placed"),
        "device": Column("text", "device it was placed with"),
        "region": Column("text", "where it was sent"),
        "currency": Column("text", "currency of revenue; one per log"),
        "status": Column("text", "state of the order; cancelled, spam and failed ones are set aside"),
        "recorded_at": _RECORDED,
    },
)

ORDER_LINES = Contract(
    "order_lines",
    "one product of one order",
    {
        "order_id": _need("id", "the order it belongs to"),
        "product_id": _need("id", "what was bought"),
        "category": Column("text", "category of the product"),
        "brand": Column("text", "brand of the product"),
        "quantity": Column("number", "pieces; negative when returned"),
        "unit_price": Column("number", "price of one piece after discount"),
        "recorded_at": _RECORDED,
    },
)

EVENTS = Contract(
    "events",
    "one thing a customer did: a visit, an e-mail open or click, a cart, a ticket",
    {
        "customer_id": _need("id", "who did it"),
        "occurred_at": _need("time", "when"),
        "event": _need("text", "what: visit, email_sent, email_open, email_click, cart, ticket, complaint, ..."),
        "value": Column("number", "a quantity the event carries (pages, money, minutes)"),
        "channel": Column("text", "channel it came through"),
        "device": Column("text", "device it was done with"),
        "recorded_at": _RECORDED,
    },
)

CUSTOMERS = Contract(
    "customers",
    "one customer; with recorded_at, one version of what is known of one",
    {
        "customer_id": _need("id", "who"),
        "signed_up_at": Column("time", "when the account was opened"),
        "region": Column("text", "home region"),
        "birth_year": Column("number", "year of birth"),
        "gender": Column("text", "as the customer stated it"),
        "acquisition_channel": Column("text", "channel that brought the customer"),
        "recorded_at": _RECORDED,
    },
    open=True,
)

_IDENTIFIERS = Contract(
    "identifiers",
    "one identifier seen with one source id",
    {
        "source": _need("text", "system the id comes from: shop, crm, store, app"),
        "source_id": _need("id", "the id in that system"),
        "kind": _need("text", "email, phone, device, loyalty_card, cookie, user_id"),
        "value": _need("text", "the identifier itself, plain or hashed"),
        "seen_at": Column("time", "when it was seen"),
        "recorded_at": _RECORDED,
    },
)

FEEDBACK = Contract(
    "feedback",
    "one answer of one customer",
    {
        "customer_id": _need("id", "who answered"),
        "answered_at": _need("time", "when"),
        "kind": _need("text", "nps (0..10), ces (1..7), csat (1..5), review (1..5)"),
        "score": _need("number", "the answer"),
        "recorded_at": _RECORDED,
    },
)

SERVICE_COSTS = Contract(
    "service_costs",
    "one cost of serving one customer",
    {
        "customer_id": _need("id", "who was served"),
        "incurred_at": _need("time", "when"),
        "amount": _need("number", "money in the shop's currency"),
        "kind": Column("text", "support, delivery, payment, ..."),
        "recorded_at": _RECORDED,
    },
)

_SPEND = Contract(
    "spend",
    "marketing money spent on one channel on one day",
    {
        "date": _need("date", "the day"),
        "channel": _need("text", "the channel"),
        "cost": _need("number", "money spent"),
        "campaign": Column("text", "campaign within the channel"),
        "clicks": Column("number", "clicks bought"),
        "impressions": Column("number", "impressions bought"),
        "recorded_at": _RECORDED,
    },
)

ASSIGNMENTS = Contract(
    "assignments",
    "one customer assigned to one arm of one campaign",
    {
        "customer_id": _need("id", "who"),
        "campaign": _need("text", "which campaign"),
        "arm": _need("text", "control or the name of the treatment"),
        "assigned_at": _need("time", "when"),
        "offer_cost": Column("number", "cost of the offer if it is redeemed"),
        "contact_cost": Column("number", "cost of the contact itself"),
        "recorded_at": _RECORDED,
    },
)

TABLES: Mapping[str, Contract] = {
    table.name: table
    for table in (
        ORDERS, ORDER_LINES, EVENTS, CUSTOMERS, _IDENTIFIERS, FEEDBACK, SERVICE_COSTS, _SPEND, ASSIGNMENTS,
    )
}  # fmt: skip
