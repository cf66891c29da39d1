"""What orders and customers cost, from the configuration or measured in the tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure.config import Config
from tenure.jobs.inputs import Inputs
from tenure.jobs.tables import open_tables
from tenure_features import OrderLog, ShopTable
from tenure_features.reading.engine import fetch
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import ACQUISITION_COST

NOTHING_KNOWN = (
    "No costs are known, so CLV counts revenue, and clv_before_cac and clv_net are left out: say margin, "
    "service_cost_per_order or cac under [economics], or give the tables they are measured in."
)


def economics_of(config: Config, log: OrderLog, *, as_of: pd.Timestamp) -> Economics:
    """Take the costs the configuration names, and measure the others in what was known at ``as_of``."""
    said = config.economics
    tables = open_tables(config, as_of=as_of.to_pydatetime(), backend=log.backend, only={"service_costs"})
    return Economics(
        discount_rate_per_year=said.discount_rate_per_year,
        margin=_margin(log) if said.margin is None else said.margin,
        service_cost_per_order=(
            _service_cost(log, tables) if said.service_cost_per_order is None else said.service_cost_per_order
        ),
        cac=said.cac,
    )


def with_acquisition(snapshot: pd.DataFrame, config: Config, inputs: Inputs) -> pd.DataFrame:
    """Add what each customer of a snapshot cost to acquire, where spend and channels are known and no constant is said.

    The spend of a channel is shared by the customers it brought; a customer of no known channel has no cost.
    """
    if config.economics.cac is not None or snapshot.empty:
        return snapshot
    as_of, log = pd.Timestamp(snapshot["as_of"].iloc[0]).to_pydatetime(), inputs.log
    tables = open_tables(
        config,
        as_of=as_of,
        backend=log.backend,
        only={"spend", "customers"},
        customers=None if inputs.resolved is None else inputs.resolved.customers,
    )
    known = log.orders.filter((log.orders.ordered_at < as_of) & (log.orders.revenue >= 0))
    first = fetch(known.group_by("customer_id").aggregate(at=known.ordered_at.min())).set_index("customer_id")["at"]
    cost = acquisition_costs(tables, first)
    if cost is None:
        return snapshot
    return snapshot.assign(**{ACQUISITION_COST: snapshot["customer_id"].map(cost).astype("float64")})


def acquisition_costs(tables: Mapping[str, ShopTable], first_order: pd.Series) -> pd.Series | None:
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
    """Share of revenue left after the cost of goods, over the rows that carry one."""
    rows = log.rows
    if "cost" not in rows.columns:
        return None
    known = rows.filter(rows.cost.notnull())  # noqa: PD004  # Ibis has no notna
    total = fetch(known.aggregate(cost=known.cost.sum(), revenue=known.revenue.sum())).iloc[0].fillna(0.0)
    if not total["revenue"] > 0 or not 0 <= total["cost"] < total["revenue"]:
        return None
    return float(1 - total["cost"] / total["revenue"])


def _service_cost(log: OrderLog, tables: Mapping[str, ShopTable]) -> float | None:
    """Cost to serve per order, over the orders since the first cost."""
    if "service_costs" not in tables:
        return None
    costs, orders = tables["service_costs"].rows, log.orders
    total = fetch(costs.aggregate(amount=costs.amount.sum(), since=costs.incurred_at.min())).iloc[0]
    if pd.isna(total["since"]):
        return None
    since = pd.Timestamp(total["since"]).to_pydatetime()
    inside = orders.filter((orders.revenue >= 0) & (orders.ordered_at >= since))
    count = int(fetch(inside.aggregate(n=inside.count()))["n"].iloc[0])
    return float(total["amount"]) / count if count else None
