"""Average days between transactions (ADBT) and what surrounds it: spread, regularity, lateness, trend.

Gaps are between consecutive orders; two orders of one day leave a gap of less than a day. The mean gap is therefore
exactly ``(last - first) / (n - 1)`` over the ``n`` orders.
"""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio, slope
from tenure_features.families.feature import feature
from tenure_features.families.frequency import orders_total
from tenure_features.families.recency import recency_days, span_days
from tenure_features.history import OrderHistory


@feature(unit="days", family="adbt", reason="usual gap {value:.0f} days")
def adbt_days(history: OrderHistory) -> ir.Value:
    """Average days between orders, (last - first) / (n - 1); missing with one order."""
    return ratio(span_days(history), orders_total(history) - 1.0)


@feature(unit="days", family="adbt", reason="half of the gaps are shorter than {value:.0f} days")
def adbt_median_days(history: OrderHistory) -> ir.Value:
    """Median days between orders."""
    return history.gap_days.median()


@feature(unit="days", family="adbt", reason="gaps vary by {value:.0f} days")
def adbt_std_days(history: OrderHistory) -> ir.Value:
    """Sample standard deviation of the gaps; missing with fewer than three orders."""
    return history.gap_days.std(how="sample")


@feature(unit="ratio", family="adbt", reason="gaps vary by {value:.0%} of their mean")
def adbt_cv(history: OrderHistory) -> ir.Value:
    """Regularity: standard deviation of the gaps over their mean; near 0 like clockwork, 1 at random."""
    return ratio(adbt_std_days(history), adbt_days(history))


@feature(unit="days", family="adbt", reason="the last gap was {value:.0f} days")
def gap_last_days(history: OrderHistory) -> ir.Value:
    """Days between the last two orders."""
    return history.gap_days.max(where=history.is_last)


@feature(unit="days", family="adbt", reason="the longest gap so far was {value:.0f} days")
def gap_longest_days(history: OrderHistory) -> ir.Value:
    """Longest gap between orders."""
    return history.gap_days.max()


@feature(unit="days", family="adbt", reason="the shortest gap so far was {value:.0f} days")
def gap_shortest_days(history: OrderHistory) -> ir.Value:
    """Shortest gap between orders."""
    return history.gap_days.min()


@feature(unit="ratio", family="adbt", reason="the last gap was {value:.1f} x the usual one")
def gap_last_ratio(history: OrderHistory) -> ir.Value:
    """Last gap over the average gap."""
    return ratio(gap_last_days(history), adbt_days(history))


@feature(unit="days per order", family="adbt", reason="each gap is {value:+.1f} days against the one before")
def gap_slope(history: OrderHistory) -> ir.Value:
    """Trend of gaps: least-squares slope of gap on its number; missing with fewer than three orders."""
    weighted = (history.gap_days * (history.order_number - 1)).sum()
    return slope(history.gap_days.sum(), weighted, orders_total(history) - 1.0)


@feature(unit="ratio", family="adbt", reason="silent for {value:.1f} x the usual gap")
def lateness(history: OrderHistory) -> ir.Value:
    """Days since the last order over the average gap (recency / ADBT)."""
    return ratio(recency_days(history), adbt_days(history))


@feature(unit="ratio", family="adbt", reason="silent for {value:.1f} x the longest gap so far")
def lateness_longest(history: OrderHistory) -> ir.Value:
    """Days since the last order over the longest gap."""
    return ratio(recency_days(history), gap_longest_days(history))


@feature(unit="ratio", family="adbt", reason="silent for {value:.1f} x the median gap")
def lateness_median(history: OrderHistory) -> ir.Value:
    """Days since the last order over the median gap."""
    return ratio(recency_days(history), adbt_median_days(history))


@feature(unit="standard deviations", family="adbt", reason="{value:+.1f} standard deviations later than usual")
def lateness_z(history: OrderHistory) -> ir.Value:
    """Days since the last order less the average gap, in standard deviations of the gaps."""
    return ratio(recency_days(history) - adbt_days(history), adbt_std_days(history))
