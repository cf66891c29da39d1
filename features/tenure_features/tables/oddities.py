# ruff: noqa: PD004  # Ibis has no notna
"""Usable rows that look odd: nothing is set aside for it, but nobody should be surprised by them later."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.engine import count, fetch
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.parsing import as_flag, as_number

FAR_OUT = 8.0
"""Standard deviations of log revenue above the mean from which an amount is called extreme: further out than the
80,995 pieces that were bought in one order, and cancelled within minutes, in Online Retail."""

EXAMPLES = 3
_SHOWN = ("order_id", "customer_id", "ordered_at", "revenue")


@dataclass(frozen=True)
class _Oddity:
    """A condition on rows, and the sentence that follows the number of rows it holds for."""

    where: ir.BooleanValue
    sentence: str


def oddities(rows: ir.Table, mapped: MappedTable, *, repeated_ids: bool, tidy: Collection[str] = ()) -> tuple[str, ...]:
    """Describe usable rows that are worth a look, each kind in one sentence with examples.

    Parameters
    ----------
    rows
        Usable rows: raw columns and, prefixed with ``clean:``, their typed contract columns.
    mapped
        Where the contract columns come from.
    repeated_ids
        Whether some order id stands in several rows; only then can one belong to several customers.
    tidy
        Contract columns known to be written as they are read.

    Returns
    -------
    tuple
        Sentences for the notes of a readiness report; empty where nothing is odd.
    """
    free = _Oddity(rows["clean:revenue"] == 0, "have an amount of 0: counted as orders that bring no money")
    checks = [*_unlike_their_reading(rows, mapped, tidy), free]
    counted = {f"n{number}": oddity.where.sum() for number, oddity in enumerate(checks)}
    counts = fetch(rows.aggregate(**counted, **_spread(rows))).fillna(0.0).iloc[0]
    extreme = _extreme(rows, counts)
    sentences = [
        f"{int(rows_odd):,} rows {oddity.sentence}, such as {_examples(rows.filter(oddity.where))}."
        for oddity, rows_odd in (*((oddity, counts[f"n{number}"]) for number, oddity in enumerate(checks)), *extreme)
        if int(rows_odd)
    ]
    return (*sentences, *(_shared_orders(rows) if repeated_ids else ()))


def _unlike_their_reading(rows: ir.Table, mapped: MappedTable, tidy: Collection[str]) -> list[_Oddity]:
    """Blanks around ids, and rows whose sign and whose mark as a return disagree."""
    odd = []
    customer = rows[mapped.columns["customer_id"]]
    if customer.type().is_string() and "customer_id" not in tidy:
        padded = customer.length() > customer.strip().length()
        odd.append(_Oddity(padded, "have blanks around the customer id: read without them"))
    if "is_return" in mapped.columns:
        marked = as_flag(rows[mapped.columns["is_return"]])
        stated = as_number(rows[mapped.columns["revenue"]])
        odd += [
            _Oddity(marked & (stated > 0), "are marked as returns but have a positive amount: read as negative"),
            _Oddity(~marked & (stated < 0), "have a negative amount but are not marked as returns: read as returns"),
        ]
    return odd


def _spread(rows: ir.Table) -> dict[str, ir.Scalar]:
    """Measure how amounts are spread and how far out the farthest lies."""
    amount = rows["clean:revenue"].abs()
    logarithm = amount.nullif(0.0).ln()
    return {"mean": logarithm.mean(), "spread": logarithm.std(how="pop"), "farthest": amount.max()}


def _extreme(rows: ir.Table, seen: pd.Series) -> list[tuple[_Oddity, int]]:
    limit = math.exp(min(seen["mean"] + FAR_OUT * seen["spread"], 700.0))
    if not seen["spread"] > 0 or not seen["farthest"] > limit:
        return []
    beyond = rows["clean:revenue"].abs() > limit
    oddity = _Oddity(beyond, f"have an amount beyond {limit:,.0f}, far from all others: kept")
    return [(oddity, count(rows.filter(beyond)))]


def _shared_orders(rows: ir.Table) -> tuple[str, ...]:
    """Orders whose lines name several customers."""
    owners = rows.group_by(order_id=rows["clean:order_id"]).aggregate(customers=rows["clean:customer_id"].nunique())
    shared = owners.filter(owners.order_id.notnull() & (owners.customers > 1))
    orders = int(fetch(shared.aggregate(orders=shared.count()))["orders"].iloc[0])
    if not orders:
        return ()
    named = ", ".join(fetch(shared.order_by("order_id").limit(EXAMPLES))["order_id"])
    return (f"{orders:,} order ids belong to several customers: kept as one order for each, such as {named}.",)


def _examples(rows: ir.Table) -> str:
    shown = rows.select(**{name: rows[f"clean:{name}"].cast("string").fill_null("") for name in _SHOWN})
    examples = fetch(shown.order_by(list(_SHOWN)).limit(EXAMPLES))
    return "; ".join(" ".join(value for value in row if value) for row in examples.itertuples(index=False))
