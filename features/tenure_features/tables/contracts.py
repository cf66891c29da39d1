"""The tables Tenure reads: their columns, types and what each column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tenure_features.tables.contract import RECORDED_AT, Column, Contract, ContractKind, Fault, Scale

CALENDAR = "calendar"
"""Not a table of rows: the days of the window to predict, see `tenure_features.families.calendar`."""


def _need(kind: ContractKind, meaning: str) -> Column:
    return Column(kind=kind, meaning=meaning, required=True)


def _may(kind: ContractKind, meaning: str) -> Column:
    return Column(kind=kind, meaning=meaning)


_RECORDED = _may("time", "when the row became known, where that is later than when it happened")
"""A row recorded at or after ``as_of`` was not known at it, although it may have happened before."""


ORDERS = Contract(
    name="orders",
    row="one order, or one line of it (lines share an order_id), or a return (negative revenue)",
    columns={
        "customer_id": replace(
            _need("id", "who bought"),
            faults={
                "missing": Fault(
                    "no customer id",
                    "Left out: guests cannot be followed. Map another id if there is one.",
                    blames_mapping=False,
                )
            },
        ),
        "ordered_at": replace(
            _need("time", "when"),
            faults={
                "past": Fault("date more than five years before every other order", "Left out as typing errors."),
                "future": Fault(
                    "date more than a year after every other order",
                    "Left out as typing errors. Give --as-of to decide where the log ends.",
                ),
            },
        ),
        "revenue": replace(
            _need("number", "money in the shop's currency; negative for a return"),
            signed_by="is_return",
            faults={
                "no number": Fault(
                    "amount missing or unreadable", "Left out. Write amounts as plain numbers such as 1234.50."
                ),
                "infinite": Fault("amount infinite", "Left out. Look for divisions by zero upstream."),
            },
        ),
        "order_id": _may("id", "rows that share it are lines of one order"),
        "cost": _may("number", "cost of the goods sold"),
        "discount": _may("number", "money taken off the list price"),
        "is_return": _may("flag", "true for a return, whatever the sign of its revenue"),
        "channel": _may("text", "where the order was placed"),
        "device": _may("text", "device it was placed with"),
        "region": _may("text", "where it was sent"),
        "currency": _may("text", "currency of revenue; one per log"),
        "status": replace(
            _may("text", "state of the order; cancelled, spam and failed ones are set aside"),
            void=("cancelled", "canceled", "spam", "failed"),
            faults={
                "void": Fault("order cancelled, spam or failed", "Left out: no sale took place.", blames_mapping=False)
            },
        ),
        RECORDED_AT: _RECORDED,
    },
    may_be_empty=False,
    lines_of="order_id",
    names_guests=True,
    stray_dates=True,
    faults={
        "repeated": Fault(
            "order repeated in every column", "Kept once. Export each order once; if the rows are lines, map order_id."
        )
    },
)

ORDER_LINES = Contract(
    name="order_lines",
    row="one product of one order",
    columns={
        "order_id": _need("id", "the order it belongs to"),
        "product_id": _need("id", "what was bought"),
        "category": _may("text", "category of the product"),
        "brand": _may("text", "brand of the product"),
        "quantity": _may("number", "pieces; negative when returned"),
        "unit_price": _may("number", "price of one piece after discount"),
        RECORDED_AT: _RECORDED,
    },
    rows_may_repeat=True,  # equal lines of an order are pieces sold one by one
)

EVENTS = Contract(
    name="events",
    row="one thing a customer did: a visit, an e-mail open or click, a cart, a ticket",
    columns={
        "customer_id": _need("id", "who did it"),
        "occurred_at": _need("time", "when"),
        "event": _need(
            "text", "what: visit, email_sent, email_open, email_click, cart, ticket, ticket_resolved, complaint, ..."
        ),
        "value": _may("number", "a quantity the event carries (pages, money, minutes)"),
        "channel": _may("text", "channel it came through"),
        "device": _may("text", "device it was done with"),
        "campaign": _may("text", "campaign of the e-mail"),
        RECORDED_AT: _RECORDED,
    },
)

CUSTOMERS = Contract(
    name="customers",
    row="one customer; with recorded_at, one version of what is known of one",
    columns={
        "customer_id": _need("id", "who"),
        "signed_up_at": _may("time", "when the account was opened"),
        "region": _may("text", "home region"),
        "birth_year": _may("number", "year of birth"),
        "gender": _may("text", "as the customer stated it"),
        "acquisition_channel": _may("text", "channel that brought the customer"),
        RECORDED_AT: _RECORDED,
    },
    one_row_per="customer_id",
    faults={
        "several": Fault(
            "customer more than once",
            "The first row in the order of its columns is used. Map recorded_at if the rows are versions.",
        )
    },
    open=True,
)

_IDENTIFIERS = Contract(
    name="identifiers",
    row="one identifier seen with one source id",
    columns={
        "source": _need("text", "system the id comes from: shop, crm, store, app"),
        "source_id": _need("id", "the id in that system"),
        "kind": _need("text", "email, phone, device, loyalty_card, cookie, user_id"),
        "value": _need("text", "the identifier itself, plain or hashed"),
        "seen_at": _may("time", "when it was seen"),
        RECORDED_AT: _RECORDED,
    },
)

FEEDBACK = Contract(
    name="feedback",
    row="one answer of one customer",
    columns={
        "customer_id": _need("id", "who answered"),
        "answered_at": _need("time", "when"),
        "kind": _need("text", "nps (0..10), ces (1..7), csat (1..5), review (1..5)"),
        "score": replace(
            _need("number", "the answer"),
            scale=Scale("kind", {"nps": (0, 10), "ces": (1, 7), "csat": (1, 5), "review": (1, 5)}),
            faults={
                "off scale": Fault(
                    "score outside its scale", "Left out. nps is 0 to 10, ces 1 to 7, csat and review 1 to 5."
                )
            },
        ),
        RECORDED_AT: _RECORDED,
    },
)

SERVICE_COSTS = Contract(
    name="service_costs",
    row="one cost of serving one customer",
    columns={
        "customer_id": _need("id", "who was served"),
        "incurred_at": _need("time", "when"),
        "amount": _need("number", "money in the shop's currency"),
        "kind": _may("text", "support, delivery, payment, ..."),
        RECORDED_AT: _RECORDED,
    },
)

_SPEND = Contract(
    name="spend",
    row="marketing money spent on one channel on one day",
    columns={
        "date": _need("date", "the day"),
        "channel": _need("text", "the channel"),
        "cost": _need("number", "money spent"),
        "campaign": _may("text", "campaign within the channel"),
        "clicks": _may("number", "clicks bought"),
        "impressions": _may("number", "impressions bought"),
        RECORDED_AT: _RECORDED,
    },
    rows_may_repeat=True,  # equal rows of one day are two bookings
)

ASSIGNMENTS = Contract(
    name="assignments",
    row="one customer assigned to one arm of one campaign",
    columns={
        "customer_id": _need("id", "who"),
        "campaign": _need("text", "which campaign"),
        "arm": _need("text", "control or the name of the treatment"),
        "assigned_at": _need("time", "when"),
        "offer_cost": _may("number", "cost of the offer if it is redeemed"),
        "contact_cost": _may("number", "cost of the contact itself"),
        RECORDED_AT: _RECORDED,
    },
)

TABLES: Mapping[str, Contract] = {
    table.name: table
    for table in (
        ORDERS, ORDER_LINES, EVENTS, CUSTOMERS, _IDENTIFIERS, FEEDBACK, SERVICE_COSTS, _SPEND, ASSIGNMENTS,
    )
}  # fmt: skip
