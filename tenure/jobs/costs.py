"""What orders and customers cost, and what each customer has brought so far: as said, or measured in the tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property

import ibis.expr.types as ir
import pandas as pd

from tenure.config import EconomicsConfig
from tenure_features import OrderLog, Shop, ShopTable, orders
from tenure_features.reading.engine import fetch
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MONEY_TO_DATE

MONEY_TABLES = frozenset({"customers", "service_costs", "spend"})
"""Tables beside the orders that say what customers cost."""

MONEY_DIGITS = 6
"""A millionth of the currency, as in outcomes and features."""


def economics_of(costs: EconomicsConfig, shop: Shop) -> Economics:
    """Take the costs that are named, and measure the others in a shop: its own, and how far customers differ."""
    margin, service = costs.margin, costs.service_cost_per_order
    return Economics(
        discount_rate_per_year=costs.discount_rate_per_year,
        lifetime_years=costs.lifetime_years,
        margin=_margin(shop.log) if margin is None else Credibility(mean=margin),
        service_cost_per_order=_service_cost(shop) if service is None else Credibility(mean=service),
        cac=costs.cac,
    )


def with_past_money(snapshot: pd.DataFrame, costs: EconomicsConfig, shop: Shop) -> pd.DataFrame:
    """Add what each customer of a snapshot has brought so far, and what it cost to acquire them, as far as is known.

    See `PastMoney`.
    """
    return PastMoney(costs, shop).add(snapshot)


class PastMoney:
    """What customers have brought so far, and what it cost to acquire them, for snapshots of some or all of them.

    Where a margin or a cost to serve is said, it holds for the past too. The spend of a channel is shared by the
    customers it brought, where no constant is said; a customer of no known channel has no cost.

    Parameters
    ----------
    costs
        As they are said.
    shop
        Opened at the moment of the snapshots.
    """

    def __init__(self, costs: EconomicsConfig, shop: Shop) -> None:
        self._costs, self._shop = costs, shop

    def add(self, snapshot: pd.DataFrame) -> pd.DataFrame:
        """Add the columns to a snapshot; nobody's depend on who else is in it."""
        if snapshot.empty:
            return snapshot
        past = _past(self._costs, self._shop, among=snapshot["customer_id"])
        columns = past.reindex(snapshot["customer_id"]).fillna(0.0)
        snapshot = snapshot.assign(**{name: columns[name].to_numpy(dtype="float64") for name in MONEY_TO_DATE})
        if self._cost_per_customer is None:
            return snapshot
        return snapshot.assign(
            **{ACQUISITION_COST: snapshot["customer_id"].map(self._cost_per_customer).astype("float64")}
        )

    @cached_property
    def _cost_per_customer(self) -> pd.Series | None:
        if self._costs.cac is not None or not {"spend", "customers"} <= set(self._shop.tables):
            return None
        bought = orders(self._shop)
        first = bought.group_by("customer_id").aggregate(at=bought.ordered_at.min(where=bought.revenue >= 0))
        return measure_cost_per_customer(self._shop.tables, fetch(first).set_index("customer_id")["at"])


def _past(costs: EconomicsConfig, shop: Shop, *, among: pd.Series) -> pd.DataFrame:
    """Sum up the orders and the cost to serve of customers: `MONEY_TO_DATE`, for these and perhaps for others."""
    low, high = str(among.min()), str(among.max())
    bought, since = orders(shop), _served_since(shop)
    bought = bought.filter(bought.customer_id.between(low, high))
    sold = bought.revenue >= 0
    figures: dict[str, ir.Value] = {
        "revenue_to_date": _to_digits(bought.revenue.sum()),
        "orders_to_date": bought.count(where=sold),
    }
    if since is not None:
        figures["served_orders_to_date"] = bought.count(where=sold & (bought.ordered_at >= since))
    if costs.margin is None and "cost" in bought.columns:
        priced = bought.cost.notnull()  # noqa: PD004  # Ibis has no notna
        figures |= {
            "priced_revenue_to_date": _to_digits(bought.revenue.sum(where=priced)),
            "cost_to_date": _to_digits(bought.cost.sum(where=priced)),
        }
    past = fetch(bought.group_by("customer_id").aggregate(**figures)).set_index("customer_id")
    if costs.service_cost_per_order is not None:
        past["service_cost_to_date"] = costs.service_cost_per_order * past["orders_to_date"]
        past["served_orders_to_date"] = 0.0
    elif since is not None:
        served = shop.tables["service_costs"].rows
        served = served.filter(served.customer_id.between(low, high))
        amounts = fetch(served.group_by("customer_id").aggregate(amount=_to_digits(served.amount.sum())))
        past["service_cost_to_date"] = amounts.set_index("customer_id")["amount"]
    return past.reindex(columns=list(MONEY_TO_DATE))


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


def _margin(log: OrderLog) -> Credibility | None:
    """Share of revenue left after the cost of goods, over the orders whose cost is known."""
    bought = orders(log)
    if "cost" not in bought.columns:
        return None
    priced = bought.filter(bought.cost.notnull())  # noqa: PD004  # Ibis has no notna
    sums = {name: _to_digits(priced[name].sum()) for name in ("cost", "revenue")}
    total = fetch(priced.aggregate(**sums)).iloc[0].fillna(0.0)
    if not total["revenue"] > 0 or not 0 <= total["cost"] < total["revenue"]:
        return None
    seen = priced.filter(priced.revenue > 0)
    seen = seen.select("customer_id", total=seen.revenue - seen.cost, exposure=seen.revenue)
    return Credibility.fit(_sums(seen), mean=float(1 - total["cost"] / total["revenue"]))


def _service_cost(shop: Shop) -> Credibility | None:
    """Cost to serve per order, over the orders since the first cost; observed by customer and quarter."""
    since = _served_since(shop)
    if since is None:
        return None
    costs, bought = shop.tables["service_costs"].rows, shop.log.orders
    inside = bought.filter((bought.revenue >= 0) & (bought.ordered_at >= since))
    by_order = inside.group_by("customer_id", quarter=inside.ordered_at.truncate("Q")).aggregate(
        exposure=inside.count().cast("float64")
    )
    by_cost = costs.group_by("customer_id", quarter=costs.incurred_at.truncate("Q")).aggregate(
        amount=costs.amount.sum()
    )
    seen = by_order.left_join(by_cost, ["customer_id", "quarter"])
    seen = seen.select("customer_id", "exposure", total=seen.amount.fill_null(0.0))
    whole = fetch(costs.aggregate(amount=_to_digits(costs.amount.sum()))).iloc[0]
    sums = _sums(seen)
    return Credibility.fit(sums, mean=float(whole["amount"]) / sums["exposure"]) if sums["exposure"] > 0 else None


def _served_since(shop: Shop) -> dt.datetime | None:
    """Find the first cost to serve on record; None where there is none."""
    if "service_costs" not in shop.tables:
        return None
    costs = shop.tables["service_costs"].rows
    since = fetch(costs.aggregate(since=costs.incurred_at.min()))["since"].iloc[0]
    return None if pd.isna(since) else pd.Timestamp(since).to_pydatetime()


def _sums(seen: ir.Table) -> dict[str, float]:
    """Sum observations (``customer_id``, ``total``, ``exposure``) up as `Credibility.fit` takes them, in one query."""
    own = seen.group_by("customer_id").aggregate(
        observations=seen.count(),
        total=seen.total.sum(),
        exposure=seen.exposure.sum(),
        squares=(seen.total * seen.total / seen.exposure).sum(),
    )
    whole = own.aggregate(
        customers=own.count(),
        observations=own.observations.sum(),
        total=own.total.sum(),
        exposure=own.exposure.sum(),
        squares=own.squares.sum(),
        own_squares=(own.total * own.total / own.exposure).sum(),
        squared_exposure=(own.exposure * own.exposure).sum(),
    )
    return {str(name): float(f"{value:.10g}") for name, value in fetch(whole).iloc[0].fillna(0.0).items()}


def _to_digits(total: ir.Value) -> ir.Value:
    """Round a sum: two threads add up in no order of their own, and a model's version hangs on the last digit."""
    return total.cast("float64").round(MONEY_DIGITS)
