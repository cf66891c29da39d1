"""How a customer fares with the shop: answers, complaints, returns, costs to serve, and recent engagement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

_RECENT_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answers of one kind: NPS 0 to 10, CES 1 to 7, CSAT and reviews 1 to 5."""

    kind: str
    answers: int
    mean: float
    last: float
    last_at: pd.Timestamp


@dataclass(frozen=True, kw_only=True)
class Experience:
    """Everything before one moment; None where no table says.

    Attributes
    ----------
    feedback
        By kind of answer.
    complaints, tickets
        Over the whole history.
    last_complaint_at
        None without one.
    returns, returned_value
        Orders with negative revenue, and their money (positive).
    return_share
        Returned money as a share of the money of all orders.
    cost_to_serve
        Money.
    recent
        Events of the last 90 days by name.
    """

    feedback: tuple[Answer, ...] = ()
    complaints: int | None = None
    tickets: int | None = None
    last_complaint_at: pd.Timestamp | None = None
    returns: int | None = None
    returned_value: float | None = None
    return_share: float | None = None
    cost_to_serve: float | None = None
    recent: Mapping[str, int] | None = None


def experience_of(tables: Mapping[str, pd.DataFrame], *, as_of: pd.Timestamp) -> Experience:
    """Sum up the rows of one customer before ``as_of``.

    Parameters
    ----------
    tables
        Of the customer: ``orders``, one row each, and rows of ``events``, ``feedback`` and ``service_costs``.
    as_of
        Only rows strictly before it are read.
    """
    facts: dict[str, object] = {}
    if "events" in tables:
        events = tables["events"][tables["events"]["occurred_at"] < as_of]
        complaints = events.loc[events["event"] == "complaint", "occurred_at"]
        recent = events[events["occurred_at"] >= as_of - pd.Timedelta(days=_RECENT_DAYS)]["event"].value_counts()
        facts |= {
            "complaints": len(complaints),
            "tickets": int((events["event"] == "ticket").sum()),
            "last_complaint_at": complaints.max() if len(complaints) else None,
            "recent": {str(name): int(count) for name, count in recent.sort_index().items()},
        }
    if "orders" in tables:
        revenue = tables["orders"].loc[tables["orders"]["ordered_at"] < as_of, "revenue"]
        back, paid = -revenue[revenue < 0], revenue[revenue >= 0]
        facts |= {
            "returns": len(back),
            "returned_value": round(float(back.sum()), 2),
            "return_share": float(back.sum() / paid.sum()) if paid.sum() > 0 else None,
        }
    if "service_costs" in tables:
        costs = tables["service_costs"]
        facts["cost_to_serve"] = round(float(costs.loc[costs["incurred_at"] < as_of, "amount"].sum()), 2)
    if "feedback" in tables:
        facts["feedback"] = _answers(tables["feedback"], as_of)
    return Experience(**facts)  # type: ignore[arg-type]  # each key is set with its own type above


def _answers(feedback: pd.DataFrame, as_of: pd.Timestamp) -> tuple[Answer, ...]:
    rows = feedback[feedback["answered_at"] < as_of].sort_values("answered_at", kind="stable")
    return tuple(
        Answer(
            kind=str(kind),
            answers=len(part),
            mean=float(part["score"].mean()),
            last=float(part["score"].iloc[-1]),
            last_at=pd.Timestamp(part["answered_at"].iloc[-1]),
        )
        for kind, part in rows.groupby("kind")
    )
