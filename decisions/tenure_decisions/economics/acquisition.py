"""Acquisition: when each customer first ordered, and which channel is given credit for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from tenure_decisions.inputs import orders_before, require

UNATTRIBUTED = "unattributed"
"""The channel of customers no table names a channel for: a row of its own, never spread over the others."""

ATTRIBUTION_RULES = ("first_touch", "last_touch")
NO_TOUCH = ("direct", "service")
"""Channels that are no touch: the customer came without being brought (last non-direct touch)."""
NOT_THEIRS = ("email_sent", "ticket", "ticket_resolved", "complaint", "unsubscribe")
"""Events that are no touch: the shop did them, or they are about an order."""


def acquire(
    orders: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    customers: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    channels: Iterable[str] = (),
) -> pd.DataFrame:
    """Find when each customer first ordered and the channel that is given credit, by both rules.

    First touch is ``customers.acquisition_channel``, else the channel of the first order. Last touch is the channel of
    the last event at or before the first order (direct visits and what the shop did itself are passed over), else the
    channel of the first order, else the first touch. The channel of an order counts only where it is also a name of
    ``channels`` or of an acquisition channel: `web` or `store` say where an order was placed, not who brought it.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``revenue``, optionally ``channel``.
    as_of
        Only rows strictly before it count.
    customers
        ``customer_id``, ``acquisition_channel``.
    events
        ``customer_id``, ``occurred_at``, optionally ``channel`` and ``event``.
    channels
        Names money is spent on.

    Returns
    -------
    DataFrame
        ``customer_id``, ``first_order_at``, ``first_touch``, ``last_touch``, sorted by ``customer_id``; customers with
        returns only are left out.
    """
    rows = orders_before(orders, as_of)
    firsts = rows[rows["is_order"]].drop_duplicates("customer_id")
    acquired = pd.DataFrame({"customer_id": firsts["customer_id"], "first_order_at": firsts["ordered_at"]})
    stated = _acquisition_channel(acquired["customer_id"], customers)
    known_channels = {*channels, *stated.dropna().unique()}
    placed = firsts["channel"] if "channel" in firsts else pd.Series(None, index=firsts.index, dtype="str")
    placed = placed.where(placed.isin(known_channels))
    last = _last_event(acquired, events)
    acquired["first_touch"] = _first_known([stated, placed])
    acquired["last_touch"] = _first_known([last, placed, stated])
    return acquired.sort_values("customer_id", ignore_index=True)


def _acquisition_channel(ids: pd.Series[str], customers: pd.DataFrame | None) -> pd.Series[str]:
    if customers is None or "acquisition_channel" not in customers:
        return pd.Series(None, index=ids.index, dtype="str")
    require(customers, ("customer_id",), name="customers")
    by_id = customers.drop_duplicates("customer_id").set_index("customer_id")["acquisition_channel"]
    return ids.map(by_id)


def _last_event(acquired: pd.DataFrame, events: pd.DataFrame | None) -> pd.Series[str]:
    if events is None or "channel" not in events:
        return pd.Series(None, index=acquired.index, dtype="str")
    require(events, ("customer_id", "occurred_at"), name="events")
    touches = events[events["channel"].notna() & ~events["channel"].isin(NO_TOUCH)]
    if "event" in touches:
        touches = touches[~touches["event"].isin(NOT_THEIRS)]
    first = touches["customer_id"].map(acquired.set_index("customer_id")["first_order_at"])
    before = touches[touches["occurred_at"] <= first].sort_values("occurred_at", kind="stable")
    last = before.drop_duplicates("customer_id", keep="last").set_index("customer_id")["channel"]
    return acquired["customer_id"].map(last)


def _first_known(choices: Sequence[pd.Series[str]]) -> pd.Series[str]:
    best = choices[0].astype("object")
    for choice in choices[1:]:
        best = best.where(best.notna(), choice.astype("object"))
    return best.where(best.notna(), UNATTRIBUTED).astype("str")
