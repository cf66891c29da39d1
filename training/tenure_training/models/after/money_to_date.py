"""What each customer has brought and cost so far: the part of CLV that has happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tenure_features.float_table import Table, read_floats
from tenure_training.models.after.economics import Economics
from tenure_training.models.contract import Floats

ACQUISITION_COST = "acquisition_cost"
MONEY_TO_DATE = (
    "revenue_to_date",
    "priced_revenue_to_date",
    "cost_to_date",
    "served_orders_to_date",
    "service_cost_to_date",
)
"""Columns beside the features of a snapshot that say what has happened; all or none of them are there."""


@dataclass(frozen=True, kw_only=True)
class MoneyToDate:
    """Sums over the past of ``n`` customers, strictly before ``as_of``; shape (n,) each.

    Attributes
    ----------
    revenue
        Net revenue: discounts and returns are off it already.
    priced_revenue, cost
        Net revenue of the orders whose cost of goods is known, and that cost; zero where none is.
    served_orders
        Orders since the cost to serve is on record; zero where it is not.
    service_cost
        Cost to serve: what is on record, or what orders cost by the figure that was said; zero where neither is known.
    """

    revenue: Floats
    priced_revenue: Floats
    cost: Floats
    served_orders: Floats
    service_cost: Floats

    @classmethod
    def of(cls, snapshot: Table) -> Self | None:
        """Read the columns of `MONEY_TO_DATE`; None where the snapshot does not have them."""
        if not set(MONEY_TO_DATE) <= set(snapshot.columns):
            return None
        return cls(**{name.removesuffix("_to_date"): read_floats(snapshot, name) for name in MONEY_TO_DATE})

    def contribution(self, economics: Economics) -> Floats:
        """Count what is left of it; revenue whose cost is not known counts at the shop's margin."""
        total = self.revenue
        if economics.margin is not None:  # else costs on record cannot be right: they exceed revenue
            total = total - self.cost - (1 - economics.margin.mean) * (self.revenue - self.priced_revenue)
        if economics.service_cost_per_order is not None:
            total = total - self.service_cost
        return np.asarray(total)
