"""What there is to compute features from: the orders, their optional columns and the tables beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.calendar import Calendar
from tenure_features.families.feature import Feature
from tenure_features.histories import (
    CustomerProfile,
    EventHistory,
    FeedbackHistory,
    LineHistory,
    OrderDetails,
    ServiceCostHistory,
)
from tenure_features.tables.contracts import CALENDAR
from tenure_features.tables.log import OrderLog
from tenure_features.tables.order_columns import OPTIONAL
from tenure_features.tables.shop_table import ShopTable

Side = CustomerProfile | EventHistory | FeedbackHistory | LineHistory | OrderDetails | ServiceCostHistory


@dataclass(frozen=True)
class Given:
    """An opened log and the tables opened beside it.

    Attributes
    ----------
    log
        The orders.
    tables
        By name; those that no feature reads (spend, assignments, identifiers) do no harm.
    calendar
        What is known of days in advance; None without one.
    """

    log: OrderLog
    tables: Mapping[str, ShopTable] = field(default_factory=dict)
    calendar: Calendar | None = None

    @property
    def columns(self) -> dict[str, frozenset[str]]:
        """Columns there are, by the table a feature names; a table that cannot be used is absent."""
        found = {name: frozenset(table.rows.columns) for name, table in self.tables.items()}
        if "order_id" not in self.log.readiness.columns:
            found.pop("order_lines", None)  # lines are dated by their order
        details = frozenset(self.log.rows.columns) & frozenset(OPTIONAL)
        if self.calendar is not None:
            found[CALENDAR] = frozenset(self.calendar.columns)
        return {"orders": frozenset(), **({"order_details": details} if details else {}), **found}

    def available(self, features: Iterable[Feature]) -> tuple[Feature, ...]:
        """Those features whose tables and columns are there."""
        columns = self.columns
        return tuple(one for one in features if one.table in columns and set(one.columns) <= columns[one.table])

    def require(self, features: Sequence[Feature]) -> None:
        """Refuse features that cannot be computed.

        Raises
        ------
        DataContractError
            Naming the tables and columns that are missing.
        """
        lacking: dict[str, list[str]] = {}
        columns = self.columns
        for one in features:
            if one.table not in columns:
                lacking.setdefault(_place(one.table), []).append(one.name)
            for column in sorted(set(one.columns) - columns.get(one.table, frozenset(one.columns))):
                lacking.setdefault(f"{_place(one.table)}.{column}", []).append(one.name)
        if lacking:
            missing = "; ".join(f"{place} (for {_some(names)})" for place, names in lacking.items())
            raise DataContractError(
                "Features are asked for whose tables or columns are not given.",
                found=f"missing: {missing}",
                fix="Name the tables under [tables.*] in tenure.toml, or train a model without them.",
            )

    def check_reach(self, last: pd.Timestamp) -> None:
        """Refuse an origin after the moment a table was opened for."""
        for what, as_of in (("log", self.log.as_of), *((name, table.as_of) for name, table in self.tables.items())):
            if as_of is not None and last > as_of:
                raise UsageError(
                    f"An origin lies after the moment the {what} was opened for.",
                    found=f"origin {last}, {what} opened with as_of {as_of}",
                    fix=f"Open the {what} with a later as_of, or without one.",
                )

    def history(self, table: str, population: ir.Table, origins: Sequence[pd.Timestamp]) -> Side:
        """Build the history of one table at several origins, for the customers of a population."""
        if table == "order_details":
            return OrderDetails(population, self._details(), origins)
        rows = self.tables[table].rows
        if table == "order_lines":
            return LineHistory(population, rows, self._details(), origins)
        return _HISTORIES[table](population, rows, origins)

    def _details(self) -> ir.Table:
        details = self.log.details
        return details.filter(details.revenue >= 0) if self.log.source.returns == "drop" else details


_HISTORIES: Mapping[str, Callable[[ir.Table, ir.Table, Sequence[pd.Timestamp]], Side]] = {
    "events": EventHistory,
    "feedback": FeedbackHistory,
    "service_costs": ServiceCostHistory,
    "customers": CustomerProfile,
}


def _place(table: str) -> str:
    return "orders" if table == "order_details" else table


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
