"""Doctored futures: the same past with other rows that happened, or were recorded, at and after a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from tenure_training.audit.tables import Tables, find_time_column

NEWCOMER = "audit-newcomer"
ADDED_ROWS = 200
_DAY = pd.Timedelta(days=1)
_RECORDED_AT = "recorded_at"

Doctor = Callable[[pd.DataFrame, str, pd.Timestamp, np.random.Generator], pd.DataFrame]
"""From rows, the name of their time column, a moment and a generator to other rows with the same past."""


def mark_unknown(rows: pd.DataFrame, at: str, moment: pd.Timestamp) -> pd.Series:
    """Mark the rows that were not known before a moment: they happened later, or were recorded later."""
    late = rows[at] >= moment
    return late | (rows[_RECORDED_AT] >= moment) if _RECORDED_AT in rows else late


def delete_future(rows: pd.DataFrame, at: str, moment: pd.Timestamp, generator: np.random.Generator) -> pd.DataFrame:  # noqa: ARG001  # the signature of a doctor
    """Leave out every row that was not known before the moment."""
    return rows[~mark_unknown(rows, at, moment)]


def change_future(rows: pd.DataFrame, at: str, moment: pd.Timestamp, generator: np.random.Generator) -> pd.DataFrame:
    """Give every row not known before the moment to another customer, with other amounts and other words."""
    later = mark_unknown(rows, at, moment)
    future = rows[later].copy()
    for name in (name for name in future if name not in (at, _RECORDED_AT)):
        future[name] = future[name].to_numpy()[generator.permutation(len(future))]
    for name in _amounts(future):
        future[name] = (future[name] * generator.uniform(2, 9, len(future))).round(2)
    return pd.concat([rows[~later], future], ignore_index=True)


def add_future(rows: pd.DataFrame, at: str, moment: pd.Timestamp, generator: np.random.Generator) -> pd.DataFrame:
    """Add rows at exactly the moment and in the weeks after it, for customers known and unknown.

    Where rows carry an order id, half of the new ones are late lines of orders that were there before. Where rows say
    when they were recorded, a third of the new ones happened before the moment and were recorded after it.
    """
    if rows.empty:
        return rows
    past = rows[~mark_unknown(rows, at, moment)]
    more = (past if len(past) else rows).sample(ADDED_ROWS, replace=True, random_state=generator)
    more = more.reset_index(drop=True)
    days = np.where(np.arange(ADDED_ROWS) % 2 == 0, 0, generator.integers(0, 28, ADDED_ROWS))
    later = pd.Series(moment + pd.to_timedelta(days, unit="D"))
    if _RECORDED_AT in more:
        slow = (np.arange(ADDED_ROWS) % 3 == 0) & (more[at] < moment)
        more[_RECORDED_AT] = later.astype(rows[_RECORDED_AT].dtype)
        later = later.where(~slow, more[at])
    more[at] = later.astype(rows[at].dtype)
    for name in _amounts(more):
        more[name] = (more[name].abs() * generator.uniform(2, 9, ADDED_ROWS) + 1).round(2)
    if "order_id" in more:
        new = np.arange(ADDED_ROWS) % 4 < 2
        more.loc[new, "order_id"] = [f"audit-added-{number}" for number in range(int(new.sum()))]
    if "customer_id" in more:
        unknown = more[:4].assign(customer_id=NEWCOMER)
        if "order_id" in unknown:
            unknown = unknown.assign(order_id=[f"audit-unknown-{number}" for number in range(len(unknown))])
        more = pd.concat([more, unknown], ignore_index=True)
    return pd.concat([rows, more], ignore_index=True)


def _amounts(rows: pd.DataFrame) -> list[str]:
    """Numbers that may be multiplied; a score outside its scale would be set aside, not read."""
    return [str(name) for name in rows.select_dtypes("number") if name != "score"]


def replace_future(rows: pd.DataFrame, at: str, moment: pd.Timestamp, generator: np.random.Generator) -> pd.DataFrame:
    """Change the rows that are there and add others."""
    return add_future(change_future(rows, at, moment, generator), at, moment, generator)


FUTURES: Mapping[str, Doctor] = {"deleted": delete_future, "changed and added": replace_future}
"""Every way the rows not known before a moment are doctored."""


def doctor_tables(tables: Tables, future: str, *, moment: pd.Timestamp, seed: int) -> Tables:
    """Doctor every table that has a time; a table without one is left as it is."""
    doctor, out = FUTURES[future], {}
    for name, rows in tables.items():
        at = find_time_column(name, rows)
        out[name] = rows if at is None else doctor(rows, at, moment, np.random.default_rng(seed))
    return out


def shuffle_tables(tables: Tables, *, seed: int) -> Tables:
    """Put the rows of every table in another order."""
    return {name: rows.sample(frac=1.0, random_state=seed, ignore_index=True) for name, rows in tables.items()}


PLACES = ("just before as_of", "at exactly as_of", "at exactly the end of the window")


def at_the_boundary(
    orders: pd.DataFrame, customers: Sequence[str], *, moment: pd.Timestamp, days: float
) -> pd.DataFrame:
    """Give each of three customers one more order, at one of the places around a window.

    "Just before" is a second earlier, or a day where the log knows days only.
    """
    dates_only = bool((orders["ordered_at"] == orders["ordered_at"].dt.normalize()).all())
    before = moment - (_DAY if dates_only else pd.Timedelta(seconds=1))
    own = orders.drop_duplicates("customer_id").set_index("customer_id").loc[list(customers)].reset_index()
    times = pd.Series([before, moment, moment + pd.Timedelta(days=days)]).astype(orders["ordered_at"].dtype)
    ids = [f"audit-boundary-{number}" for number in range(len(own))]
    return pd.concat([orders, own.assign(ordered_at=times, order_id=ids, revenue=7.0)], ignore_index=True)
