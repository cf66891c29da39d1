# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""What was known of every customer at an origin: the one object through which features see orders."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import SECONDS_PER_DAY, whole_seconds
from tenure_features.families.reductions import move_conditions
from tenure_features.reading.engine import moments

KEYS = ["as_of", "customer_id"]


def number_orders(orders: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Give every customer's orders a number and the gap before each.

    Parameters
    ----------
    orders
        ``customer_id, order_id, ordered_at, revenue`` and the columns of ``by``; one row per order or return.
    by
        Columns beside ``customer_id`` that separate one history from another (the origin).

    Returns
    -------
    Table
        The same rows with ``order_number`` (1, 2, ... on orders; the number so far on returns), ``gap_days`` (days
        since the order before; missing on first orders and returns), ``opens_day`` (first order of its calendar
        day), ``after_first_day`` (of a later calendar day than the first order), ``next_ordered_at`` (time of the next
        order; missing on the last) and ``ordered_second`` (whole seconds since 1970).
    """
    is_order = orders.revenue >= 0
    order_time = ibis.ifelse(is_order, orders.ordered_at, None)
    # One ordering serves four frames, so the engine sorts once; the running maximum of order times is the time of the
    # order before, whatever returns lie between. Ties are broken by content: the order of rows must not matter.
    group, order = [*by, "customer_id"], ["ordered_at", "order_id", "revenue"]
    before = ibis.window(group_by=group, order_by=order, rows=(None, -1))
    until = ibis.window(group_by=group, order_by=order, rows=(None, 0))
    whole = ibis.window(group_by=group, order_by=order, rows=(None, None))
    after = ibis.window(group_by=group, order_by=order, rows=(1, None))
    rows = orders.mutate(
        previous_at=order_time.max().over(before),
        order_number=is_order.cast("int32").sum().over(until).cast("int32"),
        first_at=order_time.min().over(whole),
        next_ordered_at=order_time.min().over(after),
    )
    # Seconds are made of moments once, after the sort: it carries fewer columns, and days of seconds are cheap.
    rows = rows.mutate(
        ordered_second=whole_seconds(rows.ordered_at),
        previous_second=whole_seconds(rows.previous_at),
        first_second=whole_seconds(rows.first_at),
    )
    day = _day(rows.ordered_second)
    opens_day = rows.previous_second.isnull() | (_day(rows.previous_second) != day)
    gap_days = (rows.ordered_second - rows.previous_second) / SECONDS_PER_DAY
    return rows.mutate(
        gap_days=ibis.ifelse(rows.revenue >= 0, gap_days, None),
        opens_day=(rows.revenue >= 0) & opens_day,
        after_first_day=(day > _day(rows.first_second)).fill_null(False),
    ).drop("previous_at", "previous_second", "first_at", "first_second")


def _day(second: ir.FloatingValue) -> ir.IntegerValue:
    return (second / SECONDS_PER_DAY).floor()


class OrderHistory:
    """Orders and returns strictly before each origin, ready to be reduced to one number per customer.

    This is the only place where ``as_of`` is enforced. Features receive the object, never the table it was built from:
    a definition cannot reach a later row.

    Parameters
    ----------
    orders
        The orders of an `OrderLog`, sequenced; or, when lines of one order have different times, its versions with
        ``known_to`` (the moment the next line arrived), which are sequenced per origin here.
    origins
        UTC-naive moments.
    """

    def __init__(self, orders: ir.Table, origins: Sequence[pd.Timestamp]) -> None:
        earlier = _before(orders, origins)
        if "known_to" in earlier.columns:
            earlier = number_orders(
                earlier.filter(earlier.known_to.isnull() | (earlier.known_to >= earlier.as_of)), by=["as_of"]
            )
        self._rows = earlier.mutate(age_days=(whole_seconds(earlier.as_of) - earlier.ordered_second) / SECONDS_PER_DAY)
        self._only = origins[0] if len(origins) == 1 else None

    @property
    def is_order(self) -> ir.BooleanValue:
        """True on orders (revenue of zero or more), false on returns."""
        return self._rows.revenue >= 0

    @property
    def is_return(self) -> ir.BooleanValue:
        """True on returns (negative revenue)."""
        return self._rows.revenue < 0

    @property
    def revenue(self) -> ir.FloatingValue:
        """Money of the row, negative on returns."""
        return self._rows.revenue

    @property
    def age_days(self) -> ir.FloatingValue:
        """Days from the row to the origin, more than zero up to a fraction of a second."""
        return self._rows.age_days

    @property
    def order_number(self) -> ir.IntegerValue:
        """1 on a customer's first order, 2 on the second, ...; on returns, the number of orders so far."""
        return self._rows.order_number

    @property
    def gap_days(self) -> ir.FloatingValue:
        """Days since the order before; missing on first orders and on returns."""
        return self._rows.gap_days

    @property
    def opens_day(self) -> ir.BooleanValue:
        """True on the first order of each calendar day."""
        return self._rows.opens_day

    @property
    def is_last(self) -> ir.BooleanValue:
        """True on the last order before the origin."""
        # Whether a later order was known is looked at here and nowhere else: cheaper than an argmax, whose ties and
        # missing values engines treat differently.
        upcoming = self._rows.next_ordered_at
        return self.is_order & (upcoming.isnull() | (upcoming >= self._rows.as_of))

    @property
    def after_first_day(self) -> ir.BooleanValue:
        """True on rows of a later calendar day than the first order."""
        return self._rows.after_first_day

    def within(self, days: float, *, before: float = 0) -> ir.BooleanValue:
        """Rows in ``[as_of - before - days, as_of - before)``."""
        recent = self._rows.age_days <= before + days
        return recent & (self._rows.age_days > before) if before else recent

    def weigh_by_age(self, half_life_days: float) -> ir.FloatingValue:
        """Give every row a weight that halves with every so many days of its age."""
        return (self._rows.age_days * (-math.log(2) / half_life_days)).exp()

    def count(self, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Count the rows where a condition holds; zero when there is none."""
        # Cheaper on DuckDB than a sum of zeros and ones, and than a count with a FILTER clause.
        return ibis.ifelse(where, 1, None).count().cast("float64")

    def total(self, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Sum the revenue where a condition holds; zero when there is none."""
        return ibis.ifelse(where, self._rows.revenue, 0.0).sum()

    def reduce(self, expressions: Mapping[str, ir.Value], *, active_days: float | None = None) -> ir.Table:
        """One row per origin and customer of the population, one column per expression.

        The population is every customer with at least one order before the origin; ``active_days`` narrows it to
        those with an order in the last so many days.
        """
        last_order = self._rows.age_days.min(where=self.is_order)
        keys = KEYS if self._only is None else KEYS[1:]
        table = self._rows.group_by(keys).aggregate(**move_conditions({"__last_order_age": last_order, **expressions}))
        if self._only is not None:  # grouping by what is the same on every row costs time all the same
            table = table.mutate(as_of=_moment(self._only)).relocate("as_of")
        age = table["__last_order_age"]
        inside = age.notnull() if active_days is None else age <= active_days
        return table.filter(inside).drop("__last_order_age")


def _before(orders: ir.Table, origins: Sequence[pd.Timestamp]) -> ir.Table:
    known_from = "known_from" if "known_from" in orders.columns else "ordered_at"
    if len(origins) == 1:  # a literal is far cheaper than a join
        as_of = _moment(origins[0])
        return orders.filter(orders[known_from] < as_of).mutate(as_of=as_of)
    bounded = orders.filter(orders[known_from] < origins[-1].to_pydatetime())
    pairs = bounded.cross_join(moments(as_of=origins))
    return pairs.filter(pairs[known_from] < pairs.as_of)


def _moment(origin: pd.Timestamp) -> ir.TimestampScalar:
    return ibis.literal(origin.to_pydatetime(), type="timestamp(6)")
