"""What orders and customers cost, from the configuration or measured in the tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure.config import EconomicsConfig
from tenure_features import OrderLog, Shop, ShopTable, orders
from tenure_features.reading.engine import fetch
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import ACQUISITION_COST

NOTHING_KNOWN = (
    "No costs are known, so CLV counts revenue, and clv_before_cac and clv_net are left out: say margin, "
    "service_cost_per_order or cac under [economics], or give the tables they are measured in."
)


def economics_of(costs: EconomicsConfig, shop: Shop) -> Economics:
    """Take the costs that are named, and measure the others in a shop."""
    margin, service_cost = costs.margin, costs.service_cost_per_order
    return Economics(
        discount_rate_per_year=costs.discount_rate_per_year,
        margin=_margin(shop.log) if margin is None else margin,
        service_cost_per_order=_service_cost(shop) if service_cost is None else service_cost,
        cac=costs.cac,
    )


def with_acquisition(snapshot: pd.DataFrame, costs: EconomicsConfig, shop: Shop) -> pd.DataFrame:
    """Add what each customer of a snapshot cost to acquire, where spend and channels are known and no constant is said.

    The spend of a channel is shared by the customers it brought; a customer of no known channel has no cost.
    """
    if costs.cac is not None or snapshot.empty:
        return snapshot
    sold = shop.log.orders.filter(shop.log.orders.revenue >= 0)
    first = fetch(sold.group_by("customer_id").aggregate(at=sold.ordered_at.min())).set_index("customer_id")["at"]
    cost = measure_cost_per_customer(shop.tables, first)
    if cost is None:
        return snapshot
    return snapshot.assign(**{ACQUISITION_COST: snapshot["customer_id"].map(cost).astype("float64")})


def measure_cost_per_customer(tables: Mapping[str, ShopTable], first_order: pd.Series) -> pd.Series | None:
    """Share the spend of each channel among the customers it brought.

    Parameters
    ----------
    tables
        ``spend`` and ``customers``, as known at the moment in question.
    first_order
        Moment of the first order by customer: who has not ordered was not acquired, and spend that is not on record
        did not bring those who came before it. They are charged what the later ones of their channel cost.

    Returns
    -------
    Series
        Money by customer. Zero in a channel no money is spent on; missing where no channel is known, and where a
        channel has spend but nobody came since it began. None without the tables for it.
    """
    if not {"spend", "customers"} <= set(tables) or "acquisition_channel" not in tables["customers"].rows.columns:
        return None
    customers, spend = tables["customers"].to_pandas(), tables["spend"].to_pandas()
    if spend.empty:
        return None
    brought = customers.dropna(subset="acquisition_channel").drop_duplicates("customer_id").set_index("customer_id")
    channel = brought["acquisition_channel"][brought.index.isin(first_order.index)]
    later = first_order.reindex(channel.index) >= pd.Timestamp(spend["date"].min())
    spent = spend.groupby("channel")["cost"].sum()
    rate = spent / channel[later].value_counts().reindex(spent.index)
    unpaid = channel.where(channel.isin(spent.index)).isna()
    return channel.map(rate).astype("float64").mask(unpaid, 0.0).rename(ACQUISITION_COST)


def _margin(log: OrderLog) -> float | None:
    """Share of revenue left after the cost of goods, over the orders whose cost is known."""
    bought = orders(log)
    if "cost" not in bought.columns:
        return None
    priced = bought.filter(bought.cost.notnull())  # noqa: PD004  # Ibis has no notna
    total = fetch(priced.aggregate(cost=priced.cost.sum(), revenue=priced.revenue.sum())).iloc[0].fillna(0.0)
    if not total["revenue"] > 0 or not 0 <= total["cost"] < total["revenue"]:
        return None
    return float(1 - total["cost"] / total["revenue"])


def _service_cost(shop: Shop) -> float | None:
    """Cost to serve per order, over the orders since the first cost."""
    if "service_costs" not in shop.tables:
        return None
    costs, counted = shop.tables["service_costs"].rows, shop.log.orders
    total = fetch(costs.aggregate(amount=costs.amount.sum(), since=costs.incurred_at.min())).iloc[0]
    if pd.isna(total["since"]):
        return None
    since = pd.Timestamp(total["since"]).to_pydatetime()
    inside = counted.filter((counted.revenue >= 0) & (counted.ordered_at >= since))
    count = int(fetch(inside.aggregate(n=inside.count()))["n"].iloc[0])
    return float(total["amount"]) / count if count else None
