"""What a log holds, what was set aside and why, and what it is long enough for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

READINESS_VERSION = 1


@dataclass(frozen=True)
class SetAside:
    """Rows that were not used, for one reason.

    Attributes
    ----------
    problem
        What is wrong with them.
    column
        Source column (or expression) at fault.
    rows
        How many.
    examples
        Up to three of them.
    done
        What was done, and what would fix it.
    """

    problem: str
    column: str
    rows: int
    examples: tuple[str, ...]
    done: str


@dataclass(frozen=True)
class Verdict:
    """Whether the history is long enough for one purpose, and why."""

    purpose: str
    enough: bool
    why: str


@dataclass(frozen=True)
class Readiness:
    """The account of an order log.

    Attributes
    ----------
    uri
        What was read.
    as_of
        The moment the log was opened for; None for the whole log.
    columns
        Source column or expression by contract column.
    rows_read, rows_used, rows_after_as_of
        Rows of the source; those that became orders and returns; those at or after ``as_of``, which were not read.
    set_aside
        The other rows, by reason.
    first_order_at, last_order_at
        Moments of the first and the last order.
    customers
        Customers with at least one order.
    orders, returns
        Orders (revenue of zero or more) and returns (negative revenue) after lines were rolled up.
    returns_share
        Money returned over the revenue of all orders.
    revenue
        Net revenue.
    one_time_share
        Share of customers with exactly one order.
    adbt_quantiles
        10, 25, 50, 75 and 90 % quantiles of customers' average days between orders (two orders or more).
    currency
        The currency, where there is such a column.
    suggested_horizon_days
        See `tenure_features.tables.horizon.suggest_horizon`.
    verdicts
        Whether the history is long enough for churn, value and a backtest.
    notes
        What was assumed or looks unusual.
    broken
        Breaches of the contract, one sentence each; the log cannot be used while there is one.
    """

    uri: str
    as_of: pd.Timestamp | None
    columns: Mapping[str, str]
    rows_read: int
    rows_used: int
    rows_after_as_of: int
    set_aside: tuple[SetAside, ...]
    first_order_at: pd.Timestamp | None
    last_order_at: pd.Timestamp | None
    customers: int
    orders: int
    returns: int
    returns_share: float
    revenue: float
    one_time_share: float
    adbt_quantiles: Mapping[int, float]
    currency: str | None
    suggested_horizon_days: int
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether the contract holds."""
        return not self.broken

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values: moments as ISO text, missing numbers as None."""
        return {"schema_version": READINESS_VERSION, "ready": self.ready, **plain_values(asdict(self))}

    def __str__(self) -> str:
        """Render the report as aligned plain text."""
        from tenure_features.tables.rendering import render

        return render(self)


def plain_values(value: Any) -> Any:  # noqa: ANN401
    """Turn values into what JSON holds: moments as ISO text, missing numbers as None."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_values(inner) for inner in value]
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, float) and value != value:  # noqa: PLR0124  # NaN
        return None
    return value
