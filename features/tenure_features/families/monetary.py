"""How much: revenue in total and in windows, the value of orders, its spread and its trend."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio, slope
from tenure_features.families.feature import feature
from tenure_features.families.frequency import order_days, orders_total
from tenure_features.families.recency import tenure_days
from tenure_features.history import OrderHistory


@feature(unit="money", family="monetary", reason="spent {value:,.0f} so far")
def revenue_total(history: OrderHistory) -> ir.Value:
    """Net revenue so far: orders less returns."""
    return history.revenue.sum()


@feature(unit="money", family="monetary", reason="spent {value:,.0f} in the last 30 days")
def revenue_30d(history: OrderHistory) -> ir.Value:
    """Net revenue of the last 30 days."""
    return history.total(history.within(30))


@feature(unit="money", family="monetary", reason="spent {value:,.0f} in the last 90 days")
def revenue_90d(history: OrderHistory) -> ir.Value:
    """Net revenue of the last 90 days."""
    return history.total(history.within(90))


@feature(unit="money", family="monetary", reason="spent {value:,.0f} in the last 180 days")
def revenue_180d(history: OrderHistory) -> ir.Value:
    """Net revenue of the last 180 days."""
    return history.total(history.within(180))


@feature(unit="money", family="monetary", reason="spent {value:,.0f} in the last 365 days")
def revenue_365d(history: OrderHistory) -> ir.Value:
    """Net revenue of the last 365 days."""
    return history.total(history.within(365))


@feature(unit="money", family="monetary", reason="spent {value:,.0f} in the last two years")
def revenue_730d(history: OrderHistory) -> ir.Value:
    """Net revenue of the last 730 days."""
    return history.total(history.within(730))


@feature(unit="money", family="monetary", reason="spent {value:,.0f} a year ago, in the 90 days from the same day on")
def revenue_year_ago_90d(history: OrderHistory) -> ir.Value:
    """Net revenue from 365 to 275 days ago: in the 90 days that began a year before the origin."""
    return history.total(history.within(90, before=275))


@feature(unit="money", family="monetary", reason="recent spending adds up to {value:,.0f}, halved every 30 days")
def revenue_decayed_30d(history: OrderHistory) -> ir.Value:
    """Net revenue so far, each amount counting half as much for every 30 days of its age."""
    return (history.revenue * history.weigh_by_age(30)).sum()


@feature(unit="money", family="monetary", reason="recent spending adds up to {value:,.0f}, halved every 90 days")
def revenue_decayed_90d(history: OrderHistory) -> ir.Value:
    """Net revenue so far, each amount counting half as much for every 90 days of its age."""
    return (history.revenue * history.weigh_by_age(90)).sum()


@feature(unit="money", family="monetary", reason="recent spending adds up to {value:,.0f}, halved every year")
def revenue_decayed_365d(history: OrderHistory) -> ir.Value:
    """Net revenue so far, each amount counting half as much for every 365 days of its age."""
    return (history.revenue * history.weigh_by_age(365)).sum()


@feature(unit="money", family="monetary", reason="spent {value:,.0f} in the 90 days before the last 90")
def revenue_prior_90d(history: OrderHistory) -> ir.Value:
    """Net revenue between 180 and 90 days ago."""
    return history.total(history.within(90, before=90))


@feature(unit="money", family="monetary", reason="spent {value:+,.0f} in the last 90 days against the 90 before")
def revenue_change_90d(history: OrderHistory) -> ir.Value:
    """Net revenue of the last 90 days less that of the 90 days before."""
    return revenue_90d(history) - revenue_prior_90d(history)


@feature(unit="money per 30 days", family="monetary", reason="spends {value:,.0f} every 30 days")
def revenue_per_30d(history: OrderHistory) -> ir.Value:
    """Net revenue per 30 days since the first order; the first month counts as whole."""
    tenure = tenure_days(history)
    return revenue_total(history) * 30.0 / (tenure < 30.0).ifelse(30.0, tenure)


@feature(unit="ratio", family="monetary", reason="{value:.0%} of all spending came in the last 90 days")
def revenue_share_90d(history: OrderHistory) -> ir.Value:
    """Share of the revenue of all orders that came in the last 90 days; returns left out."""
    return ratio(history.total(history.is_order & history.within(90)), history.total(history.is_order))


@feature(unit="money", family="monetary", reason="spends {value:,.0f} per day of ordering, on average")
def value_mean(history: OrderHistory) -> ir.Value:
    """Net revenue per calendar day with an order."""
    return ratio(revenue_total(history), order_days(history))


@feature(unit="money", family="monetary", reason="spends {value:,.0f} per day of ordering after the first, on average")
def value_mean_repeat(history: OrderHistory) -> ir.Value:
    """Net revenue after the first order day per later order day; missing with one order day."""
    # One repeat day fewer than order days; returns of later days are netted, whatever day they refer to.
    return ratio(history.total(history.after_first_day), order_days(history) - 1.0)


@feature(unit="money", family="monetary", reason="the first order was worth {value:,.0f}")
def value_first(history: OrderHistory) -> ir.Value:
    """Value of the first order."""
    return history.total(history.is_order & (history.order_number == 1))


@feature(unit="money", family="monetary", reason="the last order was worth {value:,.0f}")
def value_last(history: OrderHistory) -> ir.Value:
    """Value of the last order."""
    return history.revenue.max(where=history.is_last)


@feature(unit="money", family="monetary", reason="the largest order was worth {value:,.0f}")
def value_max(history: OrderHistory) -> ir.Value:
    """Value of the largest order."""
    return history.revenue.max(where=history.is_order)


@feature(unit="money", family="monetary", reason="the smallest order was worth {value:,.0f}")
def value_min(history: OrderHistory) -> ir.Value:
    """Value of the smallest order."""
    return history.revenue.min(where=history.is_order)


@feature(unit="money", family="monetary", reason="order values vary by {value:,.0f}")
def value_std(history: OrderHistory) -> ir.Value:
    """Sample standard deviation of order values; missing with one order."""
    return history.revenue.std(where=history.is_order, how="sample")


@feature(unit="ratio", family="monetary", reason="order values vary by {value:.0%} of their mean")
def value_cv(history: OrderHistory) -> ir.Value:
    """Spread of order values over their mean (coefficient of variation)."""
    return ratio(value_std(history), _per_order(history))


@feature(unit="ratio", family="monetary", reason="the last order was worth {value:.1f} x the usual one")
def value_last_ratio(history: OrderHistory) -> ir.Value:
    """Value of the last order over the mean value of all orders."""
    return ratio(value_last(history), _per_order(history))


@feature(unit="money per order", family="monetary", reason="each order is worth {value:+,.1f} against the one before")
def value_slope(history: OrderHistory) -> ir.Value:
    """Trend of spend: least-squares slope of order value on order number; missing with one order."""
    orders = history.is_order
    weighted = (history.revenue * history.order_number).sum(where=orders)
    return slope(history.total(orders), weighted, orders_total(history))


def _per_order(history: OrderHistory) -> ir.Value:
    return ratio(history.total(history.is_order), orders_total(history))
