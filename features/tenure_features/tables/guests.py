"""Guests: what stands in the place of a customer's id where nobody signed in, and the e-mail that tells them apart."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from tenure_features.reading.engine import fetch
from tenure_features.tables.aliases import EMAILS, find_column
from tenure_features.tables.mapping import COMPUTED, MappedTable
from tenure_features.tables.parsing import as_id

GUESTS = (
    "0", "0.0", "-1", "-", "guest", "guests", "guest checkout", "guest customer", "anonymous", "anonym", "unknown",
    "n/a", "not set", "(not set)", "not logged in", "no customer", "walk-in", "walk-in customer", "cash customer",
    "gast", "гость", "аноним", "анонимный", "неизвестно", "розничный покупатель", "розничный клиент", "частное лицо",
    "физическое лицо", "физ. лицо", "физлицо",
)  # fmt: skip
"""What shops write where there is no customer, lower case; WooCommerce writes 0, 1C the customer of retail sales."""

_CUSTOMER = f"{COMPUTED}customer"
_MOST_SPELLINGS = 4
"""Ways to write a guest that are compared one by one; DuckDB joins against longer lists."""


def separate_guests(mapped: MappedTable) -> MappedTable:
    """Make guests' ids missing, or the guests' e-mails where the table has them, and say so.

    The table stays as it is where no row is a guest's: to rewrite a column costs every later pass.

    Parameters
    ----------
    mapped
        The orders, with their customer ids wherever the mapping took them from.

    Returns
    -------
    MappedTable
        The same rows; with a note of how many guests there are.
    """
    table, source = mapped.table, mapped.columns["customer_id"]
    column = table[source]
    guest = _is_guest(column)
    email = find_column(EMAILS, mapped.source_columns)
    email = None if email == source else email
    nothing = column.isnull() if not column.type().is_string() else column.strip().nullif("").isnull()
    address = ibis.null("string") if email is None else _address(table[email])
    counted = fetch(
        table.aggregate(
            named=guest.sum(),
            example=column.cast("string").min(where=guest),
            addressed=((guest | nothing) & address.notnull()).sum(),
        )
    ).iloc[0]
    named, addressed = (0 if counted[name] != counted[name] else int(counted[name]) for name in ("named", "addressed"))
    if not named and not addressed:
        return mapped
    # every later pass computes it again: what can be left to reading the id is left to it
    rest = column if column.type().is_string() else as_id(column)
    spelled = _spell_guests(table.filter(guest), column) if named else None
    guest = guest if spelled is None else column.isin(spelled).fill_null(False)
    customer = ((guest | nothing).fill_null(True) if addressed else guest).ifelse(address, rest)
    return replace(
        mapped,
        table=table.mutate({_CUSTOMER: customer}),
        columns={**mapped.columns, "customer_id": _CUSTOMER},
        notes=(*mapped.notes, *_notes(mapped.origin["customer_id"], named, counted["example"], email, addressed)),
    )


def _spell_guests(rows: ir.Table, column: ir.Value) -> list[object] | None:
    """List the ways in which guests are written, which are compared faster than looked for; None for very many."""
    spelled = fetch(rows.select(written=column).distinct().limit(_MOST_SPELLINGS + 1))["written"].tolist()
    return spelled if len(spelled) <= _MOST_SPELLINGS else None


def _is_guest(column: ir.Value) -> ir.BooleanValue:
    if column.type().is_string():
        return column.strip().lower().isin(GUESTS).fill_null(False)
    if column.type().is_numeric():
        return (column == 0).fill_null(False)
    return ibis.literal(False) & column.isnull()


def _address(column: ir.Value) -> ir.StringValue:
    text = column.cast("string").strip().lower()
    return text.contains("@").ifelse(text, None)


def _notes(origin: str, named: int, example: object, email: str | None, addressed: int) -> list[str]:
    notes = []
    if named:
        otherwise = (
            "" if addressed else "; a customer who is really called so needs another id, such as 'c' || the column"
        )
        notes.append(f"{named:,} rows name a guest in {origin}, such as {example}: no customer's id{otherwise}.")
    if addressed:
        notes.append(f"{addressed:,} rows without a customer's id were given to the e-mail in {email}.")
    return notes
