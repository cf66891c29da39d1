"""What is left: contribution of orders, and what it costs to serve the customer."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.histories import OrderDetails, ServiceCostHistory


@feature(
    unit="money",
    family="margin",
    table="order_details",
    columns=("cost",),
    reason="earned {value:,.0f} on the customer so far",
)
def margin_total(orders: OrderDetails) -> ir.Value:
    """Net revenue less cost of goods, over rows whose cost is known."""
    return orders.total(orders.money - orders.cost, orders.cost.notnull())


@feature(
    unit="money",
    family="margin",
    table="order_details",
    columns=("cost",),
    reason="earned {value:,.0f} on the customer in the last 180 days",
)
def margin_180d(orders: OrderDetails) -> ir.Value:
    """Net revenue less cost of goods of the last 180 days."""
    return orders.total(orders.money - orders.cost, orders.cost.notnull() & orders.within(180))


@feature(unit="ratio", family="margin", table="order_details", columns=("cost",), reason="a margin of {value:.0%}")
def margin_share(orders: OrderDetails) -> ir.Value:
    """Net revenue less cost of goods, over the revenue of orders whose cost is known."""
    return ratio(margin_total(orders), orders.total(orders.money, orders.is_order & orders.cost.notnull()))


@feature(
    unit="money", family="margin", table="order_details", columns=("cost",), reason="earned {value:,.0f} per order"
)
def margin_per_order(orders: OrderDetails) -> ir.Value:
    """Net revenue less cost of goods, per order whose cost is known."""
    return ratio(margin_total(orders), orders.count(orders.is_order & orders.cost.notnull()))


@feature(unit="money", family="margin", table="service_costs", reason="cost {value:,.0f} to serve so far")
def service_cost_total(costs: ServiceCostHistory) -> ir.Value:
    """Cost of serving the customer so far."""
    return costs.total(costs.amount, costs.incurred)


@feature(unit="money", family="margin", table="service_costs", reason="cost {value:,.0f} to serve in the last 90 days")
def service_cost_90d(costs: ServiceCostHistory) -> ir.Value:
    """Cost of serving the customer in the last 90 days."""
    return costs.total(costs.amount, costs.incurred & costs.within(90))


@feature(unit="money", family="margin", table="service_costs", reason="costs {value:,.0f} per order to serve")
def service_cost_per_order(costs: ServiceCostHistory) -> ir.Value:
    """Cost of serving the customer so far, per order so far."""
    return ratio(service_cost_total(costs), costs.orders)


@feature(unit="ratio", family="margin", table="service_costs", reason="serving took {value:.0%} of what was spent")
def service_cost_share(costs: ServiceCostHistory) -> ir.Value:
    """Cost of serving the customer so far over net revenue so far."""
    return ratio(service_cost_total(costs), costs.revenue)


@feature(unit="days", family="margin", table="service_costs", reason="last cost of service {value:.0f} days ago")
def service_cost_recency_days(costs: ServiceCostHistory) -> ir.Value:
    """Days since the last cost of serving the customer."""
    return costs.days_since(costs.incurred)


@feature(
    unit="ratio",
    family="margin",
    table="service_costs",
    columns=("kind",),
    reason="{value:.0%} of the cost to serve is support",
)
def support_cost_share(costs: ServiceCostHistory) -> ir.Value:
    """Share of kind "support" in the cost of serving the customer so far."""
    return ratio(costs.total(costs.amount, costs.is_kind("support")), service_cost_total(costs))
