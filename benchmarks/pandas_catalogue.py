"""The catalogue of order features as a competent user of pandas would write it: one groupby per kind of window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
WHO = "customer_id"


def pandas_catalogue(path: Path, as_of: str) -> pd.DataFrame:
    """Compute every feature of orders, one row per customer with an order before ``as_of``; one order per row."""
    orders, returns = orders_and_returns(path, pd.Timestamp(as_of))
    table = pd.DataFrame(so_far(orders))
    mine = returns[returns[WHO].isin(table.index)]
    table = table.join(pd.DataFrame(windows(orders, mine)))
    return with_ratios(table.fillna(dict.fromkeys([name for name in table if name.startswith(COUNTED)], 0.0)))


COUNTED = ("orders_", "order_days", "returns_", "returned", "revenue_year_ago")
"""Columns that are zero, not missing, where there is no row."""


def orders_and_returns(path: Path, as_of: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read, sort, and give every order its number, the gap before it and its day."""
    rows = pd.read_parquet(path, columns=[WHO, "ordered_at", "revenue"])
    rows = rows[rows["ordered_at"] < as_of].sort_values([WHO, "ordered_at"], ignore_index=True)
    rows["age"] = (as_of - rows["ordered_at"].dt.floor("s")) / DAY
    orders, returns = rows[rows["revenue"] >= 0].copy(), rows[rows["revenue"] < 0]
    people = orders.groupby(WHO, sort=False)
    orders["gap"] = -people["age"].diff()
    orders["number"] = people.cumcount() + 1
    orders["day"] = orders["ordered_at"].dt.normalize()
    orders["opens_day"] = orders["day"] != people["day"].shift()
    orders["weighted"], orders["weighted_gap"] = (
        orders["revenue"] * orders["number"],
        orders["gap"] * (orders["number"] - 1),
    )
    return orders, returns


def so_far(orders: pd.DataFrame) -> dict[str, pd.Series]:
    """Reduce all orders."""
    people = orders.groupby(WHO, sort=False)
    age, revenue, gap = people["age"], people["revenue"], people["gap"]
    return {
        "recency_days": age.min(), "tenure_days": age.max(), "orders_total": people.size(),
        "order_days": people["opens_day"].sum(), "first_day": people["day"].first(),
        "value_first": revenue.first(), "value_last": revenue.last(), "value_max": revenue.max(),
        "value_min": revenue.min(), "value_std": revenue.std(), "gross": revenue.sum(),
        "weighted": people["weighted"].sum(), "weighted_gap": people["weighted_gap"].sum(), "gap_sum": gap.sum(),
        "adbt_median_days": gap.median(), "adbt_std_days": gap.std(), "gap_last_days": gap.last(),
        "gap_longest_days": gap.max(), "gap_shortest_days": gap.min(),
    }  # fmt: skip


def windows(orders: pd.DataFrame, returns: pd.DataFrame) -> dict[str, pd.Series]:
    """Reduce the last days, returns, and what came after the first day."""
    found: dict[str, pd.Series] = {}
    for days in (30, 60, 90, 180, 365, 730):
        recent = orders[orders["age"] <= days].groupby(WHO, sort=False)
        back = returns[returns["age"] <= days].groupby(WHO, sort=False)
        found[f"orders_{days}d"], found[f"returns_{days}d"] = recent.size(), back.size()
        found[f"orders_revenue_{days}d"], found[f"returned_{days}d"] = recent["revenue"].sum(), back["revenue"].sum()
        if days in {90, 365}:
            found[f"order_days_{days}d"] = recent["opens_day"].sum()
    year_ago = [rows[(rows["age"] > 275) & (rows["age"] <= 365)] for rows in (orders, returns)]
    found["orders_year_ago_90d"] = year_ago[0].groupby(WHO, sort=False).size()
    found["revenue_year_ago_90d"] = pd.concat(year_ago).groupby(WHO)["revenue"].sum()
    both = pd.concat([orders, returns])
    for days in (30, 90, 365):
        found[f"orders_decayed_{days}d"] = (0.5 ** (orders["age"] / days)).groupby(orders[WHO], sort=False).sum()
        faded = both["revenue"] * 0.5 ** (both["age"] / days)
        found[f"revenue_decayed_{days}d"] = faded.groupby(both[WHO], sort=False).sum()
    back = returns.groupby(WHO, sort=False)
    found |= {"returns_total": back.size(), "returned": back["revenue"].sum(), "return_recency_days": back["age"].min()}
    first = orders.groupby(WHO, sort=False)["day"].first()
    for name, rows in (("later", orders), ("later_back", returns)):
        later = rows[rows["ordered_at"].dt.normalize() > rows[WHO].map(first)]
        found[f"returned_{name}"] = later.groupby(WHO, sort=False)["revenue"].sum()
    return found


def with_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Derive the rest, column by column."""
    t, n, recency, tenure = table, table["orders_total"], table["recency_days"], table["tenure_days"]
    for days in (30, 60, 90, 180, 365, 730):
        t[f"revenue_{days}d"] = t[f"orders_revenue_{days}d"] + t[f"returned_{days}d"]
    t["span_days"], t["recency_share"] = tenure - recency, _ratio(recency, tenure)
    for name in ("orders", "revenue"):
        t[f"{name}_prior_90d"] = t[f"{name}_180d"] - t[f"{name}_90d"]
        t[f"{name}_change_90d"] = t[f"{name}_90d"] - t[f"{name}_prior_90d"]
    t["orders_prior_365d"] = t["orders_730d"] - t["orders_365d"]
    t["orders_change_30d"] = 2 * t["orders_30d"] - t["orders_60d"]
    t["orders_share_90d"], t["orders_per_order_day"] = t["orders_90d"] / n, n / t["order_days"]
    t["orders_per_30d"] = n * 30 / tenure.clip(lower=30)
    t["order_rate_log"] = np.log(t["orders_per_30d"])
    t["orders_pace_90d"] = t["orders_90d"] / (n * 90 / tenure.clip(lower=90))
    t["adbt_days"] = _ratio(t["span_days"], n - 1)
    t["adbt_cv"], t["gap_last_ratio"] = (_ratio(t[x], t["adbt_days"]) for x in ("adbt_std_days", "gap_last_days"))
    t["gap_slope"] = _slope(t["gap_sum"], t["weighted_gap"], n - 1)
    t["lateness"] = _ratio(recency, t["adbt_days"])
    t["lateness_longest"], t["lateness_median"] = (
        _ratio(recency, t[x]) for x in ("gap_longest_days", "adbt_median_days")
    )
    t["lateness_z"] = _ratio(recency - t["adbt_days"], t["adbt_std_days"])
    t["revenue_total"] = t["gross"] + t["returned"]
    t["revenue_per_30d"] = t["revenue_total"] * 30 / tenure.clip(lower=30)
    t["revenue_share_90d"] = _ratio(t["orders_revenue_90d"], t["gross"])
    t["value_mean"] = t["revenue_total"] / t["order_days"]
    t["value_mean_repeat"] = _ratio(t["returned_later"] + t["returned_later_back"], t["order_days"] - 1)
    t["value_cv"], t["value_last_ratio"] = (_ratio(t[x], t["gross"] / n) for x in ("value_std", "value_last"))
    t["value_slope"] = _slope(t["gross"], t["weighted"], n)
    t["returns_rate"], t["returns_value"] = t["returns_total"] / n, -t["returned"]
    t["returns_value_share"] = _ratio(t["returns_value"], t["gross"])
    return t


def _ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    return numerator / denominator.where(denominator != 0)


def _slope(total: pd.Series, weighted: pd.Series, n: pd.Series) -> pd.Series:
    return _ratio(weighted * 12 - total * (n + 1) * 6, n * (n * n - 1.0))
