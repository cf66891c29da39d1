"""What every customer has bought so far, from the orders of a shop."""

from __future__ import annotations

import pandas as pd

from tenure_features import Shop, orders
from tenure_features.reading.engine import fetch


def purchases_so_far(shop: Shop) -> pd.DataFrame:
    """Add up the orders of every customer before the shop's moment.

    Returns
    -------
    DataFrame
        ``customer_id``, ``orders_so_far`` (a row with negative revenue is a return, not an order) and
        ``revenue_so_far`` (returns netted).
    """
    bought = orders(shop)
    before = bought.filter(bought.ordered_at < shop.as_of.to_pydatetime())
    sums = before.group_by("customer_id").agg(
        orders_so_far=(before.revenue >= 0).cast("int64").sum(), revenue_so_far=before.revenue.sum()
    )
    return fetch(sums).astype({"customer_id": "str", "orders_so_far": "int64", "revenue_so_far": "float64"})
