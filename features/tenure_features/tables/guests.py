"""Guests: what stands in the place of a customer's id where nobody signed in, and the e-mail that tells them apart."""

from __future__ import annotations

import re
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

# One regular expression takes a fifth of the time of trimming every id and looking it up.
_GUEST = rf"^\s*({'|'.join(map(re.escape, GUESTS))})\s*$"
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
    nothing = column.isnull() if not column.type().is_string() else column.isnull() | column.re_search(r"^\s*$")
    address = ibis.null("string") if email is None else _address(table[email])
    # One look at the rows, of which few are left before anything is counted.
    written_so = table.select(written=column.cast("string"), guest=guest, nothing=nothing, address=address)
    nameless = written_so.filter(written_so.guest | written_so.nothing if email is not None else written_so.guest)
    spellings = fetch(
        nameless.group_by(["written", "guest"]).aggregate(rows=nameless.count(), addressed=nameless.address.count())
    )
    written = spellings[spellings["guest"]]
    named, addressed = int(written["rows"].sum()), int(spellings["addressed"].sum())
    if not named and not addressed:
        return mapped
    # every later pass computes it again: what can be left to reading the id is left to it
    rest = column if column.type().is_string() else as_id(column)
    if column.type().is_string() and len(written) <= _MOST_SPELLINGS:
        guest = column.isin(sorted(written["written"])).fill_null(False)
    customer = ((guest | nothing).fill_null(True) if addressed else guest).ifelse(address, rest)
    return replace(
        mapped,
        table=table.mutate({_CUSTOMER: customer}),
        columns={**mapped.columns, "customer_id": _CUSTOMER},
        notes=(*mapped.notes, *_notes(mapped.origin["customer_id"], named, written["written"].min(), email, addressed)),
    )


def _is_guest(column: ir.Value) -> ir.BooleanValue:
    if column.type().is_string():
        return column.lower().re_search(_GUEST).fill_null(False)
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
