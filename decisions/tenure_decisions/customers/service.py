"""Tickets: which resolution belongs to which, and how long they take where some are still open."""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np
import pandas as pd

from tenure_decisions.inputs import Bools, Floats, require

TICKET, RESOLVED = "ticket", "ticket_resolved"
"""Kinds of event: a customer asks, the shop has answered for good."""


def pair_tickets(events: pd.DataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Pair every ticket with its resolution: one resolves the oldest ticket of the customer that is still open.

    Parameters
    ----------
    events
        ``customer_id``, ``occurred_at``, ``event``; other kinds than `TICKET` and `RESOLVED` are passed over.
    as_of
        Only rows strictly before it are read.

    Returns
    -------
    DataFrame
        ``customer_id``, ``opened_at`` and ``resolved_at`` (missing while open), by time. A resolution without an open
        ticket belongs to one from before the log and is passed over.

    Raises
    ------
    DataContractError
        A column is missing.
    """
    require(events, ("customer_id", "occurred_at", "event"), name="events")
    kind = events["event"].str.lower()
    rows = events[(events["occurred_at"] < as_of) & kind.isin([TICKET, RESOLVED])]
    # of one moment the ticket comes first
    rows = rows.assign(kind=kind).sort_values(["occurred_at", "kind", "customer_id"], ignore_index=True)
    waiting: dict[str, deque[int]] = defaultdict(deque)
    resolved: dict[int, pd.Timestamp] = {}
    steps = zip(rows["customer_id"].astype("str"), rows["kind"], rows["occurred_at"], strict=True)
    for place, (customer, what, at) in enumerate(steps):
        if what == TICKET:
            waiting[customer].append(place)
        elif waiting[customer]:
            resolved[waiting[customer].popleft()] = at
    tickets = rows[rows["kind"] == TICKET]
    ends = pd.Series(resolved, dtype="datetime64[us]").reindex(tickets.index)
    return pd.DataFrame(
        {
            "customer_id": tickets["customer_id"].astype("str"),
            "opened_at": tickets["occurred_at"],
            "resolved_at": ends,
        }
    ).reset_index(drop=True)


def median_wait(days: Floats, resolved: Bools, weights: Floats) -> Floats:
    """Return the median days until a ticket is resolved, those still open counted as not yet (Kaplan & Meier 1958).

    Parameters
    ----------
    days
        Until the resolution, or until the end of what is seen, shape (n,).
    resolved
        Whether it was, shape (n,).
    weights
        How often each ticket counts, shape (draws, n).

    Returns
    -------
    ndarray
        Shape (draws,); NaN where fewer than half are resolved by the end.

    Examples
    --------
    >>> median_wait(np.array([1.0, 2.0, 9.0]), np.array([True, True, False]), np.ones((1, 3))).tolist()
    [2.0]
    """
    order = np.lexsort((~resolved, days))
    waited, ends, count = days[order], resolved[order], weights[:, order]
    at_risk = np.cumsum(count[:, ::-1], axis=1)[:, ::-1]
    leaving = np.divide(count * ends, at_risk, out=np.zeros_like(count), where=at_risk > 0)
    # 1e-12: half of the tickets is half of them, whatever a product of floats makes of it
    below = np.cumprod(1 - leaving, axis=1) <= 0.5 + 1e-12
    first = below.argmax(axis=1)
    return np.where(below.any(axis=1), waited[first], np.nan)
