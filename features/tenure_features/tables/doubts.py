"""Whether the column that says who bought can be it: a wrong one gives every customer one order, or one all of them."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.reading.engine import fetch
from tenure_features.tables.aliases import CUSTOMER_WORDS, plain
from tenure_features.tables.mapping import MappedTable

LARGEST_SHARE = 0.05
"""A customer with more than a twentieth of all orders is a marketplace, a test account or a guest."""

TIMES_SECOND = 5
"""In a shop of few customers the most faithful one has a twentieth of the orders, but others come close; a guest or a
marketplace stands alone."""

ENOUGH = 100
"""Fewer orders say nothing."""

_CANDIDATES = 8


def doubt_customers(orders: ir.Table, mapped: MappedTable, *, customers: int, most: int, total: int) -> tuple[str, ...]:
    """Ask about a column of customer ids that looks wrong; nothing where it may be right.

    Parameters
    ----------
    orders
        One row per order with ``customer_id``.
    mapped
        Where the ids come from, and the other columns there are.
    customers, most, total
        Customers with an order, orders of the one with most, and all orders.

    Returns
    -------
    tuple
        At most one question, with the column that is likelier where there is one and how to say that the ids are right.
    """
    if total < ENOUGH or not customers:
        return ()
    origin = mapped.origin["customer_id"]
    if most <= 1:
        question = (
            f"Does {origin} say who bought? Each of its {customers:,} values has one order, as an order's own id has."
        )
    elif most > LARGEST_SHARE * total and (alone := _stands_alone(orders)) is not None:
        question = (
            f"Does {origin} say who bought? {alone} has {most:,} of {total:,} orders, over a twentieth: "
            "a guest, a marketplace or a test account."
        )
    else:
        return ()
    return (
        f"{question} {_suggestion(mapped)} If it is right, say --trust-customers, or trust_customers under [orders].",
    )


def _stands_alone(orders: ir.Table) -> str | None:
    """Name the customer of most orders, where nobody else comes near."""
    counts = orders.group_by("customer_id").aggregate(orders=orders.count())
    first = fetch(counts.order_by([counts.orders.desc(), counts.customer_id]).limit(2))
    if len(first) < 2 or first["orders"].iloc[0] < TIMES_SECOND * first["orders"].iloc[1]:
        return None
    return str(first["customer_id"].iloc[0])


def _suggestion(mapped: MappedTable) -> str:
    likely = _likely(mapped)
    if likely is not None:
        return f"Likelier is {likely}: --column customer_id='{likely}'."
    return f"The other columns are {', '.join(mapped.source_columns[:12])}: map the one that returns with every order."


def _likely(mapped: MappedTable) -> str | None:
    """Find a column whose name says a customer, and whose values come back without one of them prevailing."""
    taken = {mapped.origin["customer_id"]}
    named = [
        column
        for word in CUSTOMER_WORDS
        for column in mapped.source_columns
        if plain(word) in plain(column) and column not in taken
    ]
    for column in list(dict.fromkeys(named))[:_CANDIDATES]:
        values = mapped.table[column].cast("string").strip().nullif("")
        rows = mapped.table.select(value=values).filter(values.notnull())
        counts = rows.group_by("value").aggregate(rows=rows.count())
        spread = fetch(
            counts.aggregate(values=counts.count(), most=counts["rows"].max(), total=counts["rows"].sum())
        ).iloc[0]
        if spread["values"] and 1 < spread["most"] <= max(LARGEST_SHARE * spread["total"], 2):
            return column
    return None
