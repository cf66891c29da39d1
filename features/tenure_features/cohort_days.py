"""How often customers come back, by month of their first order and calendar month: what a season is read off."""

from __future__ import annotations

import ibis
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.reading.engine import fetch
from tenure_features.shop import Shop, orders

MONTHS_PER_YEAR = 12


def count_cohort_days(shop: Shop, at: Moment) -> pd.DataFrame:
    """Count the days with an order, customer by customer, by month of first order and calendar month.

    Parameters
    ----------
    shop
        What is known (`tenure_features.open_shop`).
    at
        Only orders known strictly before it are read, in the customers known then.

    Returns
    -------
    DataFrame
        ``cohort`` and ``month`` (int64, months since the year 0), ``customers`` (int64, those whose first order lies in
        the cohort's month; in the row of that month alone, else 0) and ``order_days`` (int64, days with an order of
        positive revenue after the day of the first), one row where there is any of either; sorted.

    Examples
    --------
    >>> from tenure_features import open_shop
    >>> days = ["2024-01-05", "2024-01-20", "2024-03-02", "2024-03-02"]
    >>> rows = pd.DataFrame({"customer_id": "a", "ordered_at": days, "revenue": 1.0})
    >>> table = count_cohort_days(open_shop(rows, "2024-04-01"), "2024-04-01")
    >>> (table[["cohort", "month"]] - 2024 * 12).assign(days=table["order_days"]).values.tolist()
    [[0, 0, 1], [0, 2, 1]]
    """
    moment = utc_naive(at)
    shop.require_reach(moment)
    with shop.regroup_at(moment) as then:
        placed = orders(then, at=moment)
        days = placed.filter(placed.revenue > 0).select("customer_id", day=placed.ordered_at.date()).distinct()
        first = days.group_by("customer_id").aggregate(first_day=days.day.min())
        rows = days.join(first, "customer_id")
        table = (
            rows.select(
                cohort=rows.first_day.year() * MONTHS_PER_YEAR + rows.first_day.month() - 1,
                month=rows.day.year() * MONTHS_PER_YEAR + rows.day.month() - 1,
                is_first=ibis.ifelse(rows.day == rows.first_day, 1, 0),
            )
            .group_by(["cohort", "month"])
            .aggregate(customers=ibis._.is_first.sum(), order_days=(1 - ibis._.is_first).sum())
        )
        counts: pd.DataFrame = fetch(table)
    return counts.astype("int64").sort_values(["cohort", "month"], ignore_index=True)
