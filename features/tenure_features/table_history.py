# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""What tables beside the orders said of every customer at an origin, ready to be reduced to one number each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import days_between
from tenure_features.families.arithmetic import ratio
from tenure_features.families.reductions import move_conditions
from tenure_features.history import KEYS
from tenure_features.reading.engine import moments

POPULATION_COLUMNS = ("own_last_age", "own_first_age", "own_orders", "own_revenue")
"""What every row of a history knows of its customer's orders: age of the last and the first in days, count, money."""


def pair_known(rows: ir.Table, origins: Sequence[pd.Timestamp], *, when: str | None) -> ir.Table:
    """Pair rows with the origins at which they were known, as ``as_of``.

    The one place where ``as_of`` is enforced for tables beside the orders: a row is known when it happened strictly
    before the origin and, where it says when it was recorded, was recorded strictly before it too.

    Parameters
    ----------
    rows
        A clean table.
    origins
        UTC-naive moments, ascending.
    when
        Column that says when a row happened; a missing moment counts as known. None for rows without moments.
    """
    dated = [name for name in (when, "recorded_at") if name in rows.columns]

    def is_known(table: ir.Table, as_of: ir.Value) -> ir.BooleanValue:
        inside = ibis.literal(True)
        for name in dated:
            inside = inside & (table[name].isnull() | (table[name] < as_of))
        return inside

    last = ibis.literal(origins[-1].to_pydatetime(), type="timestamp(6)")
    if len(origins) == 1:  # a literal is far cheaper than a join
        return rows.filter(is_known(rows, last)).mutate(as_of=last)
    bounded = rows.filter(is_known(rows, last))
    pairs = bounded.cross_join(moments(as_of=origins))
    return pairs.filter(is_known(pairs, pairs.as_of))


class TableHistory:
    """Rows of one table known at each origin, joined to the customers with an order before it.

    A customer without any row keeps one row on which everything but the customer's orders is missing, so that counts
    are zero and moments missing. Features receive the object, never the table it was built from: a definition cannot
    reach a later row.

    Parameters
    ----------
    population
        ``as_of``, ``customer_id`` and the columns of `POPULATION_COLUMNS`; one row per origin and customer.
    rows
        ``as_of``, ``customer_id`` and what the table says, known rows only (`pair_known`).
    when
        Column that says when a row happened.
    """

    def __init__(self, population: ir.Table, rows: ir.Table, *, when: str) -> None:
        aged = rows.mutate(age_days=days_between(rows[when], rows.as_of), happened_at=rows[when])
        self._rows = join_population(population, aged)

    @property
    def age_days(self) -> ir.FloatingValue:
        """Days from the row to the origin; missing on the row of a customer without any."""
        return self._rows.age_days

    @property
    def day(self) -> ir.DateValue:
        """Calendar day of the row."""
        return self._rows.happened_at.date()

    @property
    def since_order(self) -> ir.BooleanValue:
        """Rows later than the customer's last order."""
        return self._rows.age_days < self._rows.own_last_age

    @property
    def orders(self) -> ir.FloatingScalar:
        """Orders of the customer so far."""
        return self._rows.own_orders.max().cast("float64")

    @property
    def revenue(self) -> ir.FloatingScalar:
        """Net revenue of the customer so far."""
        return self._rows.own_revenue.max()

    def within(self, days: float, *, before: float = 0) -> ir.BooleanValue:
        """Rows in ``[as_of - before - days, as_of - before)``."""
        recent = self._rows.age_days <= before + days
        return recent & (self._rows.age_days > before) if before else recent

    def count(self, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Count the rows where a condition holds; zero when there is none."""
        return ibis.ifelse(where, 1, None).count().cast("float64")

    def total(self, value: ir.FloatingValue, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Sum a value over the rows where a condition holds; zero when there is none."""
        return value.sum(where=where).coalesce(0.0)

    def mean(self, value: ir.FloatingValue, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Average a value over the rows where a condition holds and it is known; missing when there is none."""
        counted = where & value.notnull()
        # The order in which an engine adds up joined rows varies from run to run: a mean that lies half between two
        # values of six decimals must not be rounded up today and down tomorrow.
        return ratio(self.total(value, counted).round(9), self.count(counted))

    def days_since(self, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Days since the last row where a condition holds; missing when there is none."""
        return self._rows.age_days.min(where=where)

    def distinct(self, value: ir.Value, where: ir.BooleanValue) -> ir.FloatingScalar:
        """Count the different values over the rows where a condition holds; zero when there is none."""
        return value.nunique(where=where).coalesce(0).cast("float64")

    def reduce(self, expressions: Mapping[str, ir.Value]) -> ir.Table:
        """One row per origin and customer of the population, one column per expression."""
        return self._rows.group_by(KEYS).aggregate(**move_conditions(expressions))


def join_population(population: ir.Table, rows: ir.Table) -> ir.Table:
    """Keep every customer of the population, with the rows there are."""
    beside = rows.rename({"table_as_of": "as_of", "table_customer_id": "customer_id"})
    pairs = population.left_join(
        beside, [population.as_of == beside.table_as_of, population.customer_id == beside.table_customer_id]
    )
    return pairs.drop("table_as_of", "table_customer_id")


def frequency(rows: ir.Table, column: str, *, where: ir.BooleanValue) -> ir.IntegerValue:
    """Count, on every row where a condition holds, the customer's rows with the same value; missing elsewhere."""
    group = ibis.window(group_by=[*KEYS, column])
    counted = (where & rows[column].notnull()).fill_null(False)
    return ibis.ifelse(counted, counted.cast("int32").sum().over(group), None)


def top_share(times: ir.IntegerValue) -> ir.FloatingScalar:
    """Share of the most frequent value, from `frequency`; missing without rows."""
    return ratio(times.max(), times.count())


def entropy(times: ir.IntegerValue) -> ir.FloatingScalar:
    """Shannon's entropy of the values in nats, from `frequency`; 0 for one value, missing without rows.

    With ``n`` rows in all and ``n_c`` of value ``c``, ``-sum_c (n_c / n) ln(n_c / n)`` is ``ln n`` less the mean over
    rows of ``ln n_c``, so one pass over the rows is enough.
    """
    total = times.count().nullif(0).cast("float64")
    # An unrounded difference of logarithms leaves -1e-17 where it should be zero.
    return (total.ln() - times.cast("float64").ln().sum() / total).round(9)
