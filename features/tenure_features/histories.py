# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""The history of each table beside the orders: what its features may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import days_between
from tenure_features.history import KEYS
from tenure_features.table_history import TableHistory, frequency, join_population, pair_known
from tenure_features.tables.contracts import CALENDAR
from tenure_features.tables.order_columns import TEXTS

SENT = "email_sent"
BY_SHOP = (SENT, "ticket_resolved")
"""Kinds of event that are the shop's doing, not the customer's."""


class EventHistory(TableHistory):
    """Events before each origin: visits, carts, e-mails, tickets, complaints.

    Parameters
    ----------
    population
        See `TableHistory`.
    events
        Clean rows of ``events``.
    origins
        UTC-naive moments, ascending.
    """

    def __init__(self, population: ir.Table, events: ir.Table, origins: Sequence[pd.Timestamp]) -> None:
        pairs = pair_known(events, origins, when="occurred_at")
        pairs = pairs.mutate(event=pairs.event.lower())
        for name in ("channel", "device"):
            if name in pairs.columns:
                pairs = pairs.mutate(**{f"{name}_times": frequency(pairs, name, where=~pairs.event.isin(BY_SHOP))})
        super().__init__(population, pairs, when="occurred_at")

    def is_kind(self, *kinds: str) -> ir.BooleanValue:
        """Events of any of these kinds, lower case."""
        return self._rows.event.isin(kinds)

    @property
    def by_customer(self) -> ir.BooleanValue:
        """Everything the customer did; what the shop did itself is left out, such as e-mails that were only sent."""
        return ~self._rows.event.isin(BY_SHOP)

    @property
    def value(self) -> ir.FloatingValue:
        """The quantity an event carries."""
        return self._rows["value"]

    @property
    def channel_times(self) -> ir.IntegerValue:
        """On each of the customer's own events, how many came through the same channel."""
        return self._rows.channel_times

    @property
    def device_times(self) -> ir.IntegerValue:
        """On each of the customer's own events, how many came from the same kind of device."""
        return self._rows.device_times

    @property
    def channel(self) -> ir.StringValue:
        """Channel an event came through."""
        return self._rows.channel

    @property
    def device(self) -> ir.StringValue:
        """Device an event was done with."""
        return self._rows.device


class FeedbackHistory(TableHistory):
    """Answers before each origin, numbered per customer and kind.

    Parameters
    ----------
    population
        See `TableHistory`.
    feedback
        Clean rows of ``feedback``.
    origins
        UTC-naive moments, ascending.
    """

    def __init__(self, population: ir.Table, feedback: ir.Table, origins: Sequence[pd.Timestamp]) -> None:
        pairs = pair_known(feedback, origins, when="answered_at")
        pairs = pairs.mutate(kind=pairs.kind.lower())
        # Two answers of one moment are put in order by their score: the order of rows must not matter.
        order = ibis.window(group_by=[*KEYS, "kind"], order_by=["answered_at", "score"])
        pairs = pairs.mutate(number=ibis.row_number().over(order), previous=pairs.score.lag().over(order))
        super().__init__(population, pairs, when="answered_at")

    def is_kind(self, kind: str) -> ir.BooleanValue:
        """Answers of a kind: nps, ces, csat, review."""
        return self._rows.kind == kind

    @property
    def answered(self) -> ir.BooleanValue:
        """True on every answer."""
        return self._rows.score.notnull()

    @property
    def score(self) -> ir.FloatingValue:
        """The answer."""
        return self._rows.score

    @property
    def change(self) -> ir.FloatingValue:
        """The answer less the one before of its kind; missing on the first."""
        return self._rows.score - self._rows.previous

    def last(self, value: ir.FloatingValue, kind: str) -> ir.FloatingScalar:
        """Take a value of the last answer of a kind; missing when there is none."""
        return value.argmax(self._rows.number, where=self.is_kind(kind) & value.notnull())


class OrderDetails(TableHistory):
    """Orders before each origin with their cost, discount, channel, device and region.

    Parameters
    ----------
    population
        See `TableHistory`.
    orders
        `tenure_features.tables.log.orders_known`.
    """

    def __init__(self, population: ir.Table, orders: ir.Table) -> None:
        for name in TEXTS:
            if name in orders.columns:
                orders = orders.mutate(**{f"{name}_times": frequency(orders, name, where=orders.revenue >= 0)})
        orders = orders.mutate(order_key=orders.order_id.coalesce(""))
        ties = ["discount"] if "discount" in orders.columns else []
        order = ibis.window(group_by=KEYS, order_by=["ordered_at", "order_key", "revenue", *ties])
        super().__init__(population, orders.mutate(number=ibis.row_number().over(order)), when="ordered_at")

    @property
    def is_order(self) -> ir.BooleanValue:
        """True on orders (revenue of zero or more), false on returns."""
        return self._rows.revenue >= 0

    @property
    def money(self) -> ir.FloatingValue:
        """Revenue of the order, negative on returns."""
        return self._rows.revenue

    @property
    def cost(self) -> ir.FloatingValue:
        """Cost of the goods; missing where a line does not say."""
        return self._rows.cost

    @property
    def discount(self) -> ir.FloatingValue:
        """Money taken off; zero where no line says."""
        return self._rows.discount.coalesce(0.0)

    def text(self, name: str) -> ir.StringValue:
        """Channel, device or region of the order."""
        return self._rows[name]

    def times(self, name: str) -> ir.IntegerValue:
        """On each order, how many of the customer's orders have the same channel, device or region."""
        return self._rows[f"{name}_times"]

    def last(self, value: ir.Value) -> ir.Scalar:
        """Take a value of the last order; missing when it is."""
        return value.argmax(self._rows.number, where=self.is_order)


class LineHistory(TableHistory):
    """Products bought before each origin. Lines are dated by their order.

    Pieces that came back (quantity below zero) are left out of what was bought.

    Parameters
    ----------
    population
        See `TableHistory`.
    lines
        Clean rows of ``order_lines``.
    orders
        `tenure_features.tables.log.orders_known`: whose order it is, and when it was placed.
    origins
        UTC-naive moments, ascending.
    """

    def __init__(
        self, population: ir.Table, lines: ir.Table, orders: ir.Table, origins: Sequence[pd.Timestamp]
    ) -> None:
        placed = orders.filter(orders.order_id.notnull()).select(*KEYS, "order_id", "ordered_at")
        rows = pair_known(lines, origins, when=None) if "recorded_at" in lines.columns else lines
        keys = ["as_of", "order_id"] if "as_of" in rows.columns else ["order_id"]
        dated = placed.join(rows, keys)
        bought = dated.filter(dated.quantity.isnull() | (dated.quantity > 0)) if "quantity" in dated.columns else dated
        for name in ("category", "brand"):
            if name in bought.columns:
                bought = bought.mutate(**{f"{name}_times": frequency(bought, name, where=ibis.literal(True))})
        super().__init__(population, bought, when="ordered_at")

    @property
    def is_line(self) -> ir.BooleanValue:
        """True on every line."""
        return self._rows.product_id.notnull()

    @property
    def product(self) -> ir.StringValue:
        """What was bought."""
        return self._rows.product_id

    @property
    def order(self) -> ir.StringValue:
        """The order the line belongs to."""
        return self._rows.order_id

    @property
    def quantity(self) -> ir.FloatingValue:
        """Pieces."""
        return self._rows.quantity

    @property
    def unit_price(self) -> ir.FloatingValue:
        """Price of one piece after discount."""
        return self._rows.unit_price

    def text(self, name: str) -> ir.StringValue:
        """Category or brand."""
        return self._rows[name]

    def times(self, name: str) -> ir.IntegerValue:
        """On each line, how many of the customer's lines are of the same category or brand."""
        return self._rows[f"{name}_times"]


class ServiceCostHistory(TableHistory):
    """Costs of serving customers before each origin.

    Parameters
    ----------
    population
        See `TableHistory`.
    costs
        Clean rows of ``service_costs``.
    origins
        UTC-naive moments, ascending.
    """

    def __init__(self, population: ir.Table, costs: ir.Table, origins: Sequence[pd.Timestamp]) -> None:
        super().__init__(population, pair_known(costs, origins, when="incurred_at"), when="incurred_at")

    @property
    def incurred(self) -> ir.BooleanValue:
        """True on every cost."""
        return self._rows.amount.notnull()

    @property
    def amount(self) -> ir.FloatingValue:
        """Money spent on the customer."""
        return self._rows.amount

    def is_kind(self, kind: str) -> ir.BooleanValue:
        """Costs of a kind, whatever its case."""
        return self._rows.kind.lower() == kind


class CustomerProfile:
    """What was known of each customer at an origin: one row per origin and customer.

    Customers count as known from ``signed_up_at`` on; what the table says of them is taken as known since then, unless
    ``recorded_at`` says otherwise: then the version recorded last before the origin counts.

    Parameters
    ----------
    population
        See `TableHistory`.
    customers
        Clean rows of ``customers``.
    origins
        UTC-naive moments, ascending.
    """

    def __init__(self, population: ir.Table, customers: ir.Table, origins: Sequence[pd.Timestamp]) -> None:
        pairs = pair_known(customers, origins, when="signed_up_at")
        if "recorded_at" in customers.columns:
            texts = [pairs[name].cast("string").coalesce("") for name in customers.columns if name != "recorded_at"]
            # No moment comes first, then the earliest: a row that does not say when it was recorded is the oldest.
            late = pairs.recorded_at.isnull().ifelse(0, 1)
            order = ibis.window(group_by=KEYS, order_by=[late.desc(), pairs.recorded_at.desc(), *texts])
            pairs = pairs.mutate(version=ibis.row_number().over(order))
            pairs = pairs.filter(pairs.version == 0).drop("version")
        self._rows = join_population(population, pairs)

    def __getitem__(self, name: str) -> ir.Scalar:
        """Take the value of a column; missing for customers the table does not know."""
        return self._rows[name].max()

    def days_since(self, name: str) -> ir.FloatingScalar:
        """Days from a moment to the origin."""
        return days_between(self._rows[name], self._rows.as_of).max()

    @property
    def first_order_age(self) -> ir.FloatingScalar:
        """Days since the first order."""
        return self._rows.own_first_age.max()

    @property
    def year(self) -> ir.FloatingScalar:
        """Calendar year of the origin."""
        return self._rows.as_of.year().max().cast("float64")

    def is_level(self, name: str, level: str) -> ir.FloatingScalar:
        """1 where a text column has a value, 0 where it has another or none."""
        return (self._rows[name] == level).fill_null(False).cast("int32").max().cast("float64")

    def reduce(self, expressions: dict[str, ir.Value]) -> ir.Table:
        """One row per origin and customer of the population, one column per expression."""
        return self._rows.group_by(KEYS).aggregate(**expressions)


History = CustomerProfile | EventHistory | FeedbackHistory | LineHistory | OrderDetails | ServiceCostHistory
ORDER_DETAILS = "order_details"
"""The orders with their optional columns, as a feature names them."""

BESIDE: Mapping[str, Callable[[ir.Table, ir.Table, Sequence[pd.Timestamp]], History]] = MappingProxyType(
    {
        "events": EventHistory,
        "feedback": FeedbackHistory,
        "service_costs": ServiceCostHistory,
        "customers": CustomerProfile,
    }
)
"""What a feature of each table receives: made of a population, the clean rows of the table, and origins."""

TABLES_OF_FEATURES = ("orders", ORDER_DETAILS, "order_lines", *BESIDE, CALENDAR)
"""Tables that a feature may be computed from; the first three become `OrderHistory`, `OrderDetails`, `LineHistory`."""
