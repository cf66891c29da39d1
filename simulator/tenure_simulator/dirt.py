"""Bad rows: every kind a readiness report must catch, at known places among the good ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

Row = dict[str, str]
Spoil = Callable[[Row, Row], list[Row]]
"""Takes a good row and the row of another customer; returns the rows that take its place."""


def _set(**values: str) -> Spoil:
    return lambda row, _: [row | values]


FAULTS: Mapping[str, Spoil] = {
    "missing_customer": _set(customer_id=""),
    "blank_customer": _set(customer_id="   "),
    "padded_customer": lambda row, _: [row | {"customer_id": f" {row['customer_id']} "}],
    "missing_date": _set(ordered_at=""),
    "unparsable_date": _set(ordered_at="yesterday"),
    "impossible_date": _set(ordered_at="2022-02-31 10:00:00"),
    "ancient_date": _set(ordered_at="1900-01-01 00:00:00"),
    "future_date": _set(ordered_at="2093-05-17 12:00:00"),
    "missing_revenue": _set(revenue=""),
    "unparsable_revenue": _set(revenue="n/a"),
    "infinite_revenue": _set(revenue="inf"),
    "nan_revenue": _set(revenue="NaN"),
    "zero_revenue": _set(revenue="0.0"),
    "extreme_revenue": _set(revenue="10000000.0"),
    "duplicate_row": lambda row, _: [row, row],
    "order_of_two_customers": lambda row, other: [row, other | {"order_id": row["order_id"]}],
    "other_currency": _set(currency="USD"),
    "positive_return": _set(is_return="true"),
    "unmarked_return": lambda row, _: [
        row,
        row | {"revenue": f"-{row['revenue']}", "is_return": "false", "order_id": f"X{row['order_id']}"},
    ],
    "return_without_order": lambda row, _: [
        row,
        row | {"customer_id": f"N{row['customer_id'][1:]}", "revenue": f"-{row['revenue']}", "is_return": "true",
               "order_id": f"N{row['order_id']}"},
    ],
}  # fmt: skip
"""Name of each fault and how it spoils a row of ``orders``."""


def _write_as_text(orders: pd.DataFrame) -> pd.DataFrame:
    """Return orders as text, as they would stand in a CSV file."""
    text = orders.astype(object).where(orders.notna(), "").astype(str)
    text["is_return"] = text["is_return"].str.lower()
    return text


def spoil(
    orders: pd.DataFrame, faults: tuple[str, ...], rng: np.random.Generator, *, share: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Spoil rows of orders.

    Parameters
    ----------
    orders
        Good orders, without missing required values.
    faults
        Names from `FAULTS`.
    rng
        Chooses the rows.
    share
        Share of the rows spoiled by each fault; at least one row each.

    Returns
    -------
    spoiled
        The orders as text.
    dirt
        ``row`` (1 is the first line after the header), ``fault``, ``customer_id`` and ``order_id`` of the good row.
    """
    text = _write_as_text(orders)
    good = np.flatnonzero((orders["revenue"] > 0).to_numpy())
    each = max(1, round(share * len(orders)))
    chosen = rng.permutation(good)[: each * len(faults)]
    fault_of = {int(row): faults[position % len(faults)] for position, row in enumerate(chosen)}
    records: list[Row] = text.to_dict("records")  # type: ignore[assignment]
    rows: list[Row] = []
    dirt: list[tuple[int, str, str, str]] = []
    for place, record in enumerate(records):
        fault = fault_of.get(place)
        if fault is None:
            rows.append(record)
            continue
        following = (records[(place + step) % len(records)] for step in range(1, len(records) + 1))
        other = next((row for row in following if row["customer_id"] != record["customer_id"]), record)
        rows.extend(FAULTS[fault](record, other))
        dirt.append((len(rows), fault, record["customer_id"], record["order_id"]))
    columns = ["row", "fault", "customer_id", "order_id"]
    return pd.DataFrame(rows, columns=text.columns), pd.DataFrame(dirt, columns=columns)
