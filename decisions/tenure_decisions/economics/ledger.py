"""The ledger: what every customer brought and cost, movement by movement."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tenure_decisions.inputs import orders_before, require

MEASURES = {
    "revenue": "net revenue (returns taken off)",
    "revenue_less_service": "net revenue (returns taken off) less cost to serve",
    "margin": "net revenue less cost of goods",
    "contribution": "net revenue less cost of goods and cost to serve",
}
"""What value means, by the tables that are there; all in the shop's currency, before the cost of acquisition."""


@dataclass(frozen=True, kw_only=True)
class NamedCosts:
    """Costs that somebody said; they stand for those that tables hold, in the past as in scores.

    Attributes
    ----------
    margin
        Share of net revenue left after the cost of goods; None where nobody said.
    service_cost_per_order
        Money; None where nobody said.
    """

    margin: float | None = None
    service_cost_per_order: float | None = None


NOTHING_NAMED = NamedCosts()


@dataclass(frozen=True)
class OrderLedger:
    """Movements of money, strictly before ``as_of``.

    Attributes
    ----------
    movements
        ``customer_id``, ``at``, ``revenue`` and ``value`` (both money; value is what `MEASURES` says); ``is_order``.
    measure
        Which value: a key of `MEASURES`.
    notes
        What a reader must know, such as orders whose cost is not known.
    """

    movements: pd.DataFrame
    measure: str
    notes: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """What value means, in words."""
        return MEASURES[self.measure]


def open_ledger(
    orders: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    service_costs: pd.DataFrame | None = None,
    named: NamedCosts = NOTHING_NAMED,
) -> OrderLedger:
    """Put revenue, cost of goods and cost to serve of every customer into one table of movements.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``revenue`` and, where known, ``cost`` (negative on a return whose goods can be
        sold again) and ``is_return``.
    as_of
        Only rows strictly before it count.
    service_costs
        ``customer_id``, ``incurred_at``, ``amount``.
    named
        Costs that were said: a margin stands for ``cost``, a cost per order for ``service_costs``.

    Returns
    -------
    OrderLedger
        Value is revenue where nothing is known of costs. An order without a cost among orders that have one is taken
        at the mean cost share of the others, and a note says how many there are.

    Examples
    --------
    >>> orders = pd.DataFrame(
    ...     {"customer_id": ["a", "a"], "ordered_at": pd.to_datetime(["2024-01-01", "2024-02-01"]),
    ...      "revenue": [50.0, -20.0], "cost": [30.0, -12.0]}
    ... )
    >>> ledger = open_ledger(orders, as_of=pd.Timestamp("2024-03-01"))
    >>> ledger.measure, ledger.movements["value"].tolist()
    ('margin', [20.0, -8.0])
    """
    rows, notes = orders_before(orders, as_of), []
    has_cost = rows["cost"].notna() if "cost" in rows else pd.Series(False, index=rows.index)
    value = rows["revenue"].astype("float64")
    if named.margin is not None:
        value = named.margin * value
    elif has_cost.any():
        # the share of what is known stands in: leaving the cost out would make such orders the most profitable ones
        share = rows.loc[has_cost, "cost"].sum() / max(rows.loc[has_cost, "revenue"].sum(), 1e-12)
        value = value - rows["cost"].where(has_cost, share * rows["revenue"])
        if not has_cost.all():
            notes.append(
                f"{(~has_cost).sum():,} orders have no cost; they are taken at the mean cost share, {share:.1%}."
            )
    if named.service_cost_per_order is not None:
        value = value - named.service_cost_per_order * rows["is_order"]
        service_costs = None
    parts = [
        pd.DataFrame(
            {
                "customer_id": rows["customer_id"], "at": rows["ordered_at"], "revenue": rows["revenue"],
                "value": value, "is_order": rows["is_order"],
            }
        )
    ]  # fmt: skip
    if service_costs is not None:
        parts.append(_service(service_costs, as_of))
    priced = bool(has_cost.any()) or named.margin is not None
    served = service_costs is not None or named.service_cost_per_order is not None
    measure = {
        (False, False): "revenue", (False, True): "revenue_less_service",
        (True, False): "margin", (True, True): "contribution",
    }[priced, served]  # fmt: skip
    return OrderLedger(pd.concat(parts, ignore_index=True), measure, tuple(notes))


def _service(service_costs: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    require(service_costs, ("customer_id", "incurred_at", "amount"), name="service_costs")
    rows = service_costs[service_costs["incurred_at"] < as_of]
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"], "at": rows["incurred_at"], "revenue": 0.0,
            "value": -rows["amount"].astype("float64"), "is_order": False,
        }
    )  # fmt: skip
