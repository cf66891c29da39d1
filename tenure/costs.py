"""What orders and customers cost, from the configuration or measured in the tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure.config import Config
from tenure.tables import open_tables
from tenure_features import OrderLog, SideTable
from tenure_features.engine import fetch
from tenure_training.models.economics import Economics
from tenure_training.models.lifetime import ACQUISITION_COST

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


def with_acquisition(snapshot: pd.DataFrame, config: Config, log: OrderLog) -> pd.DataFrame:
    """Add what each customer of a snapshot cost to acquire, where spend and channels are known and no constant is said.

    The spend of a channel is shared by the customers it brought; a customer of no known channel has no cost.
    """
    if config.economics.cac is not None or snapshot.empty:
        return snapshot
    as_of = pd.Timestamp(snapshot["as_of"].iloc[0]).to_pydatetime()
    tables = open_tables(config, as_of=as_of, backend=log.backend, only={"spend", "customers"})
    cost = acquisition_costs(tables)
    if cost is None:
        return snapshot
    return snapshot.assign(**{ACQUISITION_COST: snapshot["customer_id"].map(cost).astype("float64")})


def acquisition_costs(tables: Mapping[str, SideTable]) -> pd.Series | None:
    """Share the spend of each channel among the customers it brought; by customer, None without the tables for it."""
    if not {"spend", "customers"} <= set(tables) or "acquisition_channel" not in tables["customers"].rows.columns:
        return None
    customers = tables["customers"].to_pandas()
    brought = customers.dropna(subset="acquisition_channel").drop_duplicates("customer_id")
    spent = tables["spend"].to_pandas().groupby("channel")["cost"].sum()
    by_channel = spent / brought.groupby("acquisition_channel").size()
    return brought.set_index("customer_id")["acquisition_channel"].map(by_channel)


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


def _service_cost(log: OrderLog, tables: Mapping[str, SideTable]) -> float | None:
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
